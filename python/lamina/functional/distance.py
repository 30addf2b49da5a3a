"""Distances between vectors: beside each other, of all pairs, by angle."""

from __future__ import annotations

from lamina import _core
from lamina._core import Tensor
from lamina.functional.elementwise import clamp_min
from lamina.functional.shape import broadcast_tensors, triu_indices

__all__ = ["cdist", "cosine_similarity", "pairwise_distance", "pdist"]
__methods__: list[str] = []


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """Return the p-norms of x1 - x2 + eps over the last dimension."""
    return _core.norm(x1 - x2 + eps, p, -1, keepdim)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Return the cosine of the angle between vectors; norms count as eps at least."""
    if dim is None or not eps >= 0:
        raise ValueError(f"[cosine_similarity] expected a dim, and eps >= 0; got {dim} and {eps}")
    if x1.shape != x2.shape:
        x1, x2 = broadcast_tensors(x1, x2)
    units = [x / clamp_min(_core.norm(x, 2, dim, True), eps) for x in (x1, x2)]
    return (units[0] * units[1]).sum(dim)


def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str | None = None) -> Tensor:
    """Return the p-norm distances between the rows of two (stacks of) matrices."""
    if x1.ndim < 2 or x2.ndim < 2 or x1.size(-1) != x2.size(-1):
        raise ValueError(
            "[cdist] expected matrices with as many columns; "
            f"got shapes {tuple(x1.shape)} and {tuple(x2.shape)}"
        )
    apart = x1.unsqueeze(-2) - x2.unsqueeze(-3)
    return _core.norm(apart, p, dim=-1) if apart.size(-1) else apart.sum(-1)


def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """Return the p-norm distances between all pairs of rows: of the first and later ones, ..."""
    if input.ndim != 2:
        raise ValueError(f"[pdist] expected a matrix; got shape {tuple(input.shape)}")
    if p < 0:
        raise ValueError(f"[pdist] expected p of 0 or more; got {p}")
    first, second = triu_indices(input.size(0), input.size(0), 1)
    return _core.norm(input[first] - input[second], p, -1)
