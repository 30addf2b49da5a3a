"""What loss modules share: a reduction, and perhaps a weight that is part of their state."""

from __future__ import annotations

from lamina._core import Tensor
from lamina.nn.functional._reduction import legacy
from lamina.nn.module import Module


class Loss(Module):
    """A loss that is reduced to its mean or sum, or not."""

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__()
        if size_average is not None or reduce is not None:
            reduction = legacy(size_average, reduce)
        self.reduction = reduction


class WeightedLoss(Loss):
    """A loss with a buffer `weight`, or None in its place."""

    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
