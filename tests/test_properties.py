"""Random shapes, axes, indices and dtypes for every op: NumPy's values, and NumPy's refusals."""

import dataclasses
import warnings

import numpy as np
import pytest
from cases import ALL, Argument, Call, collect
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import compare
from samples import apply, fill, for_lamina, for_numpy, function, substitute

import lamina as lm

ROWS = [row for row in collect() if row.fuzz and row.samples]
REFUSALS = (ValueError, TypeError, IndexError, ZeroDivisionError)
SHAPES = st.lists(st.integers(0, 4), max_size=5).map(tuple)


@st.composite
def calls(draw, row):
    """A sample of the row with other sizes, and sometimes with other shapes and numbers."""
    sample = draw(st.sampled_from(row.samples))
    sizes = {}  # equal sizes stay equal, so that many of the calls are valid
    stray = draw(st.booleans())

    def other_size(size):
        if size == 1 and draw(st.booleans()):
            return 1
        return sizes.setdefault(size, draw(st.integers(0, 4)))

    def replace(leaf):
        if isinstance(leaf, Argument) and leaf.values is None:
            shape = tuple(map(other_size, leaf.shape))
            shape = draw(SHAPES) if stray and draw(st.booleans()) else shape
            return dataclasses.replace(leaf, shape=shape)
        if type(leaf) is int and stray:
            return draw(st.integers(-6, 6))
        return leaf

    changed = Call(substitute(sample.args, replace), substitute(sample.kwargs, replace))
    layout = draw(st.sampled_from(row.layouts))
    return fill(row, changed, draw(st.sampled_from(row.dtypes)), layout)


def answer(function, call):
    """The result, or the exception."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return apply(function, call)
    except Exception as error:
        return error


@pytest.mark.parametrize("row", ROWS, ids=str)
@settings(max_examples=25)
@given(data=st.data())
def test_random_calls(row, data):
    call = data.draw(calls(row))
    lm.manual_seed(0)
    got = answer(function(row), for_lamina(call))
    if isinstance(got, Exception):
        assert isinstance(got, REFUSALS), repr(got)
        assert str(got).startswith("[") or isinstance(got, TypeError), repr(got)
    if row.ref is None:
        return
    expected = answer(row.ref, for_numpy(call))
    if isinstance(expected, OverflowError):
        return  # a number that the dtype cannot hold, which PyTorch wraps
    if isinstance(got, Exception) or isinstance(expected, Exception):
        same = isinstance(got, Exception) == isinstance(expected, Exception)
        assert same or not row.same_errors, f"lamina: {got!r}; NumPy: {expected!r}"
        return
    compare(row, call, got, expected)


CATEGORIES = {name: "bif".index(np.dtype(name).kind.replace("u", "i")) for name in ALL}


def promoted(operands):
    """The highest category decides; within it tensors, then 0-d ones, then numbers."""
    highest = max(CATEGORIES[name] for name, _ in operands)
    same = [(rank, name) for name, rank in operands if CATEGORIES[name] == highest]
    rank = max(rank for rank, _ in same)
    return np.result_type(*(np.dtype(name) for r, name in same if r == rank)).name


OPERANDS = [(name, rank) for name in ALL for rank in (1, 2)]
NUMBERS = {("bool", 0): True, ("int64", 0): 2, ("float32", 0): 1.5}
OPERATIONS = [lm.add, lm.mul, lm.maximum, lm.eq, lambda a, b: lm.where(lm.tensor([True]), a, b)]


def operand(kind):
    name, rank = kind
    return NUMBERS[kind] if rank == 0 else lm.ones([2] * (rank - 1), dtype=getattr(lm, name))


@pytest.mark.parametrize("left", OPERANDS, ids=lambda kind: f"{kind[0]}-{kind[1] - 1}d")
def test_promotion(left):
    for right in [*OPERANDS, *NUMBERS]:
        expected = promoted([left, right])
        a, b = operand(left), operand(right)
        for operation in OPERATIONS:
            if operation is lm.maximum and right in NUMBERS:
                continue  # takes tensors only
            kind = operation(a, b).dtype.name
            assert kind == ("bool" if operation is lm.eq else expected), (left, right)
        if right not in NUMBERS:
            assert lm.result_type(a, b).name == expected
