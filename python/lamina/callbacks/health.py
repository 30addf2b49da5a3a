"""Watches the layers of a model while a Trainer trains it; what it measures is Health's."""

from __future__ import annotations

import warnings
from typing import Any

from lamina.callbacks.base import Callback
from lamina.diagnostics import Health


class GradientHealth(Callback):
    """Records each layer's outputs, weights and gradients epoch by epoch, in `health.history`.

    What is wrong, such as vanishing gradients or dead units, becomes a warning at the end of the
    epoch, once a kind and layer, unless `warn` is False.
    """

    health: Health

    def __init__(self, warn: bool = True) -> None:
        self.warn = warn
        self._told: set[tuple[str, str]] = set()

    def on_train_begin(self) -> None:
        """Watch from now on."""
        self.health = Health(self.trainer.model)
        self._told = set()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        """Tell what is new, and begin new figures."""
        found = self.health.findings() if self.warn else []
        self.health.record()
        for each in found:
            if (each.kind, each.layer) not in self._told:
                self._told.add((each.kind, each.layer))
                warnings.warn(f"[GradientHealth] epoch {epoch + 1}: {each}", stacklevel=2)

    def on_train_end(self) -> None:
        """Watch no longer."""
        self.health.close()
