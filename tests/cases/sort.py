"""Sorting, ranks, distinct values, counting."""

import math

import numpy as np

from cases import ALL, FLOATS, INTS, NUMBERS, OpCase, call, fails, t, values

SPECIAL = [2.0, math.nan, -math.inf, 0.0, -0.0, math.nan, math.inf, -1.0, 2.0]


def ordered(x, dim=-1, descending=False, stable=True):
    """Sort stably, NaN as the largest."""
    if not x.ndim:
        return x, np.zeros((), "int64")
    rank = np.unique(x, return_inverse=True)[1].reshape(x.shape)
    at = np.argsort(-rank if descending else rank, dim, kind="stable")
    return np.take_along_axis(x, at, dim), at


def first(x, k, dim=-1, largest=True, sorted=True):
    return tuple(np.take(part, range(k), dim) for part in ordered(x, dim, largest))


def ranked(rank_of):
    def ref(x, *args, dim=-1, keepdim=False):
        found, at = ordered(x, dim)
        rank = rank_of(found, dim, *args)
        parts = [np.take_along_axis(part, rank, dim) for part in (found, at)]
        return tuple(part if keepdim else np.squeeze(part, dim) for part in parts)

    return ref


def kth(found, dim, k):
    shape = list(found.shape)
    shape[dim] = 1
    return np.full(shape, k - 1)


def middle(found, dim):
    return kth(found, dim, (found.shape[dim] + 1) // 2)


def pair(name, ref, samples, **more):
    """Ops that return values and where they stand; gradients go to the values."""
    settings = {"dtypes": NUMBERS, "distinct": True, "grad": True, "gradgrad": True} | more
    return OpCase(name, ref, samples, **settings)


SORTS = [
    pair(
        "sort",
        ordered,
        [
            call(t(7)),
            call(t(3, 5), 0),
            call(t(2, 3, 4), 1, descending=True),
            call(t()),
            call(t(0, 3)),
            call(t(300)),
            call(t(600), stable=True),
            call(values(SPECIAL, grad=False), stable=True),
            call(values(SPECIAL, grad=False), descending=True, stable=True),
        ],
        dtypes=FLOATS,
        fuzz=False,
        large=[call(t(300, 1000)), call(t(1000, 300), 0), call(t(100000))],
        errors=[fails("dimension.*got 2", t(3, 4), 2, error=IndexError)],
    ),
    OpCase(
        "sort_of_integers",
        ordered,
        [call(t(7)), call(t(3, 50), dim=0), call(t(500), descending=True)],
        fn=lambda x, **kwargs: x.sort(stable=True, **kwargs),
        method=False,
        dtypes=(*INTS, "bool"),
        domain=(-100, 100),
        fuzz=False,
    ),
    OpCase(
        "argsort",
        lambda *args, **kwargs: ordered(*args, **kwargs)[1],
        [call(t(7)), call(t(3, 5), 0), call(t(4, 5), descending=True)],
        distinct=True,
        fuzz=False,
    ),
    pair(
        "msort",
        lambda x: ordered(x, 0)[0],
        [call(t(5, 3)), call(t(4))],
        dtypes=FLOATS,
        fuzz=False,
    ),
    pair(
        "topk",
        first,
        [
            call(t(7), 3),
            call(t(3, 5), 5),
            call(t(3, 5), 2, 0, largest=False),
            call(t(40), 1),
            call(t(3, 40), 3, dim=1),
            call(t(3), 0),
        ],
        dtypes=FLOATS,
        fuzz=False,
        large=[call(t(300, 1000), 5)],
        errors=[fails("k from 0 to 3.*got 4", t(3), 4)],
    ),
    pair(
        "kthvalue",
        ranked(kth),
        [call(t(7), 3), call(t(3, 5), 2, dim=0), call(t(3, 5), 5, dim=1, keepdim=True)],
        dtypes=FLOATS,
        fuzz=False,
        errors=[fails("k from 1 to 3.*got 0", t(3), 0)],
    ),
    pair(
        "median",
        ranked(middle),
        [call(t(7), dim=0), call(t(3, 6), dim=1), call(t(3, 6), dim=0, keepdim=True)],
        dtypes=FLOATS,
        fuzz=False,
        errors=[fails("elements in dimension 0", t(0), 0, error=IndexError)],
    ),
    pair(
        "median_of_all",
        lambda x: np.max(x) if np.isnan(x).any() else np.sort(x, axis=None)[(x.size - 1) // 2],
        [call(t(7)), call(t(3, 6)), call(t()), call(values([1.0, math.nan], grad=False))],
        fn=lambda x: x.median(),
        method=False,
        dtypes=FLOATS,
    ),
    pair(
        "nanmedian",
        lambda x: np.sort(x, axis=None)[max(0, x.size - np.isnan(x).sum() - 1) // 2],
        [
            call(t(7)),
            call(t(3, 6)),
            call(values(SPECIAL, grad=False)),
            call(values([math.nan], grad=False)),
        ],
        dtypes=FLOATS,
        fuzz=False,
    ),
    OpCase(
        "mode",
        lambda x: (np.array([1, 3], x.dtype), np.array([3, 1])),
        [call(values([[2, 1, 2, 1], [3, 3, 0, 9]]))],
        dtypes=NUMBERS,
        grad=None,  # a step of one of several equal values changes which is the most frequent
        fuzz=False,
        layouts=("contiguous", "transposed", "strided"),
        torch=None,  # leaves open which of equal values it names
    ),
]

QUANTILES = [
    pair(
        "quantile",
        lambda x, q, dim=None, keepdim=False, interpolation="linear": np.quantile(
            x, q, axis=dim, keepdims=keepdim, method=interpolation
        ),
        [
            call(t(7), 0.3),
            call(t(3, 5), 0.5, dim=0),
            call(t(3, 5), values([0.1, 1.0, 0.0], grad=False), dim=1, keepdim=True),
            call(t(3, 5), 0.25, keepdim=True),
            *[
                call(t(6), 0.35, interpolation=how)
                for how in ("lower", "higher", "midpoint", "nearest")
            ],
        ],
        dtypes=FLOATS,
        fuzz=False,
        torch_tol=10,  # it computes ranks in float32
        errors=[
            fails("from 0 to 1", t(3), 1.5),
            fails("one of .*got 'x'", t(3), 0.5, interpolation="x"),
            fails("elements to rank", t(0), 0.5),
            fails("floating tensor; got", t(3, dtype="int64"), 0.5, error=TypeError),
        ],
    ),
    pair(
        "nanquantile",
        lambda x, q, dim=None: np.nanquantile(x, q, axis=dim),
        [
            call(t(7), 0.3),
            call(values([[1.0, math.nan, 3.0], [4.0, 5.0, 9.0]], grad=False), 0.5, dim=1),
        ],
        dtypes=FLOATS,
        fuzz=False,
        torch_tol=10,
    ),
]


def distinct(x, return_inverse=False, return_counts=False, dim=None):
    found = np.unique(x, return_inverse=True, return_counts=True, axis=dim)
    found = (found[0], found[1].reshape(x.shape if dim is None else -1), found[2])
    kept = [True, return_inverse, return_counts]
    return tuple(part for part, keep in zip(found, kept, strict=True) if keep)


def runs(x, return_inverse=False, return_counts=False):
    flat = x.ravel()
    starts = np.flatnonzero(np.r_[np.ones(min(1, flat.size), bool), flat[1:] != flat[:-1]])
    inverse = np.searchsorted(starts, np.arange(flat.size), side="right") - 1
    counts = np.diff(np.r_[starts, flat.size])
    found = (flat[starts], inverse.reshape(x.shape), counts)
    kept = [True, return_inverse, return_counts]
    return tuple(part for part, keep in zip(found, kept, strict=True) if keep)


def binned(x, bins=100, low=0, high=0):
    return np.histogram(x, bins, (low, high) if low != high else None)[0].astype("float64")


def counted(name, ref, samples, **more):
    settings = {"dtypes": ALL, "domain": (0, 4), "fuzz": False} | more
    return OpCase(name, ref, samples, **settings)


ROWS = values([[1, 2], [0, 3], [1, 2], [0, 1]])

COUNTS = [
    counted(
        "unique",
        distinct,
        [
            call(t(20)),
            call(t(3, 4), return_inverse=True),
            call(t(3, 4), return_inverse=True, return_counts=True),
            call(t(0), return_counts=True),
            call(ROWS, dim=0, return_inverse=True, return_counts=True),
            call(ROWS, dim=1, return_inverse=True),
        ],
    ),
    counted(
        "unique_consecutive",
        runs,
        [
            call(values([1, 1, 0, 0, 1])),
            call(values([[1, 1], [1, 0]]), return_inverse=True, return_counts=True),
            call(t(0)),
        ],
        layouts=("contiguous", "transposed", "strided"),
    ),
    counted(
        "bincount",
        lambda x, weights=None, minlength=0: np.bincount(x, weights, minlength),
        [
            call(t(20)),
            call(t(20), minlength=9),
            call(t(0)),
            call(t(5), t(5, dtype="float64")),
        ],
        dtypes=INTS,
        result=None,
        errors=[fails("vector of integers", t(2, 2, dtype="int64"))],
    ),
    counted(
        "histc",
        binned,
        [call(t(50), 5), call(t(50), 4, 1, 3), call(t(3, 4), bins=3)],
        dtypes=FLOATS,
    ),
    counted(
        "searchsorted",
        lambda row, x, right=False, side=None: np.searchsorted(
            row, x, side or ("right" if right else "left")
        ),
        [
            call(values([0, 1, 1, 3]), t(3, 4)),
            call(values([0, 1, 1, 3]), t(3, 4), right=True),
            call(values([0, 1, 1, 3]), t(), side="right"),
            call(values([0, 1]), 1),
            call(t(0), t(3)),
        ],
        method=False,
        dtypes=NUMBERS,
        layouts=("contiguous", "strided"),
        errors=[fails(r"\(2, 3\) and \(3, 1\)", t(2, 3), t(3, 1))],
    ),
    counted(
        "bucketize",
        lambda x, row, right=False: np.searchsorted(row, x, "right" if right else "left"),
        [call(t(3, 4), values([0, 1, 1, 3])), call(t(9), values([1, 2]), right=True)],
        dtypes=NUMBERS,
        layouts=("contiguous", "strided"),
    ),
    counted(
        "isin",
        lambda x, known, invert=False: np.isin(x, known, invert=invert),
        [call(t(3, 4), values([1, 3])), call(t(5), t(2), invert=True), call(t(5), t(0))],
        method=False,
        dtypes=NUMBERS,
    ),
]

CASES = [*SORTS, *QUANTILES, *COUNTS]
