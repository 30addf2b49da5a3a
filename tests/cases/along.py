"""Softmax and running sums along one dimension."""

import math

import numpy as np

from cases import ALL, FLOATS, OpCase, call, dtype, fails, t, values
from cases.reduce import NANS

INF = math.inf
SHAPES = [
    call(t(), 0),
    call(t(), dim=-1),
    call(t(1), 0),
    call(t(37), 0),
    call(t(3, 5), 0),
    call(t(3, 5), dim=1),
    call(t(2, 3, 4), 1),
    call(t(2, 3, 40), -1),
    call(t(2, 40, 3), dim=-2),
    call(t(0), 0),
    call(t(0, 3), 0),
    call(t(0, 3), 1),
]
TYPED = [
    call(t(3, 4, dtype="int64"), 1, dtype=dtype("float64")),
    call(t(3, 4, dtype="bool"), 0, dtype=dtype("float32")),
    call(t(3, 4, dtype="float32"), dim=0, dtype=dtype("float64")),
]
TO_INTEGERS = [
    call(t(3, 4, dtype="int32"), 1, dtype=dtype("int32")),
    call(t(3, 4, dtype="int64", domain=(0, 9)), 1, dtype=dtype("uint8")),
    call(t(3, 4, dtype="float32", grad=False), 1, dtype=dtype("int64")),
]
LARGE = [
    call(t(600, 1001), 0),
    call(t(600, 1001), 1),
    call(t(30, 100, 201), 1),
    call(t(300_007), 0),
]
NO_DIMENSION = fails("dimension .*; got 2", t(3, 4), 2, error=IndexError)
FLOATING_ONLY = fails("floating type; got int64", t(3, dtype="int64"), 0, error=TypeError)


def along(function):
    """Give a function of x and axis PyTorch's arguments; a number has a dimension 0."""

    def ref(x, dim, dtype=None):
        cast = x if dtype is None else x.astype(dtype)
        out = function(np.atleast_1d(cast), dim).reshape(x.shape)
        return out if dtype is None else out.astype(dtype)

    return ref


def extreme_rows(*rows):
    return [call(values(row, "float32", grad=False), 0) for row in rows]


EXTREMES = [
    call(NANS, 0),
    call(NANS, 1),
    *extreme_rows([-INF, -INF, 1.0], [1.0, INF, 2.0], [-INF, -INF], [INF, -INF], [INF, INF]),
    *extreme_rows([1000.0, 1001.0, -1000.0], [-1000.0, -1001.0], [0.0, -0.0]),
]


def row(name, function, samples, **more):
    settings = {
        "grad": True,
        "gradgrad": True,
        "large": LARGE,
        "errors": [NO_DIMENSION],
        "terms": lambda x, *rest, **kw: x.size,
    } | more
    return OpCase(name, along(function), [*SHAPES, *samples], **settings)


def shifted(x, axis):
    return x.astype(np.float64) - np.max(x, axis, keepdims=True, initial=-np.inf)


def softmax(x, axis):
    powers = np.exp(shifted(x, axis))
    return powers / np.sum(powers, axis, keepdims=True)


def log_softmax(x, axis):
    y = shifted(x, axis)
    return y - np.log(np.sum(np.exp(y), axis, keepdims=True))


def typed(name):
    """Results of another dtype, which have no in-place form."""
    return OpCase(
        f"{name}_to_dtype",
        along(getattr(np, name)),
        [*TYPED, *TO_INTEGERS],
        fn=lambda x, *rest, **kw: getattr(x, name)(*rest, **kw),
        method=False,
        domain=(-2, 3),
        grad=True,
        gradgrad=True,
    )


ZEROS = values([[2.0, 0.0, 3.0, 1.5], [0.0, -0.5, 1.0, 4.0]], "float64")
TWO_ZEROS = values([2.0, 0.0, 3.0, 0.0, 1.5])

CASES = [
    row("softmax", softmax, [*TYPED, *EXTREMES], errors=[NO_DIMENSION, FLOATING_ONLY]),
    row("log_softmax", log_softmax, [*TYPED, *EXTREMES], errors=[NO_DIMENSION, FLOATING_ONLY]),
    row(
        "cumsum",
        np.cumsum,
        [call(NANS, 1), call(t(300, domain=(0, 9)), 0)],
        dtypes=ALL,
        inplace=True,
    ),
    row(
        "cumprod",
        np.cumprod,
        [call(NANS, 1), call(ZEROS, 0), call(ZEROS, 1)],
        dtypes=ALL,
        domain=(-2, 2),
        inplace=True,
        large=[call(t(*x.args[0].shape, domain=(0.99, 1.01)), x.args[1]) for x in LARGE],
    ),
    *[typed("cumsum"), typed("cumprod")],
    OpCase(
        "cumprod_of_zeros",
        along(np.cumprod),
        [call(TWO_ZEROS, 0), call(values([0.0, 0.0, 0.0]), 0)],
        fn=lambda x, dim: x.cumprod(dim),
        method=False,
        grad=True,
    ),
    row(
        "logcumsumexp",
        np.logaddexp.accumulate,
        EXTREMES,
        dtypes=FLOATS,
        errors=[NO_DIMENSION, FLOATING_ONLY],
    ),
]
