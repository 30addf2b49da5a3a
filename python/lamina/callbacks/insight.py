"""Callbacks that look into a training; what they look at stands in lm.diagnostics."""

from __future__ import annotations

import warnings
from typing import Any

from lamina import _core
from lamina._core import Tensor
from lamina.callbacks.base import Callback, copied
from lamina.diagnostics import Finding, Health, RateSweep
from lamina.optim.lr_scheduler.base import set_value


class GradientHealth(Callback):
    """Watches outputs, weights and gradients layer by layer, and warns once of each ailment.

    `health` holds the figures of the present epoch, `findings` all that was found.
    """

    health: Health

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def on_train_begin(self) -> None:
        """Begin to watch."""
        self.findings = []
        self.health = Health(self.trainer.model)

    def on_epoch_begin(self, epoch: int) -> None:
        """Begin new figures."""
        self.health.reset()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        """Warn of what was not there before."""
        known = {(each.kind, each.layer) for each in self.findings}
        new = [each for each in self.health.findings() if (each.kind, each.layer) not in known]
        self.findings += new
        for each in new:
            warnings.warn(f"[GradientHealth] epoch {epoch}: {each}", stacklevel=2)

    def on_train_end(self) -> None:
        """Watch no longer."""
        if hasattr(self, "health"):
            self.health.close()


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
