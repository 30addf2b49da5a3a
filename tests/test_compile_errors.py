"""What a capture cannot hold is an error that names the line and says what to do."""

import contextlib
import io
import pickle
import types

import numpy as np
import pytest

import lamina as lm
from lamina import nn
from lamina.nn import functional as F

READ = "return the tensor and read it after the call"
SHAPE = r"use where\(mask, x, y\), whose shape does not depend on values"


def inputs(number):
    return lm.tensor([1.0 + number % 3, -2.0, 3.0])


def while_positive(x):
    while x.sum() > 0:
        x = x - 1
    return x


def asserted(x):
    assert (x < 1000).all()
    return x * 2


def resized(x):
    x.unsqueeze_(0)
    return x * 2


def made_a_leaf(x):
    x.requires_grad_()
    (x * x).sum().backward()
    return x.grad


def anew(x):
    weight = lm.ones(3, requires_grad=True)
    lm.optim.Adam([weight])
    return x * weight


def caught(x):
    with contextlib.suppress(RuntimeError):
        x = x * x.sum().item()
    return x


def holder(x):
    return types.SimpleNamespace(x=x * 2)


FAILS = {
    "item": (lambda x: x * x.sum().item(), READ),
    "caught": (caught, READ),
    "float": (lambda x: x * float(x.sum()), READ),
    "int": (lambda x: x * int(x.sum()), READ),
    "complex": (lambda x: x * complex(x.sum()).real, READ),
    "bool": (lambda x: x if x.sum() > 0 else -x, READ),
    "while": (while_positive, READ),
    "assert": (asserted, READ),
    "index": (lambda x: [1, 2, 3, 4, 5][x[0].long()] * x, READ),
    "range": (lambda x: [x * i for i in range(x[0].long())], READ),
    "slice": (lambda x: x[: x[0].long()], READ),
    "tensor as index": (lambda x: x[x[0].long() % 3], r"use index_select\(\) or gather\(\)"),
    "in": (lambda x: x if 3.0 in x else -x, READ),
    "min": (lambda x: min(x[0], x[1]), READ),
    "sorted": (lambda x: lm.stack(sorted(x)), READ),
    "equal": (lambda x: x if lm.equal(x, x * 1) else -x, READ),
    "allclose": (lambda x: x if lm.allclose(x, x * 1) else -x, READ),
    "tolist": (lambda x: lm.tensor(x.tolist()), READ),
    "numpy": (lambda x: lm.tensor(x.numpy() * 2), READ),
    "asarray": (lambda x: lm.from_numpy(np.asarray(x) * 2), READ),
    "a function of NumPy": (np.sin, READ),
    "dlpack": (lambda x: np.from_dlpack(x) * 2, READ),
    "print": (print, READ),
    "format": (lambda x: x * len(f"{x.sum():.3f}"), READ),
    "pickle": (lambda x: pickle.loads(pickle.dumps(x)), READ),
    "save": (lambda x: lm.save({"x": x}, io.BytesIO()), READ),
    "shape from a value": (lambda x: lm.zeros(x[0].long()), READ),
    "full": (lambda x: lm.full((3,), x[0]), READ),
    "arange": (lambda x: lm.arange(x[0]), READ),
    "list of tensors": (lambda x: lm.tensor([x[0] * 2, x[1]]), r"use stack\(\)"),
    "nonzero": (lambda x: x.nonzero(), SHAPE),
    "where of a mask": (lambda x: lm.where(x > 0), SHAPE),
    "mask": (lambda x: x[x > 0], SHAPE),
    "masked_select": (lambda x: x.masked_select(x > 0), SHAPE),
    "unique": (lambda x: x.unique(), SHAPE),
    "bincount": (lambda x: x.abs().long().bincount(), READ),
    "repeat_interleave": (lambda x: x.repeat_interleave(x.abs().long()), READ),
    "one_hot": (lambda x: F.one_hot(x.abs().long()), "give num_classes"),
    "manual_seed": (lambda x: lm.manual_seed(3) and x, "seed before the call"),
    "a generator": (lambda x: lm.rand(3, generator=lm.Generator()), "make it before the call"),
    "get_rng_state": (lambda x: lm.get_rng_state(), "get it before the call"),
    "set_rng_state": (lambda x: lm.set_rng_state(STATE) or x, "set it before the call"),
    "an optimizer": (anew, "make it before the call"),
    "an argument's shape": (resized, "change a copy, or return it"),
    "an argument's requires_grad": (made_a_leaf, "change a copy, or return it"),
    "tensors in an object": (holder, "return them in a tuple, list or dict"),
    "tensors in a set": (lambda x: {x * 2}, "return them in a tuple, list or dict"),
    "tensors in a function": (lambda x: lambda: x, "return them in a tuple, list or dict"),
}
STATE = lm.get_rng_state()


@pytest.mark.parametrize("name", FAILS)
def test_what_cannot_be_captured_says_where_and_what_to_do(name):
    function, advice = FAILS[name]
    compiled = lm.compile(lambda x: function(x))
    for _ in range(2):
        with pytest.raises(RuntimeError, match=advice) as error:
            compiled(inputs(0))
        text = str(error.value)
        trace = "".join(str(entry.path) for entry in error.traceback)
        assert text.startswith("[compile]")
        assert "test_compile_errors.py" in (text if name != "an optimizer" else trace)
        assert not compiled.programs()
        assert not lm.compiling.capturing()


def test_a_list_that_was_given_must_stay():
    with pytest.raises(RuntimeError, match="changes an argument in more than its values"):
        lm.compile(lambda x, log: log.append(x.sum()))(inputs(0), [])


def test_an_argument_keeps_its_memory():
    def step(x):
        x.data = x.data * 2
        return x + 1

    with pytest.raises(RuntimeError, match=r"other memory.*change it in place, as by copy_\(\)"):
        lm.compile(step)(lm.ones(3))


def test_an_array_is_no_argument():
    with pytest.raises(RuntimeError, match=r"call it with lamina\.from_numpy\(array\)"):
        lm.compile(lambda a: lm.tensor(a))(np.ones(3))


def generator(x):
    yield x


async def coroutine(x):
    return x


@pytest.mark.parametrize("function", [generator, coroutine])
def test_what_does_not_return_its_results(function):
    with pytest.raises(TypeError, match="one that yields or awaits"):
        lm.compile(function)


def test_backward_needs_the_history_that_results_lack():
    weight = lm.ones(3, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"call backward\(\) within them"):
        lm.compile(lambda x: (x * weight).sum())(inputs(0)).backward()


def test_a_member_that_is_compiled_would_hide_its_parameters():
    with pytest.raises(TypeError, match="assign the module itself and compile the whole"):
        nn.Module().child = lm.compile(nn.Linear(3, 1))


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt])
def test_an_error_of_the_function_leaves_nothing_behind(error):
    calls = []

    @lm.compile
    def step(x):
        y = x * 2
        if not calls:
            calls.append(1)
            raise error
        return y

    with pytest.raises(error):
        step(inputs(0))
    assert not step.programs()
    assert not lm.compiling.capturing()
    assert step(inputs(0)).tolist() == (inputs(0) * 2).tolist()


def test_an_error_in_a_replay_is_that_of_eager():
    table = nn.Embedding(4, 2)
    compiled = lm.compile(lambda index: table(index).sum())
    good, bad = lm.tensor([1, 2]), lm.tensor([1, 9])
    expected = compiled(good).item()
    with pytest.raises(IndexError, match="index 9 is out of bounds"):
        compiled(bad)
    assert compiled(good).item() == expected
