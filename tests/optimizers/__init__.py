"""The form of the tables of optimizers and schedules; what is tested of a row stands in
test_optimizers.py, test_schedules.py, test_compile_optim.py and test_torch_optim.py.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Refused:
    """Options that must raise, and what the message must say after the name."""

    message: str
    options: dict[str, Any]
    error: type[Exception] = ValueError


def refused(message, error=ValueError, **options):
    return Refused(message, options, error)


@dataclass(frozen=True, repr=False)
class OptimizerCase:
    name: str  # lm.optim.<name>
    # ref(p, g, state, **options): the new value of p after one step, in NumPy; `state` is a dict
    # that starts empty and stays with p. Its defaults are the constructor's.
    ref: Callable[..., Any]
    settings: list[dict[str, Any]]
    state: set[str]  # the names of all that some setting keeps for a parameter
    errors: list[Refused] = field(default_factory=list)
    shapes: tuple[tuple[int, ...], ...] = ((7, 5), (5,), (), (0, 3), (2, 3, 4), (37,))
    tol: float = 1.0  # times the usual tolerance, with the reason in a comment
    torch: bool = True  # is it in PyTorch?

    def __repr__(self):
        return self.name


@dataclass(frozen=True, repr=False)
class ScheduleCase:
    name: str  # lm.optim.lr_scheduler.<name>
    options: dict[str, Any]
    # ref(epoch, base): the rate of an epoch, from the rate the group was made with; or for a
    # schedule that follows a metric, of a list of metrics.
    ref: Callable[..., float]
    momentum: Callable[[int], float] | None = None
    metrics: tuple[float, ...] | None = None  # what step() is given
    errors: list[Refused] = field(default_factory=list)

    def __repr__(self):
        return self.name


def collect(table):
    """All rows of a kind: OPTIMIZERS or SCHEDULES."""
    modules = [
        importlib.import_module(f"optimizers.{m.name}") for m in pkgutil.iter_modules(__path__)
    ]
    return [row for module in modules for row in getattr(module, table, [])]
