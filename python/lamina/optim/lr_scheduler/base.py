"""The base of all schedules: when a rate is computed, and how that is saved."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, TypeAlias

from lamina._core import Tensor
from lamina.optim.optimizer import Group, Optimizer

Rate: TypeAlias = Any  # a number, or a tensor of one

_EPOCH_IS_DEPRECATED = (
    "[lr_scheduler] step(epoch) is deprecated: where a schedule has a closed form, that is used "
    "instead of the rate before; call step()"
)
_STEP_WAS_REPLACED = (
    "[lr_scheduler] optimizer.step was replaced after the schedule was made; call optimizer.step() "
    "before lr_scheduler.step()"
)
_STEPPED_FIRST = (
    "[lr_scheduler] lr_scheduler.step() was called before optimizer.step(), which skips the first "
    "rate of the schedule; call them the other way round"
)
_ASK_FOR_THE_LAST = (
    "[lr_scheduler] get_lr() computes the next rate; the last one is what get_last_lr() returns"
)


def check_optimizer(optimizer: object) -> None:
    """Refuse what is no optimizer."""
    if not isinstance(optimizer, Optimizer):
        got = type(optimizer).__name__
        raise TypeError(f"[lr_scheduler] expected an optimizer; got {got}")


def copied(rate: Rate) -> Rate:
    """Return a rate that later changes in place do not reach."""
    return rate.clone() if isinstance(rate, Tensor) else rate


def values_of(optimizer: Optimizer, key: str) -> list[Rate]:
    """Return an option of each group."""
    return [copied(group[key]) for group in optimizer.param_groups]


def set_value(group: Group, key: str, value: Rate) -> None:
    """Change an option of a group, in place if it is a tensor."""
    if isinstance(group[key], Tensor):
        group[key].fill_(float(value))
    else:
        group[key] = value


def one_per_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """Return a value for each group: those of a list, or always the same."""
    groups = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        return [copied(value) for _ in range(groups)]
    if len(value) != groups:
        raise ValueError(f"[lr_scheduler] expected {groups} values of {name}; got {len(value)}")
    return [copied(item) for item in value]


def warn_of_epoch(stacklevel: int) -> None:
    """Say that step(epoch) is going away."""
    warnings.warn(_EPOCH_IS_DEPRECATED, UserWarning, stacklevel=stacklevel + 1)


def _function(method: Callable[..., Any]) -> Callable[..., Any]:
    return getattr(method, "__func__", method)


class LRScheduler:
    """Sets the `lr` of an optimizer's groups, anew at each step(); a subclass says to what."""

    _get_lr_called_within_step = False
    _is_initial = False
    _last_lr: list[Rate]

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"[lr_scheduler] expected 'initial_lr' in param_groups[{number}] to go on from "
                    f"epoch {last_epoch}; load the optimizer's state first"
                )
        self.base_lrs: list[Rate] = values_of(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        if not hasattr(optimizer, "_scheduled_step"):
            optimizer._scheduled_step = _function(optimizer.step)  # type: ignore[attr-defined]
            optimizer._opt_called = False
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def state_dict(self) -> dict[str, Any]:
        """Return all attributes but the optimizer."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what state_dict() returned."""
        self.__dict__.update(state_dict)

    def get_last_lr(self) -> list[Rate]:
        """Return the rates that were set last."""
        return self._last_lr

    def get_lr(self) -> list[Rate]:
        """Compute the rates of this epoch, often from those before."""
        raise NotImplementedError(f"[{type(self).__name__}] a subclass must define get_lr()")

    def step(self, epoch: int | None = None) -> None:
        """Go on to the next epoch and set its rates."""
        if self._step_count == 1:
            optimizer = self.optimizer
            if getattr(optimizer, "_scheduled_step", None) is not _function(optimizer.step):
                warnings.warn(_STEP_WAS_REPLACED, UserWarning, stacklevel=2)
            elif not optimizer._opt_called:
                warnings.warn(_STEPPED_FIRST, UserWarning, stacklevel=2)
        self._step_count += 1
        if epoch is not None:
            warn_of_epoch(stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        closed_form = None
        if epoch is None:
            self.last_epoch += 1
        else:
            self.last_epoch = epoch
            closed_form = getattr(self, "_get_closed_form_lr", None)
        self._set(closed_form or self.get_lr)

    def _set(self, compute: Callable[[], list[Rate]]) -> None:
        self._get_lr_called_within_step = True
        try:
            rates = compute()
        finally:
            self._get_lr_called_within_step = False
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            set_value(group, "lr", rate)
        self._last_lr = values_of(self.optimizer, "lr")

    # ---- for the get_lr() of subclasses ----

    def _warn_outside_step(self) -> None:
        if not self._get_lr_called_within_step:
            warnings.warn(_ASK_FOR_THE_LAST, UserWarning, stacklevel=3)

    def _unchanged(self) -> list[Rate]:
        return values_of(self.optimizer, "lr")

    def _scaled(self, factor: float) -> list[Rate]:
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    def _scaled_base(self, factor: float) -> list[Rate]:
        return [base * factor for base in self.base_lrs]
