"""Losses that compare inputs with each other: ranks, pairs, triplets."""

from __future__ import annotations

from collections.abc import Callable

from lamina import _core
from lamina._core import Tensor, _nn
from lamina.functional.distance import pairwise_distance
from lamina.functional.elementwise import clamp_min
from lamina.nn.functional._reduction import check_floating, legacy, reduced

__all__ = [
    "cosine_embedding_loss",
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return max(0, margin - target (input1 - input2)) for targets of 1 and -1."""
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    if not input1.ndim == input2.ndim == target.ndim:
        raise ValueError(
            "[margin_ranking_loss] expected inputs and target of as many dimensions; got shapes "
            f"{tuple(input1.shape)}, {tuple(input2.shape)} and {tuple(target.shape)}"
        )
    losses = clamp_min(margin - target * (input1 - input2), 0)
    return reduced("margin_ranking_loss", losses, reduction)


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return the input where the target is 1, and max(0, margin - input) where it is -1."""
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    check_floating("hinge_embedding_loss", input)
    return _nn.hinge_embedding_loss(input, target, reduction, margin)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return 1 - cos where the target is 1, and max(0, cos - margin) where it is -1.

    cos is that of the angle between the inputs, both (N, D) or (D).
    """
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    if target.ndim not in (0, 1) or not input1.ndim == input2.ndim == target.ndim + 1:
        raise ValueError(
            "[cosine_embedding_loss] expected inputs (N, D) and a target (N), or (D) and a number; "
            f"got shapes {tuple(input1.shape)}, {tuple(input2.shape)} and {tuple(target.shape)}"
        )
    least = 1e-12  # as PyTorch
    squares = ((x * x).sum(-1) + least for x in (input1, input2))
    cosine = (input1 * input2).sum(-1) * _core.rsqrt(next(squares) * next(squares))
    unlike = _core.where(target == -1, clamp_min(cosine - margin, 0), 0.0)
    losses = _core.where(target == 1, 1 - cosine, unlike)
    return reduced("cosine_embedding_loss", losses, reduction)


def _triplets(
    name: str,
    points: tuple[Tensor, Tensor, Tensor],
    distance: Callable[[Tensor, Tensor], Tensor],
    margin: float,
    swap: bool,
    reduction: str,
) -> Tensor:
    anchor, positive, negative = points
    if margin <= 0:
        raise ValueError(f"[{name}] expected a margin above 0; got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise ValueError(
            f"[{name}] expected points of as many dimensions; got shapes "
            f"{tuple(anchor.shape)}, {tuple(positive.shape)} and {tuple(negative.shape)}"
        )
    apart = distance(anchor, negative)
    if swap:
        apart = _core.minimum(apart, distance(positive, negative))
    losses = clamp_min(margin + distance(anchor, positive) - apart, 0)
    return reduced(name, losses, reduction)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return how far the negative is from being a margin farther off than the positive.

    With `swap` the negative's distance is the smaller of those to anchor and positive.
    """
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)

    def distance(a: Tensor, b: Tensor) -> Tensor:
        return pairwise_distance(a, b, p, eps)

    points = (anchor, positive, negative)
    return _triplets("triplet_margin_loss", points, distance, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """Return `triplet_margin_loss` by another distance."""
    name = "triplet_margin_with_distance_loss"
    distance = pairwise_distance if distance_function is None else distance_function
    return _triplets(name, (anchor, positive, negative), distance, margin, swap, reduction)
