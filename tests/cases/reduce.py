"""Sums, products, truth, extremes and where they stand; means, variances, norms: statistics.py."""

import math

import numpy as np

from cases import ALL, NUMBERS, OpCase, call, dtype, fails, t, values

NAN = math.nan
NANS = values([[1.0, NAN, 3.0], [NAN, NAN, -math.inf]], "float32", grad=False)
LARGE = [
    call(t(600, 1001), dim=0),
    call(t(600, 1001), dim=1),
    call(t(30, 100, 201), dim=1),
    call(t(300_007)),
]
NO_DIMENSION = fails("dimension .*; got 2", t(3, 4), dim=2, error=IndexError)


WRONG_DIMENSIONS = [
    NO_DIMENSION,
    fails(r"each dimension once; got \(0, -2\)", t(3, 4), dim=[0, -2]),
]


def over(function):
    """Give a NumPy reduction PyTorch's arguments; a number has a dimension 0 in both."""

    def ref(x, dim=None, keepdim=False, dtype=None, **more):
        axes = tuple(dim) or None if isinstance(dim, (list, tuple)) else dim
        cast = np.atleast_1d(x if dtype is None else x.astype(dtype))
        out = function(cast, axis=axes, keepdims=keepdim and x.ndim > 0, **more)
        return out if dtype is None else out.astype(dtype)

    return ref


ONE = [
    call(t(), dim=0, keepdim=True),
    call(t(), dim=-1),
    call(t(37), dim=0),
    call(t(3, 4), dim=0),
    call(t(3, 4), 1, True),
    call(t(2, 3, 4), dim=-2),
    call(t(3, 0), dim=0),
]
ALL_OF_THEM = [call(t()), call(t(1)), call(t(37)), call(t(3, 4)), call(t(2, 3, 4)), call(t(1037))]
SEVERAL = [
    call(t(2, 3, 4), dim=[0, -1], keepdim=True),
    call(t(2, 3, 4), (1, 0)),
    call(t(2, 3, 2, 3, 2), dim=[0, 2, 4]),
]
EMPTY = [call(t(0)), call(t(0, 4), dim=0), call(t(2, 0, 3), dim=1, keepdim=True)]


def reduction(name, function, samples, **more):
    """Ops over all, one or several dimensions."""
    settings = {
        "dtypes": ALL,
        "large": [*LARGE, call(t(30, 100, 201), dim=[0, 2])],
        "errors": WRONG_DIMENSIONS,
    } | more
    return OpCase(name, function, [*ALL_OF_THEM, *ONE, *SEVERAL, *samples], **settings)


TYPED = [
    call(t(3, 4, dtype="int64"), dim=1, dtype=dtype("float32")),
    call(t(5, dtype="bool"), dtype=dtype("float64")),
    call(t(3, 4, dtype="float32"), 0, dtype=dtype("float64")),
    call(t(3, 4, dtype="int64", domain=(0, 9)), dtype=dtype("uint8")),
    call(t(6, dtype="bool"), dtype=dtype("bool")),
]
ZEROS = values([[2.0, 0.0, 3.0], [0.0, 0.5, 0.0]])

SUMS = [
    reduction(
        "sum",
        over(np.sum),
        [*EMPTY, *TYPED, call(NANS), call(NANS, 0), call(t(3, 4), dim=[]), call(t(3, 4), ())],
        grad=True,
        gradgrad=True,
    ),
    reduction(
        "nansum",
        over(np.nansum),
        [
            *EMPTY,
            *TYPED[:4],
            call(NANS, 0, True),
            call(values([[1.0, NAN], [NAN, NAN]], "float64"), 1),
        ],
        grad=True,
        gradgrad=True,
    ),
    OpCase(
        "prod",
        over(np.prod),
        [
            *[call(t(*shape)) for shape in [(), (1,), (0,), (3, 4), (2, 3, 4)]],
            *[call(t(19)), call(t(0, 4), dim=0), *ONE, *TYPED, call(NANS, 1)],
            *[call(ZEROS), call(ZEROS, 0), call(ZEROS, 1), call(values([0.0, 0.0, 2.0]))],
        ],
        dtypes=ALL,
        domain=(-2, 2),
        grad=True,
        gradgrad=True,
        large=[call(t(600, 1001, domain=(0.99, 1.01)), dim=d) for d in (0, 1, None)],
        errors=[NO_DIMENSION],
    ),
    OpCase(
        "prod_over_several",
        over(np.prod),
        SEVERAL,
        fn=lambda x, *rest, **kw: x.prod(*rest, **kw),
        method=False,
        torch=None,  # takes one dimension
        domain=(-2, 2),
        grad=True,
        gradgrad=True,
    ),
]


def truth(function):
    """Answer small integers with small integers, as PyTorch does."""
    return lambda x, *rest, **kw: over(
        lambda y, **more: np.asarray(function(y, **more), np.uint8 if x.dtype == np.uint8 else bool)
    )(x, *rest, **kw)


def counted(x, axis, keepdims):
    return np.asarray(np.count_nonzero(x, axis=axis, keepdims=keepdims), "int64")


TRUTH = [
    reduction("any", truth(np.any), [*EMPTY, call(NANS, 1), call(ZEROS)], domain=(0, 2)),
    reduction("all", truth(np.all), [*EMPTY, call(NANS, 1), call(ZEROS, 0)], domain=(0, 2)),
    OpCase(
        "count_nonzero",
        over(counted),
        [
            *ALL_OF_THEM,
            *EMPTY[:2],
            *[call(t(3, 4), 0), call(t(3, 4), dim=-1), call(t(2, 3, 4), dim=[0, 2])],
            *[call(NANS), call(values([0.0, -0.0, 1.0]))],
        ],
        dtypes=ALL,
        domain=(0, 2),
        large=LARGE,
        errors=[NO_DIMENSION],
    ),
]


def extreme(function):
    """Refuse to reduce nothing, as PyTorch does, even if there would be no result."""

    def ref(x, dim=None, keepdim=False):
        axes = range(x.ndim) if dim is None else dim if isinstance(dim, (list, tuple)) else [dim]
        if any(np.atleast_1d(x).shape[axis] == 0 for axis in axes):
            raise ValueError("no elements")
        return over(function)(x, dim, keepdim)

    return ref


def with_position(find, locate):
    def ref(x, dim=None, keepdim=False):
        value = extreme(find)(x, dim, keepdim)
        return value if dim is None else (value, extreme(locate)(x, dim, keepdim))

    return ref


NOTHING = [
    fails(r"least one element to reduce; got shape \(0, 3\)", t(0, 3), dim=0, error=IndexError),
    fails(r"least one element to reduce; got shape \(0, 0\)", t(0, 0), dim=1, error=IndexError),
]
TIES = values([[1.0, 3.0, 3.0], [2.0, 2.0, 0.0]], grad=False)
PAIRS_OF_EQUALS = values([[1.0, 3.0, 3.0], [-2.0, -2.0, 0.0]], "float64")
TRUE_LATE = values([False] * 40 + [True] * 3, "bool")


def by_dimension(name, ref, **more):
    """Ops over all or one dimension that say where; the first of equals, NaN before any number."""
    settings = {"large": LARGE, "errors": [NO_DIMENSION, *NOTHING]} | more
    samples = [
        *ALL_OF_THEM,
        *ONE,
        *[call(NANS), call(NANS, 0), call(NANS, 1, True)],
        *[call(TIES), call(TIES, 0), call(TIES, 1)],
        call(t(70, 5), dim=0),
    ]
    return OpCase(name, ref, samples, **settings)


def of_two(name, ref):
    samples = [call(t(3, 5), t(3, 5)), call(t(3, 1), t(5)), call(t(), t(0, 2))]
    return OpCase(
        f"{name}_of_two",
        ref,
        samples,
        fn=lambda x, other: getattr(x, name)(other),
        method=False,
        dtypes=ALL,
        fuzz=False,
        grad=True,
        gradgrad=True,
    )


def of_equals(name):
    """Two equal extremes have half of the gradient each, which central differences show, too."""
    whole = call(values([1.0, 3.0, -1.0, 3.0, -1.0], "float64"))
    rows = [call(PAIRS_OF_EQUALS, 1), call(PAIRS_OF_EQUALS, [0, 1])] if name[0] == "a" else []
    return OpCase(
        f"{name}_of_equals",
        extreme(np.max if name.endswith("max") else np.min),
        [whole, *rows],
        fn=lambda x, *rest: getattr(x, name)(*rest),
        method=False,
        dtypes=("float64",),
        grad=True,
    )


EXTREMES = [
    *[
        reduction(
            name,
            extreme(function),
            [call(NANS), call(NANS, 0), call(TIES, 1)],
            grad=True,
            gradgrad=True,
            errors=[*WRONG_DIMENSIONS, *NOTHING],
        )
        for name, function in [("amax", np.max), ("amin", np.min)]
    ],
    *[
        by_dimension(name, with_position(find, locate), dtypes=ALL, grad=True, gradgrad=True)
        for name, find, locate in [("max", np.max, np.argmax), ("min", np.min, np.argmin)]
    ],
    *[of_equals(name) for name in ("amax", "amin", "max", "min")],
    of_two("max", np.maximum),
    of_two("min", np.minimum),
    *[
        by_dimension(name, extreme(function), dtypes=NUMBERS)
        for name, function in [("argmax", np.argmax), ("argmin", np.argmin)]
    ],
    OpCase(
        "argmax_of_truth",
        extreme(np.argmax),
        [call(TRUE_LATE), call(t(3, 4)), call(t(3, 4), 0, True), call(t(3, 4), 1)],
        fn=lambda x, *rest: x.argmax(*rest),
        method=False,
        dtypes=("bool",),
        torch=None,  # refuses truth values
    ),
]

CASES = [*SUMS, *TRUTH, *EXTREMES]
