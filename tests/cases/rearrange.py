"""The elements of a tensor in another order, repeated, in triangles, with others around them."""

import numpy as np

from cases import ALL, FLOATS, OpCase, call, fails, t, values


def moved(name, ref, samples, **more):
    settings = {"dtypes": ALL, "grad": True, "gradgrad": True} | more
    return OpCase(name, ref, samples, **settings)


def joined(name, ref, samples, **more):
    """Functions of a list of tensors."""
    return moved(name, ref, samples, method=False, **more)


def torch_repeat(x, *counts):
    return np.tile(x, counts[0] if isinstance(counts[0], (tuple, list)) else counts)


def interleaved(x, repeats, dim=None, output_size=None):
    return np.repeat(x, repeats, dim)


def unfolded(x, dimension, size, step):
    if not x.ndim:
        return x.reshape(1)[:size]
    windows = np.lib.stride_tricks.sliding_window_view(x, size, dimension)
    at = [slice(None)] * x.ndim
    at[dimension] = slice(None, None, step)
    return windows[tuple(at)]


AT_LEAST = [call(t(*shape)) for shape in [(), (3,), (0,), (2, 3), (2, 0, 3), (2, 3, 1, 2)]]

ORDERS = [
    moved(
        "flip",
        np.flip,
        [call(t(3, 4), [0]), call(t(3, 4), (0, 1)), call(t(2, 3, 4), [-1, 0]), call(t(0, 3), [1])],
        same_errors=False,
        large=[call(t(300, 1000), [1])],
        errors=[fails("dimension.*got 2", t(3, 4), [2], error=IndexError)],
    ),
    moved("fliplr", np.fliplr, [call(t(3, 4)), call(t(2, 3, 4))], errors=[fails("two dim", t(3))]),
    moved("flipud", np.flipud, [call(t(3, 4)), call(t(3))], errors=[fails("one dim", t())]),
    moved(
        "roll",
        lambda x, shifts, dims=None: np.roll(x, shifts, dims),
        [
            call(t(3, 4), 1),
            call(t(3, 4), -1, 0),
            call(t(3, 4), (1, 6), (0, 1)),
            call(t(2, 0), 1, 0),
            call(t(5), shifts=-7, dims=0),
        ],
        fuzz=False,
    ),
    moved(
        "rot90",
        lambda x, k=1, dims=(0, 1): np.rot90(x, k, dims),
        [call(t(3, 4)), call(t(3, 4), 2), call(t(3, 4), -1), call(t(2, 3, 4), 5, [1, 2])],
        fuzz=False,
    ),
    moved(
        "repeat",
        torch_repeat,
        [
            call(t(2, 3), 2, 1),
            call(t(2, 3), 2, 1, 3),
            call(t(3), (2, 2)),
            call(t(), 3),
            call(t(2, 3), 0, 1),
        ],
        function=False,
        fuzz=False,
    ),
    moved(
        "tile",
        np.tile,
        [call(t(2, 3), (2,)), call(t(2, 3), (2, 2)), call(t(3), (2, 1, 2)), call(t(), (2,))],
        fuzz=False,
    ),
    moved(
        "repeat_interleave",
        interleaved,
        [
            call(t(2, 3), 2),
            call(t(2, 3), 2, 1),
            call(t(2, 3), values([1, 0, 2], "int64"), dim=1),
            call(t(3), values([2], "int64"), dim=0),
            call(t(2, 3), 3, dim=-1),
            call(t(2, 3), 0, 0),
        ],
        fuzz=False,
        errors=[fails("0 or more; got -1", t(3), -1)],
    ),
    moved(
        "movedim",
        np.moveaxis,
        [call(t(2, 3, 4), 0, 2), call(t(2, 3, 4), (0, 1), (-1, 0)), call(t(2, 3), -1, 0)],
        aliases=("moveaxis",),
        fuzz=False,
    ),
    moved(
        "swapaxes",
        np.swapaxes,
        [call(t(2, 3, 4), 0, 2), call(t(2, 3), -1, 0)],
        aliases=("swapdims",),
    ),
    moved(
        "unfold",
        unfolded,
        [
            call(t(7), 0, 3, 2),
            call(t(3, 5), 1, 2, 1),
            call(t(5, 2), 0, 5, 1),
            call(t(2, 6), -1, 2, 3),
        ],
        function=False,
        fuzz=False,
        layouts=("contiguous", "transposed", "strided"),
        errors=[fails("at most 3 .* got 4", t(3), 0, 4, 1)],
    ),
    joined("atleast_1d", np.atleast_1d, AT_LEAST),
    joined("atleast_2d", np.atleast_2d, AT_LEAST),
    joined("atleast_3d", np.atleast_3d, AT_LEAST),
    joined(
        "broadcast_tensors",
        np.broadcast_arrays,
        [call(t(3, 1), t(4)), call(t(), t(2))],
    ),
    joined(
        "meshgrid",
        lambda *x, indexing="ij": np.meshgrid(*x, indexing=indexing),
        [
            call(t(2), t(3), indexing="ij"),
            call(t(2), t(3), t(4), indexing="xy"),
            call(t(2), indexing="ij"),
        ],
        fuzz=False,
        errors=[fails("'ij' or 'xy'; got 'no'", t(2), indexing="no")],
    ),
]


def embedded(x, offset=0, dim1=-2, dim2=-1):
    side = x.shape[-1] + abs(offset)
    out = np.zeros((*x.shape[:-1], side, side), x.dtype)
    at = np.arange(x.shape[-1])
    out[..., at + max(0, -offset), at + max(0, offset)] = x
    return np.moveaxis(out, (-2, -1), (dim1, dim2))


def padded(x, amounts, mode="constant", value=0):
    pairs = [amounts[i : i + 2] for i in range(0, len(amounts), 2)]
    width = [(0, 0)] * (x.ndim - len(pairs)) + [tuple(p) for p in reversed(pairs)]
    crop = tuple(
        slice(max(0, -a), n - max(0, -b)) for (a, b), n in zip(width, x.shape, strict=True)
    )
    grow = [(max(0, a), max(0, b)) for a, b in width]
    if mode == "constant":
        return np.pad(x[crop], grow, constant_values=value or 0)
    return np.pad(x[crop], grow, {"replicate": "edge", "circular": "wrap"}.get(mode, mode))


MATRICES = [
    moved(
        "tril",
        lambda x, diagonal=0: np.tril(x, diagonal),
        [call(t(3, 4)), call(t(3, 4), 1), call(t(2, 4, 3), diagonal=-1), call(t(0, 3))],
        same_errors=False,
        inplace=True,
        errors=[fails(r"two dimensions; got shape \(3,\)", t(3))],
    ),
    moved(
        "triu",
        lambda x, diagonal=0: np.triu(x, diagonal),
        [call(t(3, 4)), call(t(3, 4), 1), call(t(2, 4, 3), diagonal=-1)],
        same_errors=False,
        inplace=True,
        errors=[fails(r"two dimensions; got shape \(3,\)", t(3))],
    ),
    moved(
        "diag",
        np.diag,
        [call(t(3)), call(t(3), 1), call(t(3, 4), -1), call(t(3, 4), 3)],
        fuzz=False,
        errors=[fails("vector or a matrix", t(1, 1, 1))],
    ),
    moved("diagflat", np.diagflat, [call(t(2, 2)), call(t(2), 1)], fuzz=False),
    moved(
        "diag_embed",
        embedded,
        [call(t(3)), call(t(2, 3), 1), call(t(2, 3), -1, 0, 2), call(t(2, 3), dim1=1, dim2=0)],
        fuzz=False,
        torch_tol=1,
    ),
    OpCase(
        "tril_indices",
        lambda row, col, offset=0: np.stack(np.tril_indices(row, offset, col)),
        [call(3, 4), call(4, 3, 1), call(2, 2, offset=-1)],
        dtypes=("float32",),
        layouts=("contiguous",),
        method=False,
        fuzz=False,
    ),
    OpCase(
        "triu_indices",
        lambda row, col, offset=0: np.stack(np.triu_indices(row, offset, col)),
        [call(3, 4), call(4, 3, 1), call(2, 2, offset=-1)],
        dtypes=("float32",),
        layouts=("contiguous",),
        method=False,
        fuzz=False,
    ),
    moved(
        "pad",
        padded,
        [
            call(t(2, 3), (1, 2)),
            call(t(2, 3), (1, 0, 2, 1), "constant", 5),
            call(t(2, 3), (-1, 2)),
            call(t(2, 5), (-1, -2, 1, 0)),
            call(t(1, 2, 5), (2, 1), mode="reflect"),
            call(t(1, 2, 4, 5), (2, 1, 1, 3), mode="reflect"),
            call(t(1, 2, 4, 5), (6, 1, 1, 3), mode="replicate"),
            call(t(1, 2, 5), (2, 5), mode="circular"),
            call(t(1, 2, 5), (-1, 2), mode="replicate"),
            call(t(1, 2, 5), (-1, 2), mode="circular"),
            call(t(1, 2, 3, 4, 3), (1, 1, 2, 0, 1, 1), mode="reflect"),
        ],
        dtypes=FLOATS,
        method=False,
        fuzz=False,
        torch="nn.functional.pad",
        errors=[
            fails("constant, reflect, replicate or circular; got x", t(3), (1, 1), mode="x"),
            fails("at most 2 .* got 3 and 0", t(1, 1, 3), (3, 0), mode="reflect"),
            fails(r"got \(1,\)", t(3), (1,)),
            fails("crop", t(3), (-4, 2)),
            fails("after channels", t(1, 2, 3, 3), (1, 1), mode="reflect"),
            fails("constant only; got reflect", t(1, 1, 3), (1, 1), "reflect", 2.0),
        ],
    ),
]

CASES = [*ORDERS, *MATRICES]
