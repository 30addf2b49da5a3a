"""Callbacks that end a training."""

from __future__ import annotations

import warnings
from typing import Any

from lamina.callbacks.base import Callback, copied
from lamina.callbacks.monitor import Monitor


class EarlyStopping(Callback):
    """Ends training once a value has not improved for `patience` epochs; arguments as in Keras.

    However training ends, by this callback, by itself, by Ctrl-C or by an error, the model has the
    weights of its best epoch again, unless `restore_best` is False.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best: bool = True,
        start_from_epoch: int = 0,
    ) -> None:
        self.monitor = Monitor("EarlyStopping", monitor, mode, min_delta)
        self.patience = patience
        self.baseline = baseline
        self.restore_best = restore_best
        self.start_from_epoch = start_from_epoch
        self._forget()

    def _forget(self) -> None:
        self.monitor.forget()
        self.wait = 0
        self.best_epoch: int | None = None
        self.best_weights: dict[str, Any] | None = None

    def on_train_begin(self) -> None:
        """Begin without a best epoch."""
        self._forget()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        """Keep the weights of the best epoch, or count one in vain."""
        if epoch < self.start_from_epoch:
            return
        if self.monitor.improves(logs):
            self.best_epoch = epoch
            if self.restore_best:
                self.best_weights = copied(self.trainer.model.state_dict())
            if self.baseline is None or self._beats(self.baseline):
                self.wait = 0
                return
        self.wait += 1
        if self.wait >= self.patience:
            self.trainer.stop("early stopping")

    def _beats(self, baseline: float) -> bool:
        best = self.monitor.best
        return best < baseline if self.monitor.mode == "min" else best > baseline

    def on_train_end(self) -> None:
        """Give the model its best weights."""
        if self.best_weights is not None:
            self.trainer.model.load_state_dict(self.best_weights)

    def state_dict(self) -> dict[str, Any]:
        """Return the best epoch, its value and its weights."""
        return {
            "best": self.monitor.best,
            "best_epoch": self.best_epoch,
            "best_weights": self.best_weights,
            "wait": self.wait,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what state_dict() returned."""
        self.monitor.best = state_dict["best"]
        self.best_epoch = state_dict["best_epoch"]
        self.best_weights = state_dict["best_weights"]
        self.wait = state_dict["wait"]


class TerminateOnNaN(Callback):
    """Ends training with a warning at NaN or infinity, which without it are an error.

    Either way the model is as it was before the batch that made them.
    """

    def on_not_finite(self, reason: str) -> None:
        """End training."""
        warnings.warn(f"[TerminateOnNaN] NaN or infinity: {reason}", stacklevel=2)
        self.trainer.stop("not finite")
