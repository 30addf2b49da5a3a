"""Shapes and views; copies and conversions: copy.py."""

import numpy as np

from cases import ALL, OpCase, call, fails, t


def moved(name, ref, samples, **more):
    """Ops that change no value: exact in every dtype, differentiable any number of times."""
    settings = {"dtypes": ALL, "grad": True, "gradgrad": True} | more
    return OpCase(name, ref, samples, **settings)


def shaped(x, *sizes):
    sizes = np.atleast_1d(sizes[0] if len(sizes) == 1 else sizes).astype(int)
    if (sizes < -1).any():
        raise ValueError  # NumPy takes them where nothing is to be placed
    return np.reshape(x, sizes)


def expanded(x, *sizes):
    sizes = list(sizes[0] if isinstance(sizes[0], (tuple, list)) else sizes)
    kept = len(sizes) - x.ndim
    for at, size in enumerate(sizes):
        sizes[at] = x.shape[at - kept] if size == -1 and at >= kept else size
    return np.broadcast_to(x, sizes)


def flattened(x, start_dim=0, end_dim=-1):
    if x.ndim == 0:
        return x.reshape(1)
    first, last = (dim % x.ndim for dim in (start_dim, end_dim))
    middle = int(np.prod(x.shape[first : last + 1]))
    return x.reshape(*x.shape[:first], middle, *x.shape[last + 1 :])


def unflattened(x, dim, sizes):
    dim %= x.ndim
    return x.reshape(*x.shape[:dim], *sizes, *x.shape[dim + 1 :])


def squeezed(x, dim=None):
    if dim is None:
        return np.squeeze(x)
    dims = [range(max(x.ndim, 1))[d] for d in np.atleast_1d(dim).astype(int)]
    if len(set(dims)) < len(dims):
        raise ValueError
    return np.squeeze(x, tuple(d for d in dims if x.ndim and x.shape[d] == 1))


def narrowed(x, dim, start, length):
    first = start + x.shape[dim] if start < 0 else start
    return np.take(x, range(first, first + length), dim)


def windowed(x, size, stride, offset=0):
    steps = [step * x.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(x.reshape(-1)[offset:], size, steps)


BAD_DIM = fails("2", t(2, 3), 2, error=IndexError)

SHAPES = [
    moved(
        "reshape",
        shaped,
        [
            call(t(2, 3, 4), (6, 4)),
            call(t(2, 3, 4), (4, -1)),
            call(t(1), ()),
            call(t(), (1, 1)),
            call(t(0, 3), (3, 0)),
            call(t(0, 3), (0, 5)),
        ],
        errors=[
            fails(r"\(4, 2\).*|6", t(2, 3), (4, 2)),
            fails("-1", t(2, 3), (-1, -1)),
            fails("-1", t(0, 3), (0, -1)),
            fails("-2", t(2, 3), (-2, 3)),
        ],
    ),
    moved(
        "view",
        shaped,
        [call(t(2, 3, 4), (6, 4)), call(t(2, 3), 3, 2), call(t(), (1,)), call(t(0, 3), (3, 0, 1))],
        function=False,
        layouts=("contiguous",),
        errors=[fails("6|4", t(2, 3), (4, 2))],
    ),
    moved(
        "flatten",
        flattened,
        [call(t(2, 3, 4)), call(t()), call(t(2, 3, 4), 1), call(t(2, 0, 4), 0, 1), call(t(5), 0)],
        aliases=("ravel",),
        errors=[fails("start_dim", t(2, 3), 1, 0), BAD_DIM],
        same_errors=False,  # the reference wraps every dim
    ),
    moved(
        "unflatten",
        unflattened,
        [call(t(6, 2), 0, (2, 3)), call(t(4, 6), -1, (3, -1)), call(t(0, 2), 0, (0, 4))],
        errors=[fails("6|4", t(6), 0, (4, 2))],
        same_errors=False,  # the reference wraps every dim
    ),
    moved(
        "squeeze",
        squeezed,
        [
            call(t(1, 3, 1)),
            call(t()),
            call(t(1, 3, 1), 0),
            call(t(1, 3, 1), 1),
            call(t(1, 3, 1), (0, -1)),
            call(t(1, 0), -2),
        ],
        errors=[BAD_DIM],
    ),
    moved(
        "unsqueeze",
        np.expand_dims,
        [call(t(), 0), call(t(3), -1), call(t(2, 3), 1), call(t(0, 3), -3)],
        errors=[fails("3", t(2, 3), 3, error=IndexError)],
    ),
    moved(
        "transpose",
        np.swapaxes,
        [call(t(2, 3), 0, 1), call(t(2, 3, 4), -1, 0), call(t(0, 3), 0, 1), call(t(3), 0, 0)],
        errors=[fails("2", t(2, 3), 0, 2, error=IndexError)],
    ),
    moved(
        "permute",
        np.transpose,
        [call(t(2, 3, 4), (2, 0, 1)), call(t(2, 3), (-1, 0)), call(t(), ()), call(t(0, 2), (1, 0))],
        errors=[
            fails("each dimension once", t(2, 3), (0, 0)),
            fails("order of 2", t(2, 3), (0,)),
            fails("5", t(2, 3), (0, 5), error=IndexError),
        ],
    ),
    moved(
        "t",
        np.transpose,
        [call(t(2, 3)), call(t(3)), call(t()), call(t(0, 2))],
        errors=[fails("at most two", t(2, 3, 4))],
        same_errors=False,  # NumPy transposes any number of dimensions
    ),
    moved(
        "expand",
        expanded,
        [
            call(t(3, 1), 3, 4),
            call(t(3, 1), (2, -1, 4)),
            call(t(), 2, 3),
            call(t(1), (0,)),
            call(t(0, 1), -1, 3),
        ],
        function=False,
        errors=[fails(r"\(3,\).*\(4,\)", t(3), 4), fails("-1", t(3), -1, 3)],
    ),
    moved(
        "broadcast_to",
        np.broadcast_to,
        [call(t(3, 1), (2, 3, 4)), call(t(), (2,)), call(t(1), (0,))],
        errors=[fails(r"\(3,\).*\(4,\)", t(3), (4,))],
    ),
]

PARTS = [
    moved(
        "narrow",
        narrowed,
        [
            call(t(5, 3), 0, 1, 3),
            call(t(5, 3), -1, 0, 0),
            call(t(5), 0, -2, 2),
            call(t(5), 0, 5, 0),
        ],
        errors=[
            fails("size 5; got start 3 and length 3", t(5), 0, 3, 3, error=IndexError),
            fails("length -1", t(5), 0, 0, -1, error=IndexError),
        ],
        same_errors=False,  # np.take wraps or refuses in its own way
    ),
    moved(
        "diagonal",
        lambda x, offset=0, dim1=0, dim2=1: np.diagonal(x, offset, dim1, dim2),
        [
            call(t(3, 3)),
            call(t(3, 4), 1),
            call(t(4, 3), -2),
            call(t(3, 4), 9),
            call(t(2, 3, 4), 0, -1, 0),
            call(t(0, 3)),
        ],
        errors=[
            fails(r"different dimensions.*\(2, 3\)", t(2, 3), 0, 1, 1),
            fails("5", t(2, 3), 0, 5, 1, error=IndexError),
        ],
    ),
    moved(
        "as_strided",
        windowed,
        [call(t(12), (3, 2), (4, 1), 2), call(t(5), (2, 3), (0, 2)), call(t(3), (), (), 1)],
        layouts=("contiguous",),  # strides are those of the memory
        errors=[
            fails("inside 5 elements", t(5), (6,), (1,)),
            fails("as many strides", t(5), (2, 2), (1,)),
        ],
        fuzz=False,  # the reference reads any memory
    ),
    moved(
        "select",
        lambda x, dim, index: np.take(x, index, dim),
        [call(t(5, 3), 0, 1), call(t(5, 3), -1, -3), call(t(2, 0, 3), 0, 1), call(t(4), 0, 3)],
        errors=[fails("index 5.*size 5", t(5), 0, 5, error=IndexError)],
        torch="select",
        same_errors=False,  # NumPy takes from a 0-d array
    ),
]


def attribute(name, ref, samples, **more):
    return moved(name, ref, samples, fn=lambda x: getattr(x, name), method=False, **more)


ATTRIBUTES = [
    attribute("T", np.transpose, [call(t(2, 3)), call(t(0, 2))], torch=lambda x: x.t()),
    attribute("mT", lambda x: np.swapaxes(x, -1, -2), [call(t(2, 3)), call(t(4, 2, 3))]),
]

CASES = [*SHAPES, *PARTS, *ATTRIBUTES]
