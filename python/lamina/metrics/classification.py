"""Metrics that count right answers; those that need a table of classes are in confusion.py."""

from __future__ import annotations

from lamina._core import Tensor
from lamina.metrics.base import Mean

__all__ = ["Accuracy", "BinaryAccuracy", "TopKAccuracy"]


def class_indices(prediction: Tensor, target: Tensor) -> Tensor:
    """Return the targets as indices: they may be so, in a last dimension of one, or one-hot."""
    if target.ndim == prediction.ndim:
        if target.size(1) == prediction.size(1) > 1:
            return target.argmax(1)
        return target.squeeze(1).long()
    return target.long()


class Accuracy(Mean):
    """The share of samples whose highest score, over dimension 1, is that of their class."""

    def __init__(self, name: str = "accuracy") -> None:
        super().__init__(name)

    def update(self, prediction: Tensor, target: Tensor, weight: Tensor | None = None) -> None:
        """Take scores (N, C, ...) and class indices (N, ...) or one-hot rows."""
        self.add(prediction.argmax(1) == class_indices(prediction, target), weight)


class BinaryAccuracy(Mean):
    """The share of elements on the right side of the threshold; for logits that is 0."""

    def __init__(self, threshold: float = 0.5, name: str = "accuracy") -> None:
        super().__init__(name)
        self.threshold = threshold

    def update(self, prediction: Tensor, target: Tensor, weight: Tensor | None = None) -> None:
        """Take probabilities or scores, and targets of which those above 1/2 are positive."""
        right = (prediction > self.threshold) == (target.reshape(prediction.shape) > 0.5)
        self.add(right, weight)


class TopKAccuracy(Mean):
    """The share of samples whose class is among the k with the highest scores."""

    def __init__(self, k: int = 5, name: str | None = None) -> None:
        super().__init__(name or f"top_{k}_accuracy")
        self.k = k

    def update(self, prediction: Tensor, target: Tensor, weight: Tensor | None = None) -> None:
        """Take scores (N, C, ...) and class indices (N, ...) or one-hot rows."""
        index = class_indices(prediction, target).unsqueeze(1)
        own = prediction.gather(1, index)
        self.add((prediction > own).sum(1) < self.k, weight)
