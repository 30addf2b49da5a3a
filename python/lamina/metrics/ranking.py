"""Metrics of the order in which scores put samples."""

from __future__ import annotations

from lamina import _core
from lamina._core import Tensor
from lamina.autograd import no_grad
from lamina.metrics.base import Metric

__all__ = ["ROCAUC"]


class ROCAUC(Metric):
    """How likely a positive sample has a higher score than a negative one; ties count half.

    Scores are counted in `bins` of equal width between 0 and 1, those of one bin as ties. Logits go
    through the sigmoid first.
    """

    def __init__(
        self, *, from_logits: bool = False, bins: int = 4096, name: str = "roc_auc"
    ) -> None:
        super().__init__(name)
        if bins < 2:
            raise ValueError(f"[ROCAUC] expected 2 bins or more; got {bins}")
        self.from_logits = from_logits
        self.bins = bins

    @no_grad()
    def update(self, prediction: Tensor, target: Tensor, weight: Tensor | None = None) -> None:
        """Take a score a sample, or two (N, 2) of class 0 and 1; targets above 1/2 are positive."""
        score = prediction.detach().to(_core.float64)
        if score.ndim == 2 and score.size(1) == 2 and target.numel() == len(score):
            # softmax of two logits is the sigmoid of their difference
            score = score[:, 1] - score[:, 0] if self.from_logits else score[:, 1]
        score = score.reshape(-1)
        positive = (target.reshape(-1) > 0.5).long()
        if score.shape != positive.shape:
            raise ValueError(
                f"[ROCAUC] expected a score for each of {len(positive)} targets, or two; "
                f"got shape {tuple(prediction.shape)}"
            )
        if self.from_logits:
            score = score.sigmoid()
        place = (score * self.bins).floor().long().clamp(0, self.bins - 1)
        ones = _core.ones(score.shape, dtype=_core.float64)
        counts = self.counter("counts", 2 * self.bins)
        amounts = ones if weight is None else ones * weight.reshape(-1)
        counts.index_add_(0, positive * self.bins + place, amounts)

    def compute(self) -> Tensor:
        """Return the area; NaN without both kinds of samples."""
        negative, positive = self.counter("counts", 2 * self.bins).reshape(2, -1)
        below = negative.cumsum(0) - negative / 2
        return (positive * below).sum() / (positive.sum() * negative.sum())
