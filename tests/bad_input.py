"""Bad variants of the rows in layers/ and optimizers/: what a mistake makes of a good call.

What must become of them stands in test_bad_input.py.
"""

import inspect
import math

import numpy as np
from built import filled
from cases import Call
from samples import Operand, leaves, substitute

WHOLE = {
    "negative": -1,
    "zero": 0,
    "a float": 1.5,
    "a string": "x",
    "None": None,
    "a list": [1, "a"],
}
REAL = {
    "NaN": math.nan,
    "infinite": math.inf,
    "negative": -1.5,
    "a string": "x",
    "a list": [0.5],
}


def arrays(change):
    """A variant of a call: one of its operands, with another array."""

    def variant(call, at):
        target = [x for x in leaves(call) if isinstance(x, Operand)][at]

        def replace(leaf):
            if leaf is not target:
                return leaf
            changed = change(leaf.array)
            return (
                Operand(changed, "contiguous", False)
                if isinstance(changed, np.ndarray)
                else changed
            )

        return substitute(call, replace)

    return variant


def other_kind(array):
    return array.astype("int64" if array.dtype.kind == "f" else "float32")


def far(array):
    """Indices or probabilities out of every range."""
    return array + 1000 if array.size else array


INPUTS = {
    "one dimension more": lambda x: x[None],
    "two dimensions more": lambda x: x[None, None],
    "one vector": lambda x: x.reshape(-1),
    "a number": lambda x: x.reshape(-1)[:1].reshape(()) if x.size else x,
    "an empty batch": lambda x: x[:0] if x.ndim else x,
    "no columns": lambda x: x[..., :0] if x.ndim else x,
    "a column more": lambda x: np.concatenate([x, x[..., :1]], -1) if x.ndim else x,
    "a channel more": lambda x: np.concatenate([x, x[:, :1]], 1) if x.ndim > 1 else x,
    "a row more": lambda x: np.concatenate([x, x[:1]], 0) if x.ndim else x,
    "another kind": other_kind,
    "truth": lambda x: x > 0,
    "bytes": lambda x: x.astype("uint8"),
    "doubles": lambda x: x.astype("float64"),
    "far": far,
    "negative": lambda x: -1 - abs(x) if x.dtype.kind == "i" else x - 1000,
    "NaN": lambda x: np.full_like(x, np.nan) if x.dtype.kind == "f" else x,
    "None": lambda x: None,
    "a string": lambda x: "x",
    "a list": lambda x: x.tolist(),
    "an object": lambda x: {"x": 1},
}


def calls(call):
    """(what is wrong, a call) for each operand and each mistake."""
    count = len([x for x in leaves(call) if isinstance(x, Operand)])
    for at in range(count):
        for what, change in INPUTS.items():
            yield f"input {at}: {what}", arrays(change)(call, at)
    yield "no input", Call((), {})
    yield "an input more", Call((*call.args, *call.args[:1], None, None, None), call.kwargs)
    yield "an unknown keyword", Call(call.args, {**call.kwargs, "nothing": 1})


def options(signature, given):
    """(what is wrong, the keywords of a call) for each argument that is a number, or sizes."""
    for name, parameter in signature.parameters.items():
        value = given.get(name, parameter.default)
        sizes = isinstance(value, tuple | list) and value and all(type(x) is int for x in value)
        if sizes or type(value) is int:
            for what, bad in WHOLE.items():
                yield f"{name}: {what}", {**given, name: bad}
            if sizes:
                yield f"{name}: a size more", {**given, name: (*value, 1)}
                yield f"{name}: a negative one", {**given, name: (-1, *value[1:])}
        elif type(value) is float:
            for what, bad in REAL.items():
                yield f"{name}: {what}", {**given, name: bad}
        elif isinstance(value, tuple) and value and all(type(x) is float for x in value):
            for what, bad in REAL.items():
                yield f"{name}: one {what}", {**given, name: (bad, *value[1:])}
                yield f"{name}: last {what}", {**given, name: (*value[:-1], bad)}
            yield f"{name}: too few", {**given, name: value[:1]}
            yield f"{name}: a number", {**given, name: value[0]}
        elif type(value) is bool or isinstance(value, str):
            yield f"{name}: another word", {**given, name: "nonsense"}


def builds(cls, build):
    """(what is wrong, a construction) for each argument of a constructor."""
    signature = inspect.signature(cls)
    try:
        bound = signature.bind(*build.args, **build.kwargs).arguments
    except TypeError:
        return
    if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in signature.parameters.values()):
        return
    for what, given in options(signature, dict(bound)):
        yield what, Call((), given)
    first = next(iter(signature.parameters), None)
    if first in bound:
        yield "given twice", Call((bound[first],), {first: bound[first], **build.kwargs})
    yield "an unknown keyword", Call((), {**bound, "nothing": 1})


def variants(row, cls):
    """(what is wrong, construction, call) for the first sample of a row of layers."""
    sample = row.samples[0]
    build, call = filled(row, sample, "float32")
    for what, bad in builds(cls, build):
        yield f"argument {what}", bad, call
    for what, bad in calls(call):
        yield what, build, bad


def optimizers(cls, setting):
    """(what is wrong, options) for each option of an optimizer."""
    for what, given in options(inspect.signature(cls), setting):
        if "params" not in given:
            yield what, given
    yield "an unknown keyword", {**setting, "nothing": 1}


# (what is wrong, parameters) where `leaf` makes one, of either library.
PARAMETERS = {
    "none": lambda leaf: [],
    "a tensor": lambda leaf: leaf(),
    "numbers": lambda leaf: [1.0, 2.0],
    "None": lambda leaf: None,
    "a string": lambda leaf: "weights",
    "a result": lambda leaf: [leaf() * 2],
    "one in two groups": lambda leaf: [{"params": [x := leaf()]}, {"params": [x]}],
    "a group without": lambda leaf: [{"lr": 0.1}],
    "a set in a group": lambda leaf: [{"params": {leaf()}}],
    "a group among tensors": lambda leaf: [leaf(), {"params": [leaf()]}],
}
