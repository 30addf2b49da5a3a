"""Losses of two classes, element by element."""

from __future__ import annotations

from lamina._core import Tensor
from lamina.nn._loss import Loss, WeightedLoss
from lamina.nn.functional.binary_loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    exponential_loss,
    hinge_loss,
    perceptron_loss,
    soft_margin_loss,
    squared_hinge_loss,
)

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "ExponentialLoss",
    "HingeLoss",
    "PerceptronLoss",
    "SoftMarginLoss",
    "SquaredHingeLoss",
]


class BCELoss(WeightedLoss):
    """Cross-entropy of probabilities; the mean divides by the number of elements."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compare."""
        return binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(WeightedLoss):
    """Cross-entropy of sigmoid(input); the mean divides by the number of elements."""

    pos_weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compare."""
        return binary_cross_entropy_with_logits(
            input,
            target,
            self.weight,
            reduction=self.reduction,
            pos_weight=self.pos_weight,
        )


class SoftMarginLoss(Loss):
    """log(1 + exp(-target input)) for targets of 1 and -1."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compare."""
        return soft_margin_loss(input, target, reduction=self.reduction)


class HingeLoss(WeightedLoss):
    """max(0, 1 - s input); s is 1 for targets above 0, else -1.

    Weights are broadcast; the weighted mean divides by their sum.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight=weight, reduction=reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compare."""
        return hinge_loss(input, target, self.weight, self.reduction)


class SquaredHingeLoss(WeightedLoss):
    """max(0, 1 - s input)^2; s is 1 for targets above 0, else -1.

    Weights are broadcast; the weighted mean divides by their sum.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight=weight, reduction=reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compare."""
        return squared_hinge_loss(input, target, self.weight, self.reduction)


class PerceptronLoss(WeightedLoss):
    """max(0, -s input); s is 1 for targets above 0, else -1.

    Weights are broadcast; the weighted mean divides by their sum.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight=weight, reduction=reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compare."""
        return perceptron_loss(input, target, self.weight, self.reduction)


class ExponentialLoss(WeightedLoss):
    """exp(-s input); s is 1 for targets above 0, else -1.

    Weights are broadcast; the weighted mean divides by their sum.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight=weight, reduction=reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compare."""
        return exponential_loss(input, target, self.weight, self.reduction)
