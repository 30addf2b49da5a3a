"""Schedules that a function of the user's gives."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any, TypeAlias

from lamina.optim.lr_scheduler.base import LRScheduler, Rate
from lamina.optim.optimizer import Optimizer

Function: TypeAlias = Callable[[int], float]


class _FunctionLR(LRScheduler):
    """One function for all groups, or a list with one for each."""

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Function | list[Function],
        last_epoch: int = -1,
    ) -> None:
        groups = len(optimizer.param_groups)
        given = list(lr_lambda) if isinstance(lr_lambda, list | tuple) else [lr_lambda] * groups
        name = type(self).__name__
        if len(given) != groups:
            raise ValueError(f"[{name}] expected {groups} functions; got {len(given)}")
        for function in given:
            if not callable(function):
                raise TypeError(f"[{name}] expected a function; got {type(function).__name__}")
        self.lr_lambdas: list[Function] = given
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """Return all attributes; of functions only those that are objects with a state."""
        return super().state_dict() | {"lr_lambdas": [state_of(f) for f in self.lr_lambdas]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what state_dict() returned."""
        functions = self.lr_lambdas
        super().load_state_dict(state_dict)
        self.lr_lambdas = functions
        for function, state in zip(functions, state_dict["lr_lambdas"], strict=True):
            if state is not None:
                function.__dict__.update(state)


def state_of(function: Any) -> dict[str, Any] | None:
    """Return the attributes of a callable object; a plain function has none to save."""
    return None if isinstance(function, types.FunctionType) else function.__dict__.copy()


class LambdaLR(_FunctionLR):
    """lr = base f(epoch)."""

    def get_lr(self) -> list[Rate]:
        """Compute the rates of this epoch."""
        self._warn_outside_step()
        pairs = zip(self.base_lrs, self.lr_lambdas, strict=True)
        return [base * function(self.last_epoch) for base, function in pairs]


class MultiplicativeLR(_FunctionLR):
    """Lr = lr f(epoch), from epoch 1 on."""

    def get_lr(self) -> list[Rate]:
        """Compute the rates of this epoch."""
        self._warn_outside_step()
        if self._is_initial:
            return self._unchanged()
        pairs = zip(self.optimizer.param_groups, self.lr_lambdas, strict=True)
        return [group["lr"] * function(self.last_epoch) for group, function in pairs]
