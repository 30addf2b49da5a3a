"""Metrics that come from the table of classes by predictions."""

from __future__ import annotations

from typing import Any

from lamina import _core
from lamina._core import Tensor
from lamina.autograd import no_grad
from lamina.metrics.base import Metric
from lamina.metrics.classification import class_indices

__all__ = ["F1", "ConfusionMatrix", "Precision", "Recall"]

_AVERAGES = ("binary", "macro", "micro", "weighted", None)


class ConfusionMatrix(Metric):
    """Weighted counts of samples: true classes in rows, predicted ones in columns.

    Predictions with one score a sample are of two classes, told apart by the threshold (for logits
    that is 0); others are of as many classes as dimension 1 has scores.
    """

    def __init__(self, threshold: float = 0.5, name: str = "confusion_matrix") -> None:
        super().__init__(name)
        self.threshold = threshold

    @no_grad()
    def update(self, prediction: Tensor, target: Tensor, weight: Tensor | None = None) -> None:
        """Take scores (N, C, ...) and class indices (N, ...) or one-hot; or (N), (N, 1) of each."""
        if prediction.ndim == 1 or prediction.size(1) == 1:
            classes = 2
            predicted = (prediction > self.threshold).long()
            truth = (target.reshape(prediction.shape) > 0.5).long()
        else:
            classes = prediction.size(1)
            predicted, truth = prediction.argmax(1), class_indices(prediction, target)
        table = self.counter("table", classes * classes)
        ones = _core.ones(predicted.shape, dtype=table.dtype)
        if weight is not None:
            ones = ones * weight.reshape([-1] + [1] * (predicted.ndim - 1)).to(table.dtype)
        table.index_add_(0, (truth * classes + predicted).reshape(-1), ones.reshape(-1))

    def table(self) -> Tensor:
        """Return the counts, empty before the first batch."""
        table = self.counters.get("table")
        if table is None:
            return _core.zeros((0, 0), dtype=_core.float64)
        classes = round(table.numel() ** 0.5)
        return table.reshape(classes, classes)

    def compute(self) -> Tensor:
        """Return the counts over all batches."""
        return self.table().clone()


class _OfClasses(ConfusionMatrix):
    """The base of scores a class and their averages, as scikit-learn has them.

    `average` is "binary" (class 1 of two), "macro" (the mean over classes), "micro" (over samples),
    "weighted" (by the classes' sizes), or None for one value a class. What has nothing to divide by
    is 0.
    """

    def __init__(
        self, average: str | None = "auto", threshold: float = 0.5, name: str | None = None
    ) -> None:
        super().__init__(threshold, name or type(self).__name__.lower())
        if average not in (*_AVERAGES, "auto"):
            raise ValueError(
                f"[{type(self).__name__}] expected average to be 'auto', 'binary', 'macro', "
                f"'micro', 'weighted' or None; got {average!r}"
            )
        self.average = average

    def _parts(self, hits: Tensor, truths: Tensor, claims: Tensor) -> tuple[Tensor, Any]:
        """Return what is divided by what."""
        raise NotImplementedError

    def compute(self) -> Tensor:
        """Return the average over all batches, or the values of the classes."""
        table = self.table()
        hits, truths, claims = table.diagonal(), table.sum(1), table.sum(0)
        average = self.average
        if average == "auto":
            average = "binary" if len(table) == 2 else "macro"
        if average == "micro":
            return _ratio(*self._parts(hits.sum(), truths.sum(), claims.sum()))
        values = _ratio(*self._parts(hits, truths, claims))
        if average == "binary":
            if len(table) != 2:
                got = len(table)
                raise ValueError(f"[{type(self).__name__}] expected two classes; got {got}")
            return values[1]
        if average == "macro":  # classes that were neither there nor predicted do not count
            seen = (truths + claims > 0).to(values.dtype)
            return _ratio((values * seen).sum(), seen.sum())
        if average == "weighted":
            return _ratio((values * truths).sum(), truths.sum())
        return values


def _ratio(part: Tensor, whole: Tensor) -> Tensor:
    return _core.where(whole > 0, part / _core.where(whole > 0, whole, 1.0), 0.0)


class Precision(_OfClasses):
    """The share of what was predicted that is true. Averages as scikit-learn's."""

    def _parts(self, hits: Tensor, truths: Tensor, claims: Tensor) -> tuple[Tensor, Any]:
        return hits, claims


class Recall(_OfClasses):
    """The share of what is true that was predicted. Averages as scikit-learn's."""

    def _parts(self, hits: Tensor, truths: Tensor, claims: Tensor) -> tuple[Tensor, Any]:
        return hits, truths


class F1(_OfClasses):
    """The harmonic mean of precision and recall. Averages as scikit-learn's."""

    def _parts(self, hits: Tensor, truths: Tensor, claims: Tensor) -> tuple[Tensor, Any]:
        return 2 * hits, truths + claims
