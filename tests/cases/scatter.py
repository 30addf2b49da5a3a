"""Writing by index and by mask, and finding what is not zero."""

import numpy as np

from cases import ALL, NUMBERS, OpCase, call, fails, t, values


def whole(*shape, below):
    """Stand for indices from 0."""
    return t(*shape, dtype="int64", domain=(0, below))


def flags(*shape):
    return t(*shape, dtype="bool")


def moved(name, ref, samples, **more):
    settings = {"dtypes": ALL, "grad": True, "gradgrad": True} | more
    return OpCase(name, ref, samples, **settings)


MASK = values([True, False, True], "bool")
MASK_2D = values([[True, False, True, True], [False] * 4, [False, True, False, False]], "bool")


def put(x, dim, index, source, how):
    """Walk over the index in order, as the definition of scatter does."""
    out = np.array(x)
    if not out.ndim:
        out, index, source = out.reshape(1), np.reshape(index, -1), np.reshape(source, -1)
    for at in np.ndindex(*index.shape):
        to = list(at)
        to[dim] = index[at]
        out[tuple(to)] = how(out[tuple(to)], source[at])
    return out.reshape(np.shape(x))


def scatter(x, dim, index, source):
    source = np.broadcast_to(source, index.shape) if np.ndim(source) == 0 else source
    return put(x, dim, index, source, lambda old, new: new)


def scatter_add(x, dim, index, source):
    return put(x, dim, index, source, lambda old, new: old + new)


def scatter_reduce(x, dim, index, source, reduce, include_self=True):
    joins = {"prod": np.multiply, "amax": np.maximum, "amin": np.minimum}
    met = scatter_add(np.zeros(x.shape, "int64"), dim, index, np.ones(index.shape, "int64"))
    start = x
    if not include_self:
        first = {"prod": 1, "amax": -np.inf, "amin": np.inf}.get(reduce, 0)
        start = np.where(met > 0, first, x)
    out = put(start, dim, index, source, joins.get(reduce, np.add))
    if reduce != "mean":
        return out
    count = np.maximum(met + include_self, 1)
    return out / count if out.dtype.kind == "f" else (out // count).astype(x.dtype)


def along(x, dim, index):
    """Give indices of whole slices the shape that scatter wants."""
    shape = [1] * x.ndim
    shape[dim] = index.size
    sizes = list(x.shape)
    sizes[dim] = index.size
    return np.broadcast_to(index.reshape(shape), sizes)


def index_add(x, dim, index, source, alpha=1):
    return scatter_add(x, dim, along(x, dim, index), source * np.asarray(alpha, source.dtype))


def index_put(x, indices, value, accumulate=False):
    out = x.copy()
    if accumulate:
        np.add.at(out, tuple(indices), value)
    else:
        out[tuple(indices)] = value
    return out


OUT_OF_BOUNDS = fails(
    "index 3 is out of bounds .* size 3", t(3), 0, values([3], "int64"), t(1), error=IndexError
)
APART = ("contiguous", "transposed", "strided")

PUTS = [
    moved(
        "scatter",
        scatter,
        [
            call(t(3, 4), 1, values([[1, 0], [2, 3], [0, 1]], "int64"), t(3, 2)),
            call(t(5), 0, values([4, 1], "int64"), 1),
            call(t(), 0, whole(below=1), t()),
            call(t(3), 0, whole(0, below=3), t(0)),
        ],
        inplace=True,
        fuzz=False,  # indices that meet have no order in NumPy
        errors=[
            OUT_OF_BOUNDS,
            fails("values; got", t(3), 0, whole(2, below=3), t(1)),
            fails(
                "float64.*|float32.*int64",
                t(3),
                0,
                whole(1, below=3),
                whole(1, below=3),
                error=TypeError,
            ),
        ],
    ),
    moved(
        "scatter_add",
        scatter_add,
        [
            call(t(3, 4), 1, whole(3, 6, below=4), t(3, 6)),
            call(t(2, 3, 4), 1, whole(2, 5, 2, below=3), t(2, 5, 2)),
            call(t(4), 0, whole(50, below=4), t(50)),
            call(t(), 0, whole(below=1), t()),
        ],
        dtypes=NUMBERS,
        domain=(0, 3),
        inplace=True,
        fuzz=False,
        large=[
            call(t(300, 40), 1, whole(300, 900, below=40), t(300, 900)),
            call(t(40, 300), 0, whole(900, 300, below=40), t(900, 300)),
        ],
        errors=[OUT_OF_BOUNDS],
    ),
    moved(
        "scatter_of_a_part",
        scatter,
        [call(t(3, 4), 0, values([[2, 0, 1, 1]], "int64"), t(2, 5))],
        fn=lambda x, *args: x.scatter(*args),
        method=False,
        fuzz=False,
        torch=None,  # has no gradient for values that the index does not cover
    ),
    moved(
        "scatter_reduce",
        scatter_reduce,
        [
            *[
                call(t(3, 4), 1, whole(3, 6, below=4), t(3, 6), how)
                for how in ("sum", "prod", "mean", "amax", "amin")
            ],
            call(t(), 0, whole(below=1), t(), reduce="prod"),
            call(t(3), 0, whole(0, below=3), t(0), "mean"),
            call(t(3), 0, values([2, 2], "int64"), t(2), "sum", include_self=False),
        ],
        dtypes=NUMBERS,
        domain=(1, 4),
        inplace=True,
        fuzz=False,
        large=[call(t(300, 40), 1, whole(300, 900, below=40), t(300, 900), "mean")],
        errors=[
            fails("index 3 is out", t(3), 0, values([3], "int64"), t(1), "sum", error=IndexError),
            fails("amax or amin; got most", t(3), 0, whole(1, below=3), t(1), "most"),
        ],
    ),
    *[
        moved(
            f"scatter_reduce_{reduce}{'' if include_self else '_without_self'}",
            lambda *args, r=reduce, s=include_self: scatter_reduce(*args, r, s),
            [
                call(t(3, 4), 1, whole(3, 3, below=4), t(3, 3)),
                call(t(3, 4), 0, whole(4, 2, below=3), t(4, 2)),
                call(t(4), 0, whole(9, below=4), t(9)),
            ],
            fn=lambda *args, r=reduce, s=include_self: args[0].scatter_reduce(
                *args[1:], r, include_self=s
            ),
            dtypes=("float32", "float64"),
            distinct=True,
            fuzz=False,
            method=False,
            torch=None if not include_self else "",
            layouts=APART,
        )
        for reduce in ("sum", "prod", "mean", "amax", "amin")
        for include_self in (True, False)
    ],
    moved(
        "index_add",
        index_add,
        [
            call(t(3, 4), 0, whole(5, below=3), t(5, 4)),
            call(t(3, 4), 1, whole(6, below=4), t(3, 6), alpha=2),
            call(t(5), 0, whole(3, below=5), t(3)),
        ],
        dtypes=NUMBERS,
        domain=(0, 3),
        inplace=True,
        fuzz=False,
        large=[call(t(100, 256), 0, whole(2000, below=100), t(2000, 256))],
        errors=[OUT_OF_BOUNDS, fails(r"shape \(1, 4\); got", t(3, 4), 0, whole(1, below=3), t(3))],
    ),
    moved(
        "index_copy",
        lambda x, dim, index, source: scatter(x, dim, along(x, dim, index), source),
        [
            call(t(3, 4), 0, values([2, 0], "int64"), t(2, 4)),
            call(t(3, 4), 1, values([3, 1], "int64"), t(3, 2)),
        ],
        inplace=True,
        fuzz=False,
        errors=[OUT_OF_BOUNDS],
    ),
    moved(
        "index_fill",
        lambda x, dim, index, value: scatter(
            x, dim, along(x, dim, index), np.broadcast_to(value, along(x, dim, index).shape)
        ),
        [call(t(3, 4), 0, values([2, 0], "int64"), 1), call(t(3, 4), 1, values([3], "int64"), 0)],
        inplace=True,
        fuzz=False,
    ),
    moved(
        "index_put",
        index_put,
        [
            call(t(3, 4), (values([2, 0], "int64"),), t(4)),
            call(t(3, 4), (values([2, 0, 2], "int64"),), t(3, 4), accumulate=True),
            call(
                t(3, 4), (values([2, 2], "int64"), values([1, -3], "int64")), t(2), accumulate=True
            ),
            call(t(3, 4), (MASK_2D,), t(4)),
            call(t(3, 4), (MASK,), t(2, 4), accumulate=True),
        ],
        dtypes=NUMBERS,
        domain=(0, 3),
        inplace=True,
        fuzz=False,
        layouts=APART,  # an expanded mask is another mask
        large=[call(t(1000, 64), (whole(5000, below=50),), t(5000, 64), accumulate=True)],
        errors=[
            fails(
                "index 3 is out of bounds", t(3), (values([3], "int64"),), t(1), error=IndexError
            ),
            fails(r"\(2, 4\) and \(3,\)", t(3, 4), (values([0, 1], "int64"),), t(3)),
        ],
    ),
]

MASKS = [
    moved(
        "masked_fill",
        lambda x, mask, value: np.where(mask, np.asarray(value).astype(x.dtype), x),
        [
            call(t(3, 4), flags(3, 4), 2),
            call(t(3, 4), flags(4), 0),
            call(t(3, 4), flags(3, 1), t()),
            call(t(), flags(), 1),
            call(t(0, 3), flags(3), 1),
        ],
        inplace=True,
        errors=[
            fails("bool; got int64", t(3), whole(3, below=2), 0, error=TypeError),
            fails(r"0-d tensor; got shape \(3,\)", t(3), flags(3), t(3)),
        ],
        large=[call(t(600, 300), flags(300), 1)],
    ),
    moved(
        "masked_scatter",
        lambda x, mask, source: index_put(
            np.broadcast_arrays(x, mask)[0], (np.broadcast_to(mask, x.shape),), source[: mask.sum()]
        ),
        [
            call(t(3, 4), MASK_2D, t(12)),
            call(t(4), values([True, False, True, False], "bool"), t(2)),
        ],
        inplace=True,
        layouts=APART,
        fuzz=False,
        errors=[fails("at least 2 .* got 1", t(3), MASK, t(1))],
    ),
    OpCase(
        "nonzero",
        lambda x: np.argwhere(x).astype("int64"),
        [call(t(3, 4)), call(t(7)), call(t()), call(t(0, 3)), call(t(2, 3, 4))],
        aliases=("argwhere",),
        dtypes=ALL,
        domain=(0, 2),
        large=[call(t(300, 1000))],
    ),
    OpCase(
        "where_one",
        lambda x: tuple(np.atleast_1d(x).nonzero()),
        [call(t(3, 4)), call(t()), call(t(0, 3))],
        fn=lambda x: x.nonzero(as_tuple=True),
        method=False,
        dtypes=ALL,
        domain=(0, 2),
    ),
]

CASES = [*PUTS, *MASKS]
