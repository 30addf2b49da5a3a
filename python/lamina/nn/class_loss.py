"""Losses of class scores, of sets of labels and of label sequences."""

from __future__ import annotations

from collections.abc import Sequence

from lamina._core import Tensor
from lamina.nn._loss import Loss, WeightedLoss
from lamina.nn.functional.class_loss import (
    cross_entropy,
    ctc_loss,
    focal_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    nll_loss,
)

__all__ = [
    "CTCLoss",
    "CrossEntropyLoss",
    "FocalLoss",
    "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "NLLLoss",
]


class CrossEntropyLoss(WeightedLoss):
    """Cross-entropy of softmax(input), beside class indices or probabilities.

    The mean divides by the sum of the weights of the targets' classes; beside probabilities, by the
    number of predictions.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compare."""
        return cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(WeightedLoss):
    """Negative log-likelihood of class indices; means as CrossEntropyLoss."""

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compare."""
        return nll_loss(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
        )


class FocalLoss(WeightedLoss):
    """Cross-entropy times (1 - p)^gamma, with p the probability of the target.

    Targets are class indices, or zeros and ones in the shape of the input, which then is the logit
    of one. The mean divides by the sum of the targets' weights.
    """

    def __init__(
        self,
        gamma: float = 2.0,
        weight: Tensor | None = None,
        ignore_index: int = -100,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight=weight, reduction=reduction)
        self.gamma = gamma
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compare."""
        return focal_loss(input, target, self.gamma, self.weight, self.ignore_index, self.reduction)


class MultiMarginLoss(WeightedLoss):
    """How far scores of other classes come within a margin of the target's."""

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        if p not in (1, 2):
            raise ValueError(f"[MultiMarginLoss] expected p of 1 or 2; got {p}")
        if weight is not None and weight.ndim != 1:
            raise ValueError(
                f"[MultiMarginLoss] expected a weight for each class; got shape {weight.shape}"
            )
        super().__init__(weight, size_average, reduce, reduction)
        self.p = p
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compare."""
        return multi_margin_loss(
            input, target, self.p, self.margin, self.weight, reduction=self.reduction
        )


class MultiLabelMarginLoss(Loss):
    """How far scores of other classes come within 1 of those of the targets."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compare."""
        return multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(WeightedLoss):
    """Mean over classes of binary cross-entropies with logits."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compare."""
        return multilabel_soft_margin_loss(input, target, self.weight, reduction=self.reduction)


class CTCLoss(Loss):
    """Negative log-likelihood of label sequences, summed over their alignments."""

    def __init__(
        self,
        blank: int = 0,
        reduction: str = "mean",
        zero_infinity: bool = False,
    ) -> None:
        super().__init__(reduction=reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(
        self,
        log_probs: Tensor,
        targets: Tensor,
        input_lengths: Tensor | Sequence[int],
        target_lengths: Tensor | Sequence[int],
    ) -> Tensor:
        """Compare."""
        return ctc_loss(
            log_probs,
            targets,
            input_lengths,
            target_lengths,
            self.blank,
            self.reduction,
            self.zero_infinity,
        )
