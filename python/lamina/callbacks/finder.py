"""Finds a learning rate by a Trainer's own steps; how rates are swept is RateSweep's."""

from __future__ import annotations

from typing import Any

from lamina import _core
from lamina._core import Tensor
from lamina.callbacks.base import Callback, copied
from lamina.diagnostics import RateSweep
from lamina.optim.lr_scheduler.base import set_value


class LearningRateFinder(Callback):
    """Tries rates from `min_lr` to `max_lr`, each by a step, and puts everything back.

    `sweep` holds the rates, the losses and the `suggestion`. Groups keep the ratios of their rates.
    """

    def __init__(self, min_lr: float = 1e-6, max_lr: float = 10.0, steps: int = 100) -> None:
        self.options = (min_lr, max_lr, steps)
        self.sweep = RateSweep(*self.options)
        self._ratios: list[float] = []
        self._before: dict[str, Any] = {}

    @property
    def suggestion(self) -> float:
        """The rate at which the loss falls most steeply."""
        return self.sweep.suggestion

    def on_train_begin(self) -> None:
        """Keep what is to be put back."""
        trainer = self.trainer
        self.sweep = RateSweep(*self.options)
        rates = [float(group["lr"]) for group in trainer.optimizer.param_groups]
        self._ratios = [rate / rates[0] for rate in rates]
        self._before = {
            "model": copied(trainer.model.state_dict()),
            "optimizer": copied(trainer.optimizer.state_dict()),
            "rng": _core.get_rng_state(),
        }

    def on_batch_begin(self, batch: int) -> None:
        """Set the next rate."""
        groups = self.trainer.optimizer.param_groups
        for group, ratio in zip(groups, self._ratios, strict=True):
            set_value(group, "lr", self.sweep.rate * ratio)

    def on_batch_end(self, batch: int, loss: Tensor) -> None:
        """Keep what the rate has led to."""
        if not self.sweep.saw(loss.item()):
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
