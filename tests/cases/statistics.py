"""Means, variances, norms, logarithms of sums of exponentials."""

import math

import numpy as np

from cases import ALL, FLOATS, OpCase, call, dtype, fails, t, values
from cases.reduce import (
    ALL_OF_THEM,
    EMPTY,
    LARGE,
    NANS,
    NO_DIMENSION,
    ONE,
    SEVERAL,
    WRONG_DIMENSIONS,
    over,
    reduction,
)

INTEGERS = t(3, dtype="int64")
FLOATING_ONLY = fails("floating type; got int64", INTEGERS, error=TypeError)
INF = math.inf


def mean(x, axis, keepdims):
    return np.sum(x, axis, keepdims=keepdims) / np.sum(np.ones_like(x), axis, keepdims=keepdims)


def variance(x, axis, keepdims, correction):
    squares = np.square(x - mean(x, axis, True))
    count = np.sum(np.ones_like(x), axis, keepdims=keepdims)
    return np.sum(squares, axis, keepdims=keepdims) / np.maximum(0, count - correction)


def spread(*functions):
    """Give references of `correction` PyTorch's three signatures; several: results of all."""

    def ref(x, dim=None, unbiased=True, keepdim=False, correction=None):
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        correction = int(unbiased) if correction is None else correction
        results = [over(f)(x, dim, keepdim, correction=correction) for f in functions]
        return results[0] if len(results) == 1 else tuple(results)

    return ref


def deviation(*args, **kwargs):
    return np.sqrt(variance(*args, **kwargs))


def mean_too(x, axis, keepdims, correction):
    return mean(x, axis, keepdims)


def spread_row(name, *functions, **more):
    return reduction(
        name,
        spread(*functions),
        [
            *EMPTY,
            call(t(3, 4), False),
            call(t(3, 4), True),
            call(t(3, 4), 0, False),
            call(t(2, 3, 4), [0, 2], True, True),
            call(t(5), unbiased=False),
            call(t(3, 4), dim=None, unbiased=False, keepdim=True),
            call(t(3, 4), 1, correction=0),
            call(t(3, 4), dim=0, correction=2, keepdim=True),
            call(t(3, 4), correction=0.5),
            call(t(3, 4, grad=False), 0, correction=5),  # infinite
            call(NANS, 1),
            call(values([1e4 + 1, 1e4 + 2, 1e4 + 4])),
        ],
        dtypes=FLOATS,
        grad=True,
        gradgrad=True,
        **more,
    )


SPREADS = [
    reduction(
        "mean",
        over(mean),
        [
            *EMPTY,
            call(NANS, 0),
            call(t(3, 4, dtype="int64"), dim=1, dtype=dtype("float64")),
            call(t(5, dtype="bool"), dtype=dtype("float32")),
            call(t(3, 4, dtype="float32"), 0, True, dtype=dtype("float64")),
        ],
        dtypes=FLOATS,
        grad=True,
        gradgrad=True,
        errors=[*WRONG_DIMENSIONS, FLOATING_ONLY],
    ),
    spread_row("var", variance, errors=[*WRONG_DIMENSIONS, FLOATING_ONLY]),
    spread_row("std", deviation, errors=[*WRONG_DIMENSIONS, FLOATING_ONLY]),
    # PyTorch's lose digits far from zero.
    spread_row("var_mean", variance, mean_too, errors=[], torch_tol={"float64": 100}),
    spread_row("std_mean", deviation, mean_too, errors=[], torch_tol={"float64": 100}),
    OpCase(
        "std_of_equals",
        spread(deviation),
        [call(values([0.3] * 7)), call(values([[2.0, 2.0], [1.0, 4.0]]), 1)],
        fn=lambda x, *rest: x.std(*rest),
        method=False,
        grad=True,  # of what does not vary: 0
    ),
]


def p_norm(x, p=2, dim=None, keepdim=False, dtype=None):
    p = 2 if p == "fro" else p
    size = np.abs(x if dtype is None else x.astype(dtype))
    if math.isinf(p):
        return over(np.max if p > 0 else np.min)(size, dim, keepdim)
    if p == 0:
        return over(np.sum)((size != 0).astype(size.dtype), dim, keepdim)
    return np.power(over(np.sum)(np.power(size, p), dim, keepdim), 1 / p)


NORMS = [
    OpCase(
        "norm",
        p_norm,
        [
            *ALL_OF_THEM,
            *EMPTY[:1],
            call(t(3), 0.5),
            *[call(t(3, 4), p) for p in (0, 1, 2, 3, 1.5, -1, INF, -INF, "fro")],
            *[call(t(3, 4), p, 1) for p in (0, 1, 2, 3, INF, -INF, "fro")],
            *[call(t(2, 3, 4), p, [0, 2], True) for p in (1, 2, 2.5, -INF)],
            *[call(t(0, 3), p, dim=0) for p in (0, 1, 2, 3)],
            *[call(t(), p, dim=0, keepdim=True) for p in (1, 2, 3, INF)],
            *[call(NANS, p, dim=1) for p in (0, 1, 2, 3, INF, -INF)],
            call(t(3, 4, dtype="float32"), 2, 1, dtype=dtype("float64")),
            call(t(3, 4), dim=0, keepdim=True),
        ],
        domain=(-3.1, 2.7),
        distinct=True,  # and their absolute values are
        grad=True,
        gradgrad=True,
        large=[call(t(600, 1001), p, dim) for p in (1, 2, 3) for dim in (0, 1, None)],
        fuzz=False,  # NumPy reduces nothing to nothing; see the errors
        errors=[
            fails("floating type; got int64", INTEGERS, error=TypeError),
            fails("dimension .*; got 2", t(3, 4), 2, 2, error=IndexError),
            fails('number or "fro"; got "other"', t(3), "other"),
        ],
    ),
    OpCase(
        "norm_of_layouts",
        p_norm,
        [call(t(3, 4), p, dim) for p in (0, 1, 2, 3, INF) for dim in (None, 0, 1)],
        fn=lambda x, *rest: x.norm(*rest),
        method=False,
        domain=(0.5, 3),
        grad=True,
        gradgrad=True,
    ),
    OpCase(
        "norm_of_zeros",
        p_norm,
        [
            *[call(values([0.0, 0.0, 0.0]), p) for p in (1, 2, 3, 1.5, INF)],
            *[call(values([[0.0, 0.0], [1.0, 2.0]]), p, 1) for p in (1, 2, 3, INF)],
        ],
        fn=lambda x, *rest: x.norm(*rest),
        method=False,
        grad=True,  # by convention, 0 of the norm of zeros
    ),
]


def log_of_sum(x, axis, keepdims):
    x = np.asarray(x, np.float64)
    top = np.max(x, axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isinf(top), 0, top)
    sums = np.log(np.sum(np.exp(x - top), axis, keepdims=True)) + top
    return sums if keepdims else sums.reshape(np.sum(x, axis).shape)


INFINITE = [
    call(values(row, "float32", grad=False), 0)
    for row in ([-INF, -INF], [INF, 1.0], [-INF, 1.0], [INF, -INF], [1000.0, 1000.0], [INF, INF])
]

LOGARITHMS = [
    OpCase(
        "logsumexp",
        over(log_of_sum),
        [
            *[*ONE, *SEVERAL, *EMPTY[1:], *INFINITE],
            call(NANS, 0),
            call(values([[1000.0, 999.0], [-1000.0, -999.0]], "float64"), 1),
        ],
        dtypes=ALL,
        grad=True,
        gradgrad=True,
        large=LARGE[:3],
        errors=[NO_DIMENSION],
    ),
    OpCase(
        "logsumexp_of_all",
        over(log_of_sum),
        [*ALL_OF_THEM[1:], call(t(0))],
        fn=lambda x: x.logsumexp(),
        torch=lambda x: x.logsumexp(tuple(range(x.ndim))),  # wants to be told the dimensions
        method=False,
        grad=True,
        gradgrad=True,
        large=[call(t(300_007))],
    ),
]

CASES = [*SPREADS, *NORMS, *LOGARITHMS]
