"""Reading by index and by mask, and x[...] = y."""

import numpy as np

from cases import ALL, OpCase, call, fails, t, values


def whole(*shape, below):
    """Stand for indices from 0."""
    return t(*shape, dtype="int64", domain=(0, below))


def flags(*shape):
    return t(*shape, dtype="bool")


def moved(name, ref, samples, **more):
    settings = {"dtypes": ALL, "grad": True, "gradgrad": True} | more
    return OpCase(name, ref, samples, **settings)


def subscript(x, key):
    return x[key]


def assign(x, key, value):
    """Set what the key names, in a copy."""
    out = x.clone() if hasattr(x, "clone") else np.array(x)
    out[key] = value
    return out


def assign_in_numpy(x, key, value):
    return assign(x, key, np.asarray(value).astype(x.dtype))


ROWS = values([2, 0, -1], "int64")
COLUMN = values([[1], [0]], "int64")
MASK = values([True, False, True], "bool")
MASK_2D = values([[True, False, True, True], [False] * 4, [False, True, False, False]], "bool")

BRACKETS = [
    moved(
        "index",
        subscript,
        [
            call(t(3, 4), 1),
            call(t(3, 4), (-1, 2)),
            call(t(3, 4), (slice(None), -1)),
            call(t(5, 4), (slice(1, 4), slice(None, None, 2))),
            call(t(5), slice(-3, -1)),
            call(t(5), slice(4, 1)),
            call(t(3, 4), None),
            call(t(2, 3, 4), (Ellipsis, None, 1)),
            call(t(2, 3, 4), (0, Ellipsis)),
            call(t(), Ellipsis),
            call(t(3), ()),
            call(t(3, 4), ROWS),
            call(t(3, 4), [2, 0]),
            call(t(3, 4), []),
            call(t(3, 4), (slice(None), ROWS)),
            call(t(3, 4), (COLUMN, ROWS)),
            call(t(4, 3, 5), (ROWS, slice(None), ROWS)),
            call(t(4, 3, 5), (slice(None), COLUMN, ROWS)),
            call(t(4, 3, 5), (Ellipsis, None, COLUMN)),
            call(t(4, 3, 3), (slice(1, 3), COLUMN, ROWS)),
            call(t(3, 4), MASK),
            call(t(3, 4), MASK_2D),
            call(t(2, 3, 4), (slice(None), MASK_2D)),
            call(t(3, 4), (MASK, slice(1, 3))),
            call(t(3, 4), True),
            call(t(3, 4), (False, slice(1, 3))),
            call(t(), values(True, "bool")),
            call(t(0, 4), values([], "int64")),
            call(t(3, 0), ROWS),
            call(t(3, 4), values([[0, 1], [2, 2]], "int32")),
        ],
        fn=subscript,
        method=False,
        fuzz=False,  # changed keys and tensors no longer fit
        large=[
            call(t(1000, 300), whole(700, below=1000)),
            call(t(300, 1000), (slice(None), whole(700, below=1000))),
            call(t(200000), whole(200000, below=100)),
        ],
        errors=[
            fails("index 3 is out of bounds .* size 3", t(3, 4), 3, error=IndexError),
            fails("index -4 is out of bounds", t(3), values([0, -4], "int64"), error=IndexError),
            fails("index 4 is out of bounds", t(3, 4), (0, [1, 4]), error=IndexError),
            fails(r"too many indices: 3 for shape \(3, 4\)", t(3, 4), (0, 0, 0), error=IndexError),
            fails("one ellipsis.*got 2", t(3, 4), (Ellipsis, Ellipsis), error=IndexError),
            fails(r"mask .* got shape \(2,\)", t(3, 4), [True, False], error=IndexError),
            fails("int64.*got float64", t(3), values([0.0], "float64"), error=IndexError),
            fails("got the float 1.5", t(3), 1.5, error=IndexError),
            fails("got str", t(3), "a", error=IndexError),
        ],
    ),
    # An integer beside tensors takes its dimension away first, where NumPy broadcasts it with them.
    moved(
        "index_with_integers",
        lambda x, at: x[0][:, at],
        [call(t(2, 3, 4), ROWS), call(t(2, 3, 4), COLUMN)],
        fn=lambda x, at: x[0, :, at],
        method=False,
        fuzz=False,
    ),
    moved(
        "index_assigned",
        assign_in_numpy,
        [
            call(t(3, 4), 1, t(4)),
            call(t(3, 4), (slice(None), 2), 1),
            call(t(3, 4), (slice(1, 3), slice(None, None, 2)), t(2, 1)),
            call(t(3, 4), Ellipsis, t(1, 1, 3, 4)),
            call(t(), Ellipsis, t()),
            call(t(3, 4), [0, 2], t(4)),
            call(t(3, 4), ([0, 2], slice(1, 3)), t(2, 2)),
            call(t(4, 3, 5), ([0, 2], slice(None), [1, 1]), 1),
            call(t(4, 3, 5), (slice(None), [[0], [2]], [1, 3]), t(2, 1)),
            call(t(3, 4), MASK, t(2, 4)),
            call(t(3, 4), MASK, 1),
            call(t(3, 4), (slice(None), values([True, False, True, True], "bool")), t()),
            call(t(2, 3, 4), (slice(None), MASK_2D), 0),
            call(t(3, 4), True, t(3, 4)),
            call(t(3, 4), False, 1),
        ],
        fn=assign,
        method=False,
        fuzz=False,
        layouts=("contiguous", "transposed", "strided"),
    ),
]


def gathered(x, dim, index):
    if not x.ndim:
        return x.reshape(index.shape)
    dim %= x.ndim
    sizes = [None if d == dim else n for d, n in enumerate(index.shape)]
    return np.take_along_axis(x[tuple(map(slice, sizes))], index, dim)


PICKS = [
    moved(
        "gather",
        gathered,
        [
            call(t(3, 4), 1, whole(3, 2, below=4)),
            call(t(3, 4), 0, whole(5, 4, below=3)),
            call(t(3, 4), -1, whole(2, 6, below=4)),
            call(t(2, 3, 4), 1, whole(2, 2, 4, below=3)),
            call(t(2, 3, 4), 0, whole(1, 3, 1, below=2)),
            call(t(5), 0, whole(7, below=5)),
            call(t(), 0, whole(below=1)),
            call(t(3, 4), 1, whole(3, 0, below=4)),
            call(t(0, 4), 1, whole(0, 2, below=4)),
        ],
        same_errors=False,  # NumPy takes negative indices
        large=[
            call(t(600, 300), 1, whole(600, 400, below=300)),
            call(t(9, 40000), 0, whole(3, 40000, below=9)),
        ],
        errors=[
            fails(
                "index 4 is out of bounds .* size 4",
                t(3, 4),
                1,
                values([[4]], "int64"),
                error=IndexError,
            ),
            fails(
                "index -1 is out of bounds", t(3, 4), 1, values([[-1]], "int64"), error=IndexError
            ),
            fails(r"\(3, 4\).*got \(4, 1\)", t(3, 4), 1, whole(4, 1, below=4)),
            fails(r"2 dimensions; got shape \(4,\)", t(3, 4), 1, whole(4, below=4)),
            fails(
                "int64 or int32; got float64", t(3), 0, values([0.0], "float64"), error=TypeError
            ),
        ],
    ),
    moved(
        "index_select",
        lambda x, dim, index: np.take(x, index.reshape(-1), dim) if x.ndim else x,
        [
            call(t(3, 4), 0, whole(5, below=3)),
            call(t(3, 4), 1, whole(2, below=4)),
            call(t(2, 3, 4), -2, whole(2, below=3)),
            call(t(3, 4), 1, whole(below=4)),
            call(t(3, 4), 0, whole(0, below=3)),
            call(t(), 0, whole(1, below=1)),
            call(t(3, 0), 0, whole(2, below=3)),
        ],
        same_errors=False,  # NumPy takes negative indices
        large=[call(t(500, 128), 0, whole(3000, below=500))],
        errors=[
            fails(
                "index 3 is out of bounds .* size 3",
                t(3, 4),
                0,
                values([3], "int64"),
                error=IndexError,
            ),
            fails(
                r"one dimension; got shape \(1, 1\)",
                t(3),
                0,
                whole(1, 1, below=3),
                error=IndexError,
            ),
        ],
    ),
    moved(
        "take",
        lambda x, index: np.take(x, index),
        [
            call(t(3, 4), whole(5, below=12)),
            call(t(3, 4), values([[-1, 0]], "int64")),
            call(t(), whole(below=1)),
            call(t(3), whole(0, below=3)),
        ],
        errors=[
            fails("index 12 is out of bounds", t(3, 4), values([12], "int64"), error=IndexError)
        ],
    ),
    moved(
        "take_along_dim",
        lambda x, index, dim=None: np.take_along_axis(x, index, dim),
        [
            call(t(3, 4), whole(3, 2, below=4), dim=1),
            call(t(1, 4), whole(3, 2, below=4), dim=1),
            call(t(3, 4), whole(1, 4, below=3), dim=0),
            call(t(3, 4), whole(5, below=12)),
        ],
        same_errors=False,  # NumPy takes negative indices
    ),
    moved(
        "masked_select",
        lambda x, mask: np.broadcast_arrays(x, mask)[0][np.broadcast_arrays(x, mask)[1]],
        [
            call(t(3, 4), flags(3, 4)),
            call(t(3, 4), flags(4)),
            call(t(4), flags(3, 1)),
            call(t(), flags()),
        ],
        errors=[fails("bool; got int64", t(3), whole(3, below=2), error=TypeError)],
    ),
]

CASES = [*BRACKETS, *PICKS]
