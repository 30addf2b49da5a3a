"""Metrics of numbers."""

from __future__ import annotations

from lamina import _core
from lamina._core import Tensor
from lamina.autograd import no_grad
from lamina.metrics.base import Mean, Metric, per_sample

__all__ = ["R2", "MeanAbsoluteError", "MeanSquaredError", "RootMeanSquaredError"]


def _errors(prediction: Tensor, target: Tensor) -> Tensor:
    return prediction - target.reshape(prediction.shape).to(prediction.dtype)


class MeanSquaredError(Mean):
    """The mean of the squared errors of all elements."""

    def __init__(self, name: str = "mse") -> None:
        super().__init__(name)

    def update(self, prediction: Tensor, target: Tensor, weight: Tensor | None = None) -> None:
        """Take numbers and what they should be."""
        self.add(_errors(prediction, target).square(), weight)


class RootMeanSquaredError(MeanSquaredError):
    """The root of the mean squared error."""

    def __init__(self, name: str = "rmse") -> None:
        super().__init__(name)

    def compute(self) -> Tensor:
        """Return the root of the mean over all batches."""
        return super().compute().sqrt()


class MeanAbsoluteError(Mean):
    """The mean of the absolute errors of all elements."""

    def __init__(self, name: str = "mae") -> None:
        super().__init__(name)

    def update(self, prediction: Tensor, target: Tensor, weight: Tensor | None = None) -> None:
        """Take numbers and what they should be."""
        self.add(_errors(prediction, target).abs(), weight)


class R2(Metric):
    """1 - squared error / squared distance from the mean target; the mean over outputs.

    As in scikit-learn, an output whose targets are all alike counts as 1 if it is met, else as 0.
    """

    def __init__(self, name: str = "r2") -> None:
        super().__init__(name)

    @no_grad()
    def update(self, prediction: Tensor, target: Tensor, weight: Tensor | None = None) -> None:
        """Take numbers (N) or (N, outputs) and what they should be."""
        prediction = prediction.detach().reshape([len(prediction), -1]).to(_core.float64)
        target = target.reshape(prediction.shape).to(_core.float64)
        one = _core.ones(len(target), dtype=_core.float64)
        w = per_sample(one if weight is None else weight.to(_core.float64), target)
        outputs = target.size(1)
        # Deviations from the mean are joined batch by batch: sums of squares would cancel.
        count, mean = self.counter("weight", outputs), self.counter("mean", outputs)
        now = w.sum(0)
        total = (count + now).clamp_(min=1e-300)
        own = (w * target).sum(0) / now.clamp(min=1e-300)
        apart = own - mean
        spread = (w * (target - own).square()).sum(0) + apart.square() * count * now / total
        self.counter("spread", outputs).add_(spread)
        mean.add_(apart * now / total)
        count.add_(now)
        self.counter("error", outputs).add_((w * (target - prediction).square()).sum(0))

    def compute(self) -> Tensor:
        """Return the value over all batches."""
        if "error" not in self.counters:
            return _core.tensor(float("nan"))
        error, spread = self.counters["error"], self.counters["spread"]
        alike = _core.where(error == 0, 1.0, 0.0).to(_core.float64)
        return _core.where(spread > 0, 1 - error / spread.clamp(min=1e-300), alike).mean()
