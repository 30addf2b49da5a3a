"""The value of the epochs that a callback follows, and what better means for it."""

from __future__ import annotations

import math
from typing import Any

_GROWING = ("accuracy", "acc", "auc", "f1", "precision", "recall", "r2")


class Monitor:
    """Keeps the best of a value; mode "auto" knows the metrics that are to grow by their names."""

    def __init__(self, who: str, name: str, mode: str = "auto", min_delta: float = 0.0) -> None:
        if mode not in {"auto", "min", "max"}:
            raise ValueError(f"[{who}] expected mode to be 'auto', 'min' or 'max'; got {mode!r}")
        if min_delta < 0:
            raise ValueError(f"[{who}] expected min_delta of 0 or more; got {min_delta}")
        self.who = who
        self.name = name
        self.min_delta = min_delta
        if mode == "auto":
            mode = "max" if any(name.endswith(ending) for ending in _GROWING) else "min"
        self.mode = mode
        self.forget()

    def forget(self) -> None:
        """Begin without a best."""
        self.best = math.inf if self.mode == "min" else -math.inf

    def value(self, logs: dict[str, Any]) -> float:
        """Return the value of an epoch."""
        if self.name not in logs:
            got = ", ".join(logs)
            if self.name.startswith("val_"):
                got += ": give validation data"
            raise ValueError(
                f"[{self.who}] expected {self.name!r} among the values of an epoch; got {got}"
            )
        return float(logs[self.name])

    def improves(self, logs: dict[str, Any]) -> bool:
        """Tell whether the value of an epoch is better than the best by more than `min_delta`.

        Then it is the best. NaN never is.
        """
        value = self.value(logs)
        gain = self.best - value if self.mode == "min" else value - self.best
        if not gain > self.min_delta:
            return False
        self.best = value
        return True
