"""Elementwise functions composed in Python, PyTorch's aliases, conversions, in-place forms."""

import math

import numpy as np

from cases import (
    ALL,
    FLOATS,
    NUMBERS,
    OpCase,
    binary_calls,
    call,
    t,
    unary_calls,
    values,
)

NAN, INF = math.nan, math.inf
SPECIAL = [NAN, INF, -INF, 0.0, -0.0, 1.5]
# Not expanded: equal elements cannot be written apart.
WRITABLE = ("contiguous", "transposed", "strided")
GRADS = {"grad": True, "gradgrad": True}


def special(**more):
    return call(values(SPECIAL, "float32", grad=False), **more)


def special_pair():
    pairs = [(a, b) for a in SPECIAL for b in SPECIAL]
    left, right = zip(*pairs, strict=True)
    return call(values(left, "float32", grad=False), values(right, "float32", grad=False))


def as_float(function):
    """Compute as floats what NumPy would compute in half precision for small integers."""
    return lambda x, *rest: function(np.asarray(x, np.float64), *rest)


def xlogy(x, y):
    return x * np.log(np.where((x == 0) & ~np.isnan(y), 1, y))


def logit(x, eps=None):
    p = x if eps is None else np.clip(x, eps, 1 - eps)
    return np.log(p / (1 - p))


ELEMENTWISE = [
    OpCase("deg2rad", as_float(np.deg2rad), unary_calls(), dtypes=NUMBERS, inplace=True, **GRADS),
    OpCase("rad2deg", as_float(np.rad2deg), unary_calls(), dtypes=NUMBERS, inplace=True, **GRADS),
    OpCase(
        "sinc",
        np.sinc,
        [*unary_calls(), call(values([0.0, 0.5], grad=False))],
        inplace=True,
        torch_tol={"float64": 10},  # both gradients cancel near zero
        **GRADS,
    ),
    OpCase(
        "logit",
        logit,
        [*unary_calls(), *unary_calls(0.4), call(t(5), eps=0.3)],
        domain=(0.05, 0.95),
        distinct=True,
        inplace=True,
        **GRADS,
    ),
    OpCase("positive", lambda x: x, unary_calls(), dtypes=NUMBERS, **GRADS),
    OpCase("signbit", np.signbit, [*unary_calls(), call(values([0.0, -0.0, INF, -INF]))]),
    OpCase("isposinf", np.isposinf, [*unary_calls(), special()]),
    OpCase("isneginf", np.isneginf, [*unary_calls(), special()]),
    OpCase("isreal", np.isreal, unary_calls(), dtypes=ALL),
    OpCase(
        "hypot",
        np.hypot,
        [*binary_calls(), call(values([3e30], grad=False), values([4e30], grad=False))],
        inplace=True,
        **GRADS,
    ),
    OpCase(
        "copysign",
        np.copysign,
        [*binary_calls(), call(t(5), -1.0)],
        domain=(0.2, 3),
        inplace=True,
        **GRADS,
    ),
    OpCase("logaddexp2", np.logaddexp2, binary_calls(), **GRADS),
    OpCase("fmax", np.fmax, [*binary_calls(), special_pair()], **GRADS),
    OpCase("fmin", np.fmin, [*binary_calls(), special_pair()], **GRADS),
    OpCase(
        "heaviside",
        np.heaviside,
        [call(t(3, 4), t(4)), call(values([0.0, 2.0], grad=False), t(2))],
        torch=None,
        **GRADS,
        inplace=True,
    ),
    OpCase(
        "xlogy",
        xlogy,
        [
            *binary_calls(),
            call(values([0.0, 0.0, 2.0], grad=False), values([0.0, NAN, 1.0], grad=False)),
            call(t(5), 2.0),
            call(t(5, dtype="float64"), t(5, dtype="float32")),
        ],
        domain=(0.2, 3),
        inplace=True,
        **GRADS,
    ),
    OpCase(
        "rsub",
        lambda x, other, alpha=1: other - alpha * x,
        [*binary_calls(), call(t(5), 2), call(t(5), 2.5, alpha=3)],
        method=False,
        **GRADS,
    ),
    OpCase(
        "float_power",
        lambda x, y: np.power(x, y, dtype=np.float64),
        [call(t(3, 4), t(4)), call(t(5), 2), call(t(5), 0.5)],
        domain=(0.2, 3),
        dtypes=("float64",),
        inplace=True,
        **GRADS,
    ),
    OpCase(
        "clamp_min",
        np.maximum,
        [call(t(3, 4), 1), call(t(5), t(5)), call(t(0, 2), 0)],
        inplace=True,
        **GRADS,
    ),
    OpCase(
        "clamp_max",
        np.minimum,
        [call(t(3, 4), 1), call(t(5), t(5)), call(t(0, 2), 0)],
        inplace=True,
        **GRADS,
    ),
]


def alias(name, ref, *arguments, domain=(0.2, 0.9), inplace=True, **more):
    return OpCase(
        name, ref, [call(*arguments or [t(3, 4)])], domain=domain, inplace=inplace, **more
    )


PAIR = (t(3, 4), t(4))
ALIASES = [
    alias("absolute", np.abs, **GRADS),
    alias("arccos", np.arccos, **GRADS),
    alias("arccosh", np.arccosh, domain=(1.2, 3), **GRADS),
    alias("arcsin", np.arcsin, **GRADS),
    alias("arcsinh", np.arcsinh, **GRADS),
    alias("arctan", np.arctan, **GRADS),
    alias("arctan2", np.arctan2, *PAIR, **GRADS),
    alias("arctanh", np.arctanh, **GRADS),
    alias("divide", np.divide, *PAIR, **GRADS),
    alias("true_divide", np.divide, *PAIR, **GRADS),
    alias("fix", np.trunc, domain=(-3, 3), **GRADS),
    alias("greater", np.greater, *PAIR, inplace=False),
    alias("greater_equal", np.greater_equal, *PAIR, inplace=False),
    alias("less", np.less, *PAIR, inplace=False),
    alias("less_equal", np.less_equal, *PAIR, inplace=False),
    alias("multiply", np.multiply, *PAIR, **GRADS),
    alias("negative", np.negative, **GRADS),
    alias("not_equal", np.not_equal, *PAIR, inplace=False),
    alias("sgn", np.sign, **GRADS),
    alias("subtract", np.subtract, *PAIR, **GRADS),
]


def converted(name, dtype):
    """Conversions to one type, methods alone."""
    wide = dtype == "float64"  # differences of others are too coarse to check gradients by
    return OpCase(
        name,
        lambda x: x.astype(dtype),
        [call(t(3, 4, grad=wide)), call(t(grad=wide)), call(t(0, 2, grad=wide))],
        function=False,
        domain=(0, 9),  # what every type holds
        dtypes=(dtype,) if dtype in FLOATS else ALL,
        grad=wide,
        gradgrad=wide,
    )


def shaped(name, ref, *calls):
    return OpCase(name, ref, list(calls), function=False, layouts=("contiguous",), **GRADS)


OTHER = t(2, 6, grad=False)
CONVERSIONS = [
    converted("float", "float32"),
    converted("double", "float64"),
    converted("long", "int64"),
    converted("int", "int32"),
    converted("byte", "uint8"),
    converted("bool", "bool"),
    shaped("view_as", lambda x, other: x.reshape(other.shape), call(t(3, 4), OTHER)),
    shaped("reshape_as", lambda x, other: x.reshape(other.shape), call(t(3, 4), OTHER)),
    shaped("expand_as", lambda x, o: np.broadcast_to(x, o.shape), call(t(2, 1), OTHER)),
]


def changed(name, ref, *calls):
    """In-place forms whose results have another type or shape than those of the function."""
    return OpCase(name, ref, list(calls), function=False, layouts=WRITABLE, fuzz=False)


def kept(compare):
    return lambda a, b: compare(a, b).astype(a.dtype)


FIXED = t(3, 4, grad=False)
IN_PLACE = [
    *(
        changed(name, kept(compare), call(FIXED, t(4, grad=False)))
        for names, compare in [
            (("eq_",), np.equal),
            (("ne_", "not_equal_"), np.not_equal),
            (("lt_", "less_"), np.less),
            (("le_", "less_equal_"), np.less_equal),
            (("gt_", "greater_"), np.greater),
            (("ge_", "greater_equal_"), np.greater_equal),
            (("logical_and_",), np.logical_and),
            (("logical_or_",), np.logical_or),
            (("logical_xor_",), np.logical_xor),
        ]
        for name in names
    ),
    changed("logical_not_", lambda x: np.logical_not(x).astype(x.dtype), call(FIXED)),
    changed("unsqueeze_", np.expand_dims, call(FIXED, 1), call(t(grad=False), 0)),
    changed("squeeze_", np.squeeze, call(t(3, 1, 4, grad=False)), call(t(3, 1, 4, grad=False), 1)),
    changed("t_", np.transpose, call(FIXED), call(t(3, grad=False))),
    *(
        changed(name, np.swapaxes, call(t(2, 3, 4, grad=False), 0, 2))
        for name in ("transpose_", "swapaxes_", "swapdims_")
    ),
]


CASES = [*ELEMENTWISE, *ALIASES, *CONVERSIONS, *IN_PLACE]
