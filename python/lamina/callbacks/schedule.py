"""Callbacks that set learning rates."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from lamina._core import Tensor
from lamina.callbacks.base import Callback
from lamina.callbacks.monitor import Monitor
from lamina.optim import Optimizer, lr_scheduler
from lamina.optim.lr_scheduler.base import set_value


class LearningRateScheduler(Callback):
    """Steps a schedule of `lm.optim.lr_scheduler` after each epoch, or with per="step" each batch.

    Instead of a schedule it takes a function of the epoch (or step), or of that and the present
    rate, as Keras does; its result becomes the rate of all groups. The rate is recorded as "lr".
    A schedule that follows a value gets the one that `monitor` names.
    """

    def __init__(
        self,
        schedule: lr_scheduler.LRScheduler | Callable[..., float],
        per: str = "epoch",
        monitor: str = "val_loss",
    ) -> None:
        if per not in {"epoch", "step"}:
            raise ValueError(
                f"[LearningRateScheduler] expected per to be 'epoch' or 'step'; got {per!r}"
            )
        self.schedule = schedule
        self.per = per
        self.monitor = Monitor("LearningRateScheduler", monitor)
        self._made = isinstance(schedule, lr_scheduler.LRScheduler)
        self._follows = isinstance(schedule, lr_scheduler.ReduceLROnPlateau)
        if self._follows and per == "step":
            raise ValueError("[LearningRateScheduler] expected per='epoch' to follow a value")
        takes = 0 if self._made else len(inspect.signature(schedule).parameters)  # type: ignore[arg-type]
        self._takes_rate = takes > 1

    def _set(self, number: int) -> None:
        groups = self.trainer.optimizer.param_groups
        given = (number, rate_of(self.trainer.optimizer)) if self._takes_rate else (number,)
        rate = float(self.schedule(*given))  # type: ignore[operator]
        for group in groups:
            set_value(group, "lr", rate)

    def on_epoch_begin(self, epoch: int) -> None:
        """Set the rate of an epoch."""
        if not self._made and self.per == "epoch":
            self._set(epoch)

    def on_batch_begin(self, batch: int) -> None:
        """Set the rate of a step."""
        if not self._made and self.per == "step":
            self._set(self.trainer.steps)

    def on_batch_end(self, batch: int, loss: Tensor) -> None:
        """Go on with a schedule of steps."""
        if self._made and self.per == "step":
            self.schedule.step()  # type: ignore[union-attr]

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        """Record the rate, and go on with a schedule of epochs."""
        logs["lr"] = rate_of(self.trainer.optimizer)
        if not self._made or self.per == "step":
            return
        schedule: Any = self.schedule
        if self._follows:
            schedule.step(self.monitor.value(logs))
        else:
            schedule.step()

    def state_dict(self) -> dict[str, Any]:
        """Return the schedule's."""
        return self.schedule.state_dict() if self._made else {}  # type: ignore[union-attr]

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Give the schedule its own."""
        if self._made:
            self.schedule.load_state_dict(state_dict)  # type: ignore[union-attr]


class ReduceLROnPlateau(Callback):
    """Times `factor` once a value has not improved for `patience` epochs; arguments as in Keras."""

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        self.monitor = Monitor("ReduceLROnPlateau", monitor, mode, min_delta)
        self.options: dict[str, Any] = {
            "factor": factor,
            "patience": max(patience, 1) - 1,  # the schedule waits for one epoch more
            "cooldown": cooldown,
            "min_lr": min_lr,
        }
        self._schedule: lr_scheduler.ReduceLROnPlateau | None = None

    @property
    def schedule(self) -> lr_scheduler.ReduceLROnPlateau:
        """The schedule that counts the epochs, made for the optimizer of the training."""
        if self._schedule is None or self._schedule.optimizer is not self.trainer.optimizer:
            self._schedule = lr_scheduler.ReduceLROnPlateau(
                self.trainer.optimizer,
                mode=self.monitor.mode,
                threshold=self.monitor.min_delta,
                threshold_mode="abs",
                **self.options,
            )
        return self._schedule

    def on_train_begin(self) -> None:
        """Begin to count anew."""
        self._schedule = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        """Record the rate, and take the value into account."""
        logs.setdefault("lr", rate_of(self.trainer.optimizer))
        self.schedule.step(self.monitor.value(logs))

    def state_dict(self) -> dict[str, Any]:
        """Return the schedule's."""
        return self.schedule.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Give the schedule its own."""
        self.schedule.load_state_dict(state_dict)


def rate_of(optimizer: Optimizer) -> float:
    """Return the learning rate of the first group."""
    return float(optimizer.param_groups[0]["lr"])
