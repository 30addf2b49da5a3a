"""Formulas of normalized weights, for parametrizations and for the older hooks."""

from __future__ import annotations

from lamina._core import Tensor
from lamina.autograd import no_grad


def norm_except_dim(v: Tensor, dim: int | None) -> Tensor:
    """Return the norm over all dimensions but one; over all if that is None or -1."""
    if dim is None or dim == -1:
        return v.norm()
    return v.norm(dim=[d for d in range(v.ndim) if d != dim], keepdim=True)


def weight_of(g: Tensor, v: Tensor, dim: int | None) -> Tensor:
    """Return `g * v / |v|`."""
    return v * (g / norm_except_dim(v, dim))


def unit(x: Tensor, eps: float) -> Tensor:
    """Return a vector of length 1."""
    return x / x.norm().clamp_min(eps)


def as_matrix(weight: Tensor, dim: int) -> Tensor:
    """Put `dim` first, and all others into one."""
    return weight.movedim(dim, 0).flatten(1)


@no_grad()
def power_iteration_(matrix: Tensor, u: Tensor, v: Tensor, times: int, eps: float) -> None:
    """Turn `u` and `v` towards the singular vectors of the largest singular value."""
    for _ in range(times):
        u.copy_(unit(matrix @ v, eps))
        v.copy_(unit(matrix.T @ u, eps))


def largest_singular_value(matrix: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """Return `u @ matrix @ v`; the copies stay as they are when the vectors turn further."""
    return u.clone() @ (matrix @ v.clone())
