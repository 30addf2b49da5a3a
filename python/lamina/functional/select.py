"""Selecting, ranking and counting, made of sort, gather and scatter."""

from __future__ import annotations

import math

from lamina import _core
from lamina._core import Tensor
from lamina.functional.shape import atleast_1d, movedim, wrap_dim

__all__ = [
    "bincount",
    "histc",
    "isin",
    "msort",
    "nanquantile",
    "quantile",
    "take_along_dim",
    "unique",
    "unique_consecutive",
]
__methods__ = [name for name in __all__ if name != "isin"]


def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """Elements named by indices along a dimension; the other dimensions are broadcast."""
    if dim is None:
        return input.flatten().gather(0, indices.flatten())
    if input.dim() != indices.dim():
        raise ValueError(
            f"[take_along_dim] expected indices of as many dimensions as the input, "
            f"{input.dim()}; got {indices.dim()}"
        )
    dim = wrap_dim("take_along_dim", dim, input.dim())
    beside = [[*shape[:dim], 1, *shape[dim + 1 :]] for shape in (input.shape, indices.shape)]
    sizes = list(_core.broadcast_shapes(*beside))
    grown = [input.size(dim), indices.size(dim)]
    shapes = [[*sizes[:dim], size, *sizes[dim + 1 :]] for size in grown]
    return input.expand(shapes[0]).gather(dim, indices.expand(shapes[1]))


def msort(input: Tensor) -> Tensor:
    """The first dimension in ascending order."""
    ordered: Tensor = _core.sort(input, 0).values
    return ordered


def _between(ordered: Tensor, ranks: Tensor, interpolation: str) -> Tensor:
    """Values at fractional ranks of the last dimension."""
    below, above = ranks.floor(), ranks.ceil()
    if interpolation == "nearest":
        below = above = ranks.round()
    elif interpolation == "lower":
        above = below
    elif interpolation == "higher":
        below = above
    low = take_along_dim(ordered, below.long(), -1)
    if below is above:
        return low
    weight = ranks - below if interpolation == "linear" else 0.5 * (above - below)
    return low + (take_along_dim(ordered, above.long(), -1) - low) * weight.to(ordered.dtype)


def _check_quantile(name: str, input: Tensor, q: Tensor, interpolation: str) -> None:
    modes = ("linear", "lower", "higher", "midpoint", "nearest")
    if interpolation not in modes:
        raise ValueError(
            f"[{name}] expected interpolation to be one of {modes}; got {interpolation!r}"
        )
    if q.dim() > 1 or not bool(((q >= 0) & (q <= 1)).all()):
        raise ValueError(f"[{name}] expected q as a number or a vector from 0 to 1; got {q}")
    if not input.is_floating_point():
        raise TypeError(f"[{name}] expected a floating tensor; got {input.dtype}")


def _quantile(
    name: str,
    input: Tensor,
    q: float | Tensor,
    dim: int | None,
    keepdim: bool,
    interpolation: str,
) -> Tensor:
    at = q.to(_core.float64) if isinstance(q, Tensor) else _core.tensor(q, dtype=_core.float64)
    _check_quantile(name, input, at, interpolation)
    rows = input.reshape(-1) if dim is None else movedim(atleast_1d(input), dim, -1)
    if rows.size(-1) == 0:
        raise ValueError(f"[{name}] expected elements to rank; got shape {input.shape}")
    ordered = _core.sort(rows, -1).values
    missing = (ordered != ordered).sum(-1, keepdim=True)
    numbers = ordered.size(-1) - missing
    last = numbers - 1 if name == "nanquantile" else missing * 0 + ordered.size(-1) - 1
    ranks = at.reshape(-1) * last
    found = movedim(_between(ordered, _core.where(ranks < 0, 0.0, ranks), interpolation), -1, 0)
    if name == "quantile":
        found = _core.where(movedim(missing, -1, 0) > 0, math.nan, found)
    if keepdim:
        kept = [1] * input.dim() if dim is None else [*input.shape]
        if dim is not None and kept:
            kept[dim] = 1
        found = found.reshape([-1, *kept])
    return found if at.dim() else found[0]


def quantile(
    input: Tensor,
    q: float | Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Tensor:
    """The values below which fractions q of the elements lie; NaN where one element is."""
    return _quantile("quantile", input, q, dim, keepdim, interpolation)


def nanquantile(
    input: Tensor,
    q: float | Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Tensor:
    """The same as `quantile` of what is not NaN."""
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation)


def _order_of_rows(rows: Tensor) -> Tensor:
    """The order of a matrix's rows by their first column, then the second, and so on."""
    order = _core.arange(rows.size(0))
    for column in reversed(rows.unbind(1)):
        order = order[_core.argsort(column[order])]
    return order


def _distinct(
    input: Tensor, dim: int | None, arrange: bool, return_inverse: bool, return_counts: bool
) -> Tensor | tuple[Tensor, ...]:
    """The first of each run of equal elements (slices, if dim is given), sorted before or not."""
    rows = input.reshape(-1) if dim is None else movedim(input, dim, 0)
    flat = rows if dim is None else rows.reshape([rows.size(0), -1])
    order = _core.arange(rows.size(0))
    if arrange:
        order = _core.argsort(flat) if dim is None else _order_of_rows(flat)
        flat = flat.index_select(0, order)
    changed = flat[1:] != flat[:-1]
    if dim is not None:
        changed = changed.any(1)
    first = _core.ones([min(1, rows.size(0))], dtype=_core.bool)
    starts = _core.cat([first, changed])
    positions = starts.nonzero().reshape(-1)
    values = rows.index_select(0, order.index_select(0, positions))
    results = [values if dim is None else movedim(values, 0, dim)]
    if return_inverse:
        inverse = _core.zeros([rows.size(0)], dtype=_core.int64)
        inverse.scatter_(0, order, starts.cumsum(0) - 1)
        results.append(inverse.reshape(input.shape) if dim is None else inverse)
    if return_counts:
        ends = _core.cat([positions[1:], _core.tensor([rows.size(0)])])
        results.append(ends[: positions.size(0)] - positions)
    return tuple(results) if len(results) > 1 else results[0]


def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Tensor | tuple[Tensor, ...]:
    """The distinct elements in ascending order, whatever `sorted` says; or slices along dim."""
    return _distinct(input.detach(), dim, True, return_inverse, return_counts)


def unique_consecutive(
    input: Tensor,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Tensor | tuple[Tensor, ...]:
    """The elements without those that equal the one before."""
    return _distinct(input.detach(), dim, False, return_inverse, return_counts)


def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each number from 0 occurs, or the sum of the weights that stand beside it."""
    if input.dim() != 1 or input.is_floating_point():
        raise ValueError(
            f"[bincount] expected a vector of integers; got {input.dtype} of shape {input.shape}"
        )
    if minlength < 0:
        raise ValueError(f"[bincount] expected minlength of 0 or more; got {minlength}")
    if weights is not None and weights.shape != input.shape:
        raise ValueError(f"[bincount] expected weights of shape {input.shape}; got {weights.shape}")
    places = input.long()
    if places.numel() and int(places.min()) < 0:
        raise ValueError(f"[bincount] expected integers of 0 or more; got {int(places.min())}")
    length = max(minlength, int(places.max()) + 1 if places.numel() else 0)
    if weights is None:
        weights = _core.ones([1], dtype=_core.int64).expand(input.shape)
    elif weights.dtype != _core.float32:
        weights = weights.to(_core.float64)
    return _core.zeros([length], dtype=weights.dtype).scatter_add(0, places, weights)


def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """Counts in bins of equal width from min to max, or to the extremes of the elements."""
    if bins <= 0:
        raise ValueError(f"[histc] expected a number of bins above 0; got {bins}")
    values = input.detach().flatten()
    low, high = float(min), float(max)
    if low == high and values.numel():
        low, high = float(values.min()), float(values.max())
    if low == high:
        low, high = low - 1, high + 1
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"[histc] expected a finite range, min below max; got {low} and {high}")
    inside = values[(values >= low) & (values <= high)]
    places = ((inside - low) * (bins / (high - low))).long()
    counts = bincount(_core.where(places == bins, bins - 1, places), minlength=bins)
    return counts.to(input.dtype)


def isin(
    elements: Tensor | float,
    test_elements: Tensor | float,
    *,
    assume_unique: bool = False,
    invert: bool = False,
) -> Tensor:
    """Whether each element is among the test elements."""
    wanted = elements if isinstance(elements, Tensor) else _core.tensor(elements)
    known = test_elements if isinstance(test_elements, Tensor) else _core.tensor(test_elements)
    ordered = _core.sort(known.detach().flatten()).values
    if not ordered.numel():
        found = _core.zeros(wanted.shape, dtype=_core.bool)
    else:
        at = _core.searchsorted(ordered, wanted)
        found = ordered[_core.where(at == ordered.numel(), 0, at)] == wanted
    return ~found if invert else found
