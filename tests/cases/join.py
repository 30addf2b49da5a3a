"""Joining and splitting."""

import numpy as np

from cases import ALL, OpCase, call, fails, t


def moved(name, ref, samples, **more):
    settings = {"dtypes": ALL, "grad": True, "gradgrad": True} | more
    return OpCase(name, ref, samples, **settings)


def joined(name, ref, samples, **more):
    """Functions of a list of tensors."""
    return moved(name, ref, samples, method=False, **more)


NO_TENSOR = fails("at least one tensor", [])

JOINS = [
    joined(
        "cat",
        lambda tensors, dim=0: np.concatenate([x for x in tensors if x.shape != (0,)], dim),
        [
            call([t(2, 3), t(1, 3)]),
            call([t(2, 3), t(2, 1), t(2, 0)], dim=-1),
            call([t(2, 3, 4), t(2, 2, 4)], 1),
            call([t(3)]),
            call([t(0, grad=False), t(2, 3), t(0, grad=False)], 1),
            call([t(4), t(2)]),
            call([t(1, 3)] * 9),
        ],
        aliases=("concat", "concatenate"),
        fuzz=False,  # NumPy knows no empty vectors beside others
        large=[call([t(100, 700), t(100, 900)], 1), call([t(20, 500)] * 20)],
        errors=[
            NO_TENSOR,
            fails(r"\(2, 3\) and \(2, 4\)", [t(2, 3), t(2, 4)]),
            fails("dimension.*got 2", [t(2, 3)], 2, error=IndexError),
            fails("0-d", [t(), t()]),
        ],
    ),
    joined(
        "stack",
        lambda tensors, dim=0: np.stack(tensors, dim),
        [
            call([t(2, 3), t(2, 3)]),
            call([t(2, 3), t(2, 3), t(2, 3)], 1),
            call([t(2, 3), t(2, 3)], dim=-1),
            call([t(), t()]),
            call([t(0, 3)]),
        ],
        large=[call([t(100, 700)] * 3, 1)],
        errors=[NO_TENSOR, fails(r"\(2,\) and \(3,\)", [t(2), t(3)])],
    ),
    joined("hstack", np.hstack, [call([t(2), t(3)]), call([t(2, 3), t(2, 1)]), call([t(), t()])]),
    joined(
        "vstack",
        np.vstack,
        [call([t(3), t(3)]), call([t(2, 3), t(1, 3)]), call([t(), t()])],
        aliases=("row_stack",),
    ),
    joined("dstack", np.dstack, [call([t(3), t(3)]), call([t(2, 3), t(2, 3)])]),
    joined("column_stack", np.column_stack, [call([t(3), t(3)]), call([t(2, 3), t(2)])]),
    joined(
        "block_diag",
        lambda *blocks: np.block(
            [
                [
                    b if i == j else np.zeros((b.shape[0], c.shape[1]), b.dtype)
                    for j, c in enumerate(blocks)
                ]
                for i, b in enumerate(blocks)
            ]
        ),
        [call(t(2, 3), t(1, 2)), call(t(2, 2))],
        fuzz=False,
    ),
    joined(
        "cartesian_prod",
        lambda *x: np.stack([g.ravel() for g in np.meshgrid(*x, indexing="ij")], 1),
        [call(t(2), t(3)), call(t(2), t(3), t(2))],
        fuzz=False,
    ),
]


def cut(x, size, dim=0):
    sizes = size if isinstance(size, (list, tuple)) else None
    cuts = np.cumsum(sizes)[:-1] if sizes else range(size, x.shape[dim], size)
    return np.split(x, cuts, dim)


def chunk(x, count, dim=0):
    return cut(x, -(-x.shape[dim] // count), dim)


SPLITS = [
    moved(
        "split",
        cut,
        [
            call(t(6, 2), 2),
            call(t(7, 2), 3),
            call(t(2, 6), [1, 2, 3], dim=1),
            call(t(2, 4), (3, 1), dim=-1),
            call(t(3), 5),
        ],
        fuzz=False,  # NumPy clips sizes
        errors=[
            fails("add up to 6; got 3", t(6), [1, 2]),
            fails("above 0; got 0", t(6), 0),
            fails("0-d", t(), 1),
        ],
    ),
    moved(
        "split_with_sizes",
        lambda x, sizes, dim=0: cut(x, sizes, dim),
        [call(t(6, 2), [2, 4]), call(t(2, 3), [1, 0, 2], 1)],
        fuzz=False,
    ),
    moved(
        "chunk",
        chunk,
        [call(t(6, 2), 3), call(t(7, 2), 3), call(t(2, 5), 4, dim=1)],
        fuzz=False,
        errors=[fails("above 0; got 0", t(6), 0)],
    ),
    moved(
        "tensor_split",
        lambda x, parts, dim=0: np.array_split(x, parts, dim),
        [call(t(7, 2), 3), call(t(2, 7), [1, 3], dim=1), call(t(2), 4), call(t(5), (2, -1))],
        fuzz=False,
        errors=[fails("parts; got 0", t(6), 0), fails("parts; got 1099", t(6), 1 << 40)],
    ),
    moved(
        "unbind",
        lambda x, dim=0: [np.take(x, i, dim) for i in range(x.shape[dim])],
        [call(t(3, 2)), call(t(3, 2), 1), call(t(2, 3, 4), dim=-2), call(t(3))],
        same_errors=False,
        errors=[fails("0-d", t())],
    ),
]

CASES = [*JOINS, *SPLITS]
