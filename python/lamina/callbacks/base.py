"""What a callback is, and what it sees of a training."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import Any, Protocol

from lamina._core import Tensor
from lamina.nn import Module
from lamina.optim import Optimizer

Logs = Mapping[str, Any]


class Training(Protocol):
    """What callbacks use of a trainer."""

    model: Module
    optimizer: Optimizer
    epoch: int
    epochs: int
    steps: int
    batches: int | None
    history: Any

    def results(self) -> dict[str, Any]:
        """Return the loss and the metrics of the epoch so far."""

    def stop(self, reason: str) -> None:
        """End the training after this step."""

    def save(self, path: Any) -> None:
        """Write the whole state."""


class Callback:
    """Is told what happens in a training; `trainer` is whose.

    A subclass defines what it wants to hear of. What it must know after a resume, its state dict
    holds.
    """

    trainer: Training

    def on_train_begin(self) -> None:
        """Hear that `fit` starts."""

    def on_train_end(self) -> None:
        """Hear that `fit` ends, be it by an error."""

    def on_epoch_begin(self, epoch: int) -> None:
        """Hear that an epoch starts."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        """Hear an epoch's values; what is added to them is recorded."""

    def on_batch_begin(self, batch: int) -> None:
        """Hear that a batch of the epoch is next."""

    def on_batch_end(self, batch: int, loss: Tensor) -> None:
        """Hear that a batch was taken, and its loss."""

    def on_checkpoint(self, epoch_done: bool) -> None:
        """Hear, after each batch and each epoch, that what is saved now can be gone on with."""

    def on_not_finite(self, reason: str) -> None:
        """Hear of NaN or infinity before it becomes an error; `trainer.stop()` averts that."""

    def on_validation_begin(self) -> None:
        """Hear that an epoch's validation starts."""

    def on_validation_end(self, logs: Logs) -> None:
        """Hear the validation's values."""

    def state_dict(self) -> dict[str, Any]:
        """Return what `lm.save` should keep."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what state_dict() returned."""


def copied(state: Any) -> Any:
    """Return a state whose tensors later changes do not reach."""
    if isinstance(state, dict):
        return {key: copied(value) for key, value in state.items()}
    return state.detach().clone() if isinstance(state, Tensor) else state


EVENTS = (
    "on_train_begin",
    "on_train_end",
    "on_epoch_begin",
    "on_epoch_end",
    "on_batch_begin",
    "on_batch_end",
    "on_checkpoint",
    "on_not_finite",
    "on_validation_begin",
    "on_validation_end",
)


def listed(given: Callback | Iterable[Callback] | None) -> list[Callback]:
    """Return callbacks as a list, also one alone or None."""
    return [given] if isinstance(given, Callback) else list(given or ())


class Callbacks:
    """Several callbacks of one trainer: `emit` calls those that define the event."""

    def __init__(self, callbacks: Iterable[Callback], trainer: Any) -> None:
        self.all = list(callbacks)
        for callback in self.all:
            if not isinstance(callback, Callback):
                class_itself = isinstance(callback, type)
                kind = callback.__name__ if class_itself else type(callback).__name__
                got = f"the class {kind}: call it" if class_itself else f"a {kind}"
                raise TypeError(f"[fit] expected callbacks; got {got}")
            callback.trainer = trainer
        self.of = {event: list(self._hearing(event)) for event in EVENTS}

    def _hearing(self, event: str) -> Iterable[Any]:
        for callback in self.all:
            if getattr(type(callback), event) is not getattr(Callback, event):
                yield getattr(callback, event)

    def emit(self, event: str, *what: Any) -> None:
        """Tell all that listen."""
        for hear in self.of[event]:
            hear(*what)

    def finish(self) -> None:
        """Tell all that training ends, whoever of them fails at it."""
        with ExitStack() as stack:
            for hear in reversed(self.of["on_train_end"]):
                stack.callback(hear)

    def state_dict(self) -> dict[str, Any]:
        """Return the states, by the callbacks' classes and places."""
        states = {name: callback.state_dict() for name, callback in self._named()}
        return {name: state for name, state in states.items() if state}

    def load_state_dict(self, state_dict: dict[str, Any]) -> list[str]:
        """Give each callback its state; return the names of those that are not there."""
        named = dict(self._named())
        for name in named.keys() & state_dict.keys():
            named[name].load_state_dict(state_dict[name])
        return sorted(state_dict.keys() - named.keys())

    def _named(self) -> Iterable[tuple[str, Callback]]:
        counts: dict[str, int] = {}
        for callback in self.all:
            kind = type(callback).__name__
            counts[kind] = counts.get(kind, 0) + 1
            yield f"{kind}-{counts[kind]}", callback
