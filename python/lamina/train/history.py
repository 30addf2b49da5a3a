"""What a training has recorded, epoch by epoch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any


class History(Mapping[str, list[Any]]):
    """The values of each whole epoch: `history["val_loss"]`, or as in Keras `history.history`.

    `epoch` holds the epochs' numbers, from 0 on. `stopped` says why training ended before its last
    epoch, and is empty if it did not.
    """

    def __init__(self) -> None:
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []
        self.stopped = ""

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the training."""
        return self.stopped == "interrupted"

    def append(self, epoch: int, values: Mapping[str, Any]) -> None:
        """Record an epoch; what one epoch has and another has not is None there."""
        done = len(self.epoch)
        self.epoch.append(epoch)
        for name in {**self.history, **values}:
            self.history.setdefault(name, [None] * done).append(values.get(name))

    def best(self, name: str, mode: str = "min") -> int:
        """Return the epoch in which a value was the least, or with mode "max" the greatest."""
        sign = {"min": 1, "max": -1}[mode]
        worst = math.inf
        values = [worst if value is None else sign * value for value in self[name]]
        return self.epoch[values.index(min(values))]

    def last(self) -> dict[str, Any]:
        """Return the values of the last epoch."""
        return {name: column[-1] for name, column in self.history.items()}

    def state_dict(self) -> dict[str, Any]:
        """Return copies of all that was recorded."""
        values = {name: list(column) for name, column in self.history.items()}
        return {"history": values, "epoch": list(self.epoch)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what state_dict() returned."""
        self.history = {name: list(column) for name, column in state_dict["history"].items()}
        self.epoch = list(state_dict["epoch"])

    def __getitem__(self, name: str) -> list[Any]:
        if name not in self.history:
            known = ", ".join(self.history) or "nothing yet"
            raise KeyError(f"[History] expected one of {known}; got {name!r}")
        return self.history[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.history)

    def __len__(self) -> int:
        return len(self.history)

    def __repr__(self) -> str:
        last = ", ".join(f"{name}={value}" for name, value in self.last().items())
        ended = f", {self.stopped}" if self.stopped else ""
        return f"History({len(self.epoch)} epochs{ended}: {last})"
