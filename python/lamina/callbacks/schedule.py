"""Callbacks that set learning rates."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from lamina._core import Tensor
from lamina.callbacks.base import Callback
from lamina.optim import lr_scheduler
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
        self.monitor = monitor
        self._made = isinstance(schedule, lr_scheduler.LRScheduler)
        self._follows = isinstance(schedule, lr_scheduler.ReduceLROnPlateau)
        if self._follows and per == "step":
            raise ValueError("[LearningRateScheduler] expected per='epoch' to follow a value")
        takes = 0 if self._made else len(inspect.signature(schedule).parameters)  # type: ignore[arg-type]
        self._takes_rate = takes > 1

    def _set(self, number: int) -> None:
        groups = self.trainer.optimizer.param_groups
        given = (number, float(groups[0]["lr"])) if self._takes_rate else (number,)
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
        logs["lr"] = float(self.trainer.optimizer.param_groups[0]["lr"])
        if not self._made or self.per == "step":
            return
        schedule: Any = self.schedule
        if self._follows:
            schedule.step(value_of(logs, self.monitor, "LearningRateScheduler"))
        else:
            schedule.step()

    def state_dict(self) -> dict[str, Any]:
        """Return the schedule's."""
        return self.schedule.state_dict() if self._made else {}  # type: ignore[union-attr]

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Give the schedule its own."""
        if self._made:
            self.schedule.load_state_dict(state_dict)  # type: ignore[union-attr]


def value_of(logs: dict[str, Any], name: str, who: str) -> float:
    """Return a value of an epoch that a callback follows."""
    if name not in logs:
        known = ", ".join(logs)
        fix = ": give validation data" if name.startswith("val_") else ""
        raise ValueError(f"[{who}] expected {name!r} among the values {known}{fix}")
    return float(logs[name])
