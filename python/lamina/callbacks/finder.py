"""Looks for a learning rate."""

from __future__ import annotations

import math
from typing import Any

from lamina import _core
from lamina._core import Tensor
from lamina.callbacks.base import Callback, copied
from lamina.callbacks.schedule import rate_of
from lamina.optim.lr_scheduler.base import set_value


class LearningRateFinder(Callback):
    """Tries rates from `min_lr` to `max_lr`, each by a step, and puts everything back.

    It ends when the losses, smoothed, are beyond four times their least. `rates` and `losses` hold
    what was found, `suggestion` the rate at which the loss fell fastest.
    """

    def __init__(self, min_lr: float = 1e-7, max_lr: float = 10.0, steps: int = 100) -> None:
        if not 0 < min_lr < max_lr:
            raise ValueError(
                f"[LearningRateFinder] expected 0 < min_lr < max_lr; got {min_lr} and {max_lr}"
            )
        if steps < 3:
            raise ValueError(f"[LearningRateFinder] expected 3 steps or more; got {steps}")
        self.min_lr = min_lr
        self.max_lr = max_lr
        self.steps = steps
        self.rates: list[float] = []
        self.losses: list[float] = []
        self._mean = 0.0
        self._before: dict[str, Any] = {}

    @property
    def suggestion(self) -> float:
        """The rate at which the loss falls fastest, by the logarithm of the rate."""
        if len(self.losses) < 3:
            got = len(self.losses)
            raise ValueError(f"[LearningRateFinder] expected 3 steps or more; got {got}")
        falls = [self.losses[i - 1] - self.losses[i + 1] for i in range(1, len(self.losses) - 1)]
        return self.rates[1 + falls.index(max(falls))]

    def on_train_begin(self) -> None:
        """Keep what is to be put back."""
        trainer = self.trainer
        self.rates, self.losses, self._mean = [], [], 0.0
        self._before = {
            "model": copied(trainer.model.state_dict()),
            "optimizer": copied(trainer.optimizer.state_dict()),
            "rng": _core.get_rng_state(),
        }

    def on_batch_begin(self, batch: int) -> None:
        """Set the next rate."""
        share = len(self.rates) / (self.steps - 1)
        rate = self.min_lr * (self.max_lr / self.min_lr) ** share
        for group in self.trainer.optimizer.param_groups:
            set_value(group, "lr", rate)

    def on_batch_end(self, batch: int, loss: Tensor) -> None:
        """Keep what the rate has led to."""
        keep = 0.9
        self._mean = keep * self._mean + (1 - keep) * loss.item()
        self.rates.append(rate_of(self.trainer.optimizer))
        self.losses.append(self._mean / (1 - keep ** len(self.rates)))
        diverged = self.losses[-1] > 4 * min(self.losses) and len(self.losses) > 3
        if diverged or len(self.rates) == self.steps or not math.isfinite(self._mean):
            self.trainer.stop("rates tried")

    def on_not_finite(self, reason: str) -> None:
        """End: higher rates would be no better."""
        self.trainer.stop("rates tried")

    def on_train_end(self) -> None:
        """Put everything back."""
        before = self._before
        if before:
            self.trainer.model.load_state_dict(before["model"])
            self.trainer.optimizer.load_state_dict(before["optimizer"])
            _core.set_rng_state(before["rng"])
