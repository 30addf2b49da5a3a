"""`find_lr`: losses at rising learning rates, and the rate that they suggest."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from lamina import _core
from lamina._core import Tensor
from lamina.nn.module import Module
from lamina.optim.optimizer import Optimizer

__all__ = ["RateSweep", "find_lr"]

_SMOOTHING = 0.8  # of the losses, whose batches differ
_DIVERGED = 4.0  # times the smallest loss


class RateSweep:
    """Rates from `start` to `stop` in equal factors, and the smoothed loss at each.

    Step by step: train with `rate`, then tell `saw(loss)`, until that returns False.
    """

    def __init__(self, start: float = 1e-6, stop: float = 10.0, steps: int = 100) -> None:
        if not 0 < start < stop or steps < 2:
            raise ValueError(
                f"[RateSweep] expected 0 < start < stop and steps of 2 or more; got {start}, "
                f"{stop} and {steps}"
            )
        self.start, self.stop, self.steps = start, stop, steps
        self.rates: list[float] = []
        self.losses: list[float] = []
        self._average = 0.0

    @property
    def rate(self) -> float:
        """The rate of the next step."""
        done = len(self.rates) / (self.steps - 1)
        return self.start * math.exp(done * math.log(self.stop / self.start))

    def saw(self, loss: float) -> bool:
        """Take up the loss of a step at `rate`; return whether to go on."""
        if not math.isfinite(loss):
            return False
        self._average = _SMOOTHING * self._average + (1 - _SMOOTHING) * loss
        self.rates.append(self.rate)
        self.losses.append(self._average / (1 - _SMOOTHING ** len(self.rates)))
        return len(self.rates) < self.steps and self.losses[-1] < _DIVERGED * min(self.losses)

    @property
    def suggestion(self) -> float:
        """The rate at which the loss falls most steeply, before it is smallest."""
        if len(self.losses) < 3:
            raise ValueError(
                f"[RateSweep] expected losses at 3 rates or more; got {len(self.losses)}: start "
                "from a smaller rate"
            )
        lowest = max(self.losses.index(min(self.losses)), 2)
        falls = range(1, lowest)
        best = min(falls, key=lambda i: self.losses[i + 1] - self.losses[i - 1])
        return self.rates[best]


def find_lr(
    model: Module,
    loss: Callable[[Any, Any], Tensor],
    optimizer: Optimizer,
    data: Iterable[tuple[Any, Any]],
    *,
    start: float = 1e-6,
    stop: float = 10.0,
    steps: int = 100,
) -> RateSweep:
    """Train a copy of the model at rising rates; the result has `rates`, `losses`, `suggestion`.

    `data` gives batches (x, y), over and over. Groups of the optimizer keep the ratios of their
    rates, of which the first group's is swept. Model, optimizer and random numbers are left alone.
    """
    model, loss, optimizer = copy.deepcopy((model, loss, optimizer))
    model.train()
    sweep = RateSweep(start, stop, steps)
    first = optimizer.param_groups[0]["lr"]
    ratios = [group["lr"] / first for group in optimizer.param_groups]
    state = _core.get_rng_state()
    try:
        for x, y in _repeated(data):
            for group, ratio in zip(optimizer.param_groups, ratios, strict=True):
                group["lr"] = sweep.rate * ratio
            optimizer.zero_grad()
            value = loss(model(x), y)
            value.backward()
            optimizer.step()
            if not sweep.saw(value.item()):
                break
    finally:
        _core.set_rng_state(state)
    return sweep


def _repeated(data: Iterable[Any]) -> Iterator[Any]:
    while True:
        empty = True
        for batch in data:
            empty = False
            yield batch
        if empty:
            raise ValueError("[find_lr] expected data that can be gone through again; got no batch")
