"""What metrics have in common: counters in tensors, which a compiled step can change in place."""

from __future__ import annotations

from typing import Any

from lamina import _core, compiling
from lamina._core import Tensor
from lamina.autograd import no_grad

__all__ = ["Mean", "MeanLoss", "Metric"]


class Metric:
    """Counts over batches: `update` takes one, `compute` returns the value, `reset` starts anew.

    A subclass makes its counters with `counter` and changes them in place.
    """

    name: str

    def __init__(self, name: str) -> None:
        self.name = name
        self.counters: dict[str, Tensor] = {}

    def update(self, prediction: Tensor, target: Tensor, weight: Tensor | None = None) -> None:
        """Take a batch; the weights are one number a sample."""
        raise NotImplementedError(f"[{type(self).__name__}] a metric must define update()")

    def compute(self) -> Tensor:
        """Return the value over all batches since the last reset."""
        raise NotImplementedError(f"[{type(self).__name__}] a metric must define compute()")

    def reset(self) -> None:
        """Forget all batches."""
        for counter in self.counters.values():
            counter.zero_()

    def counter(self, name: str, *shape: int) -> Tensor:
        """Return the counter of that name; the first call makes it, filled with zeros."""
        if name not in self.counters:
            with compiling.uncaptured():  # a replay must not start it anew
                self.counters[name] = _core.zeros(shape, dtype=_core.float64)
        return self.counters[name]

    def state_dict(self) -> dict[str, Tensor]:
        """Return the counters."""
        return dict(self.counters)

    @no_grad()
    def load_state_dict(self, state_dict: dict[str, Tensor]) -> None:
        """Take over counters; what is not among them starts anew."""
        self.reset()
        for name, value in state_dict.items():
            self.counter(name, *value.shape).copy_(value)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class Mean(Metric):
    """The base of weighted means over samples: the sum of w v by the sum of w."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.counter("total")
        self.counter("weight")

    @no_grad()
    def add(self, values: Tensor, weight: Tensor | None) -> None:
        """Take values, whose first dimension is that of the samples."""
        values = values.detach()
        if weight is None:
            self.counters["total"].add_(values.sum())
            self.counters["weight"].add_(values.numel())
        else:
            weight = per_sample(weight, values)
            self.counters["total"].add_((values * weight).sum())
            self.counters["weight"].add_(weight.sum())

    def compute(self) -> Tensor:
        """Return the mean, NaN if there was nothing to count."""
        return self.counters["total"] / self.counters["weight"]


class MeanLoss(Mean):
    """The mean of a loss over samples, from the means over batches."""

    def __init__(self, name: str = "loss") -> None:
        super().__init__(name)

    @no_grad()
    def add_mean(self, mean: Tensor, weight: Tensor | float) -> None:
        """Take the mean of a batch whose samples' weights sum to `weight`."""
        self.counters["total"].add_(mean.detach() * weight)
        self.counters["weight"].add_(weight)

    def update(self, prediction: Tensor, target: Tensor, weight: Tensor | None = None) -> None:
        """Refuse: a loss has its own formula; the trainer counts it by `add_mean`."""
        raise TypeError("[MeanLoss] expected losses through add_mean(); got a prediction")


def per_sample(weight: Tensor, values: Any) -> Tensor:
    """Return one weight a sample in the shape of the values."""
    return weight.reshape([-1] + [1] * (values.ndim - 1)).expand(values.shape)
