"""Joining, splitting and rearranging, made of views, cat and index_select."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamina import _core
from lamina._core import Tensor

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "block_diag",
    "broadcast_tensors",
    "cartesian_prod",
    "column_stack",
    "diag",
    "diagflat",
    "dstack",
    "fliplr",
    "flipud",
    "hstack",
    "meshgrid",
    "moveaxis",
    "movedim",
    "repeat_interleave",
    "rot90",
    "row_stack",
    "swapaxes",
    "swapdims",
    "tensor_split",
    "tile",
    "tril_indices",
    "triu_indices",
    "vstack",
]
__methods__ = ["diag", "diagflat", "fliplr", "flipud", "moveaxis", "movedim", "repeat_interleave"]
__methods__ += ["rot90", "swapaxes", "swapdims", "tensor_split", "tile"]

Dims = int | Sequence[int]


def _as_tuple(dims: Dims) -> tuple[int, ...]:
    return (dims,) if isinstance(dims, int) else tuple(dims)


def wrap_dim(name: str, dim: int, count: int) -> int:
    """The dimension counted from the front, of `count`."""
    if not -count <= dim < count:
        raise IndexError(f"[{name}] expected a dimension in [{-count}, {count - 1}]; got {dim}")
    return dim % count


def atleast_1d(input: Tensor) -> Tensor:
    """The tensor with one dimension, if it had none."""
    return input.reshape(1) if input.dim() == 0 else input


def atleast_2d(input: Tensor) -> Tensor:
    """The tensor with two dimensions at least; new ones stand in front."""
    return input if input.dim() >= 2 else atleast_1d(input).unsqueeze(0)


def atleast_3d(input: Tensor) -> Tensor:
    """The tensor with three dimensions at least; a vector becomes the middle one."""
    return input if input.dim() >= 3 else atleast_2d(input).unsqueeze(-1)


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors side by side: along the second dimension, or the only one."""
    parts = [atleast_1d(tensor) for tensor in tensors]
    return _core.cat(parts, 0 if parts and parts[0].dim() == 1 else 1)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors as rows, one below the other."""
    return _core.cat([atleast_2d(tensor) for tensor in tensors], 0)


row_stack = vstack


def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors along the third dimension."""
    return _core.cat([atleast_3d(tensor) for tensor in tensors], 2)


def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Vectors as the columns of a matrix; matrices side by side."""
    return hstack([t.reshape(-1, 1) if t.dim() < 2 else t for t in tensors])


# Far more than anybody splits into; a wrong number must not fill the memory with empty views.
_MOST_PARTS = 1 << 20


def tensor_split(
    input: Tensor, indices_or_sections: int | Sequence[int] | Tensor, dim: int = 0
) -> tuple[Tensor, ...]:
    """Views of parts: so many of nearly equal size, or cut before the given indices."""
    size = input.size(dim)
    if isinstance(indices_or_sections, Tensor):
        indices_or_sections = indices_or_sections.tolist()
    if isinstance(indices_or_sections, int):
        count = indices_or_sections
        if not 0 < count <= _MOST_PARTS:
            message = f"[tensor_split] expected between 1 and {_MOST_PARTS} parts; got {count}"
            raise ValueError(message)
        cuts = [i * (size // count) + min(i, size % count) for i in range(1, count)]
    else:
        cuts = [slice(i).indices(size)[1] for i in indices_or_sections]
    starts, stops = [0, *cuts], [*cuts, size]
    lengths = [max(0, stop - start) for start, stop in zip(starts, stops, strict=True)]
    return tuple(
        input.narrow(dim, start, length) for start, length in zip(starts, lengths, strict=True)
    )


def movedim(input: Tensor, source: Dims, destination: Dims) -> Tensor:
    """A view with dimensions moved to other places; the others keep their order."""
    count = input.dim()
    moved, places = _as_tuple(source), _as_tuple(destination)
    if len(moved) != len(places):
        raise ValueError(
            f"[movedim] expected as many sources as destinations; got {moved} and {places}"
        )
    moved = tuple(wrap_dim("movedim", dim, count) for dim in moved)
    places = tuple(wrap_dim("movedim", dim, count) for dim in places)
    if len({*moved}) != len(moved) or len({*places}) != len(places):
        raise ValueError(f"[movedim] expected each dimension once; got {source} and {destination}")
    order = [dim for dim in range(count) if dim not in moved]
    for place, dim in sorted(zip(places, moved, strict=True)):
        order.insert(place, dim)
    return input.permute(order)


moveaxis = movedim
swapaxes = swapdims = _core.transpose


def fliplr(input: Tensor) -> Tensor:
    """The second dimension in reversed order."""
    if input.dim() < 2:
        raise ValueError(f"[fliplr] expected two dimensions at least; got shape {input.shape}")
    return _core.flip(input, 1)


def flipud(input: Tensor) -> Tensor:
    """The first dimension in reversed order."""
    if input.dim() < 1:
        raise ValueError(f"[flipud] expected one dimension at least; got shape {input.shape}")
    return _core.flip(input, 0)


def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """A plane turned k times by 90 degrees, from the first of two dimensions to the second."""
    if len(dims) != 2 or input.dim() < 2:
        raise ValueError(f"[rot90] expected two dimensions of a plane; got {tuple(dims)}")
    first, second = dims
    turns = k % 4
    if turns == 0:
        return input.clone()
    if turns == 2:
        return _core.flip(input, (first, second))
    if turns == 1:
        return _core.flip(input, second).transpose(first, second)
    return _core.flip(input, first).transpose(first, second)


def tile(input: Tensor, *dims: int | Sequence[int]) -> Tensor:
    """Copies laid side by side; missing counts are 1, in front."""
    first = dims[0] if dims else ()
    counts = list(_as_tuple(first)) + [count for count in dims[1:] if isinstance(count, int)]
    return input.repeat([1] * (input.dim() - len(counts)) + counts)


def repeat_interleave(
    input: Tensor,
    repeats: int | Tensor,
    dim: int | None = None,
    *,
    output_size: int | None = None,
) -> Tensor:
    """Each element repeated in place, all equally often or each as `repeats` says."""
    if dim is None:
        input, dim = input.flatten(), 0
    input = atleast_1d(input)
    dim = wrap_dim("repeat_interleave", dim, input.dim())
    size = input.size(dim)
    if isinstance(repeats, int):
        if repeats < 0:
            raise ValueError(f"[repeat_interleave] expected repeats of 0 or more; got {repeats}")
        sizes = list(input.shape)
        spread = input.unsqueeze(dim + 1).expand([*sizes[: dim + 1], repeats, *sizes[dim + 1 :]])
        sizes[dim] *= repeats
        return spread.reshape(sizes)
    if repeats.is_floating_point():
        raise TypeError(f"[repeat_interleave] expected repeats as integers; got {repeats.dtype}")
    counts = repeats.expand([size])
    if size and int(counts.min()) < 0:
        raise ValueError("[repeat_interleave] expected repeats of 0 or more; got a negative one")
    ends = counts.cumsum(0)
    total = output_size if output_size is not None else int(ends[-1]) if size else 0
    return input.index_select(dim, _core.bucketize(_core.arange(total), ends, right=True))


def meshgrid(*tensors: Tensor | Sequence[Tensor], indexing: str = "ij") -> tuple[Tensor, ...]:
    """One grid for each vector, of the shape of them all; "xy" swaps the first two dimensions."""
    if indexing not in ("ij", "xy"):
        raise ValueError(f"[meshgrid] expected indexing to be 'ij' or 'xy'; got {indexing!r}")
    single = tensors[0] if len(tensors) == 1 else None
    given: Any = single if isinstance(single, (list, tuple)) else tensors
    vectors: list[Tensor] = [atleast_1d(vector) for vector in given]
    if any(vector.dim() > 1 for vector in vectors):
        raise ValueError("[meshgrid] expected tensors of at most one dimension; got more")
    swap = indexing == "xy" and len(vectors) > 1
    if swap:
        vectors[:2] = reversed(vectors[:2])
    sizes = [vector.size(0) for vector in vectors]
    grids = [
        vector.reshape([-1 if d == place else 1 for d in range(len(sizes))]).expand(sizes)
        for place, vector in enumerate(vectors)
    ]
    if swap:
        grids[:2] = reversed(grids[:2])
    return tuple(grids)


def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """All tensors expanded to their common shape."""
    sizes = _core.broadcast_shapes(*(tensor.shape for tensor in tensors))
    return tuple(tensor.expand(sizes) for tensor in tensors)


def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """The diagonal of a matrix, or the matrix that has a vector as its diagonal."""
    if input.dim() == 1:
        return input.diag_embed(diagonal)
    if input.dim() == 2:
        return input.diagonal(diagonal).clone()
    raise ValueError(f"[diag] expected a vector or a matrix; got shape {input.shape}")


def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """The matrix that has all elements, flattened, as its diagonal."""
    return input.flatten().diag_embed(offset)


def block_diag(*tensors: Tensor) -> Tensor:
    """Matrices along the diagonal of a larger one, zeros around them."""
    blocks = [atleast_2d(tensor) for tensor in tensors]
    width = sum(block.size(1) for block in blocks)
    rows, before = [], 0
    for block in blocks:
        rows.append(_core.pad(block, (before, width - before - block.size(1))))
        before += block.size(1)
    return _core.cat(rows, 0)


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """Every combination of one element from each vector, as rows."""
    if len(tensors) == 1:
        return tensors[0].flatten()
    return _core.stack([grid.flatten() for grid in meshgrid(*tensors)], 1)


def _triangle(row: int, col: int, offset: int, lower: bool) -> Tensor:
    ones = _core.ones([row, col], dtype=_core.bool)
    kept = _core.tril(ones, offset) if lower else _core.triu(ones, offset)
    positions: Tensor = kept.nonzero()
    return positions.t()


def tril_indices(row: int, col: int, offset: int = 0) -> Tensor:
    """Rows and columns of what lies on and below a diagonal, as the two rows of a matrix."""
    return _triangle(row, col, offset, lower=True)


def triu_indices(row: int, col: int, offset: int = 0) -> Tensor:
    """Rows and columns of what lies on and above a diagonal, as the two rows of a matrix."""
    return _triangle(row, col, offset, lower=False)
