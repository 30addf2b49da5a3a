"""Differences, extremes and covariances, made of sums and views."""

from __future__ import annotations

from typing import NamedTuple

from lamina import _core
from lamina._core import Tensor

__all__ = ["aminmax", "corrcoef", "cov", "diff", "nanmean", "trapezoid", "trapz"]
__methods__ = ["aminmax", "corrcoef", "cov", "diff", "nanmean"]


class _Extremes(NamedTuple):
    min: Tensor
    max: Tensor


def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> _Extremes:
    """Return the least and the largest elements."""
    return _Extremes(_core.amin(input, dim, keepdim), _core.amax(input, dim, keepdim))


def nanmean(
    input: Tensor, dim: int | tuple[int, ...] | None = None, keepdim: bool = False
) -> Tensor:
    """Return the mean of the elements that are not NaN."""
    counts = input.isnan().logical_not().sum(dim, keepdim)
    return _core.nansum(input, dim, keepdim) / counts


def diff(
    input: Tensor,
    n: int = 1,
    dim: int = -1,
    prepend: Tensor | None = None,
    append: Tensor | None = None,
) -> Tensor:
    """Return the n-th differences of neighbours along a dimension."""
    if n < 0:
        raise ValueError(f"[diff] expected n of 0 or more; got {n}")
    parts = [x for x in (prepend, input, append) if x is not None]
    result = _core.cat(parts, dim) if len(parts) > 1 else input
    for _ in range(n):
        size = result.size(dim)
        if size == 0:
            break
        after, before = result.narrow(dim, 1, size - 1), result.narrow(dim, 0, size - 1)
        result = after ^ before if result.dtype is _core.bool else after - before
    return result


def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: float = 1.0, dim: int = -1) -> Tensor:
    """Return the integral of y by the trapezoidal rule, at places x or dx from each other."""
    size = y.size(dim)
    if size == 0:
        return y.sum(dim)
    heights = (y.narrow(dim, 1, size - 1) + y.narrow(dim, 0, size - 1)) / 2
    if x is None:
        return heights.sum(dim) * dx
    widths = diff(x, dim=-1 if x.ndim == 1 else dim)
    if x.ndim == 1 and y.ndim > 1:
        widths = widths.reshape([-1 if d == dim % y.ndim else 1 for d in range(y.ndim)])
    return (heights * widths).sum(dim)


trapz = trapezoid


def cov(
    input: Tensor,
    *,
    correction: int = 1,
    fweights: Tensor | None = None,
    aweights: Tensor | None = None,
) -> Tensor:
    """Return the covariances of variables, which are rows; columns are observations."""
    if input.ndim > 2:
        raise ValueError(f"[cov] expected at most 2 dimensions; got {tuple(input.shape)}")
    rows = input.reshape(1, -1) if input.ndim < 2 else input
    weights = _core.ones(rows.size(1), dtype=rows.dtype)
    for given in (fweights, aweights):
        weights = weights if given is None else weights * given
    total = weights.sum()
    centred = rows - (rows * weights).sum(1, True) / total
    freedom = total - correction
    if aweights is not None:
        freedom = total - correction * (weights * aweights).sum() / total
    found = (centred * weights) @ centred.T / freedom.clamp(min=0)
    return found if input.ndim == 2 else found.reshape([])


def corrcoef(input: Tensor) -> Tensor:
    """Return the correlations of variables, which are rows; columns are observations."""
    covariances = cov(input)
    if not covariances.ndim:
        return covariances / covariances
    deviations = covariances.diagonal().sqrt()
    return (covariances / deviations.unsqueeze(1) / deviations).clamp(-1, 1)
