"""Functions of batches that are compiled where that is possible; what they compute is not here."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from lamina import _core, compiling
from lamina.autograd import no_grad
from lamina.callbacks.base import copied
from lamina.nn import Module
from lamina.train.advice import advised
from lamina.train.objective import Objective


class Undo:
    """Takes back what a forward pass has changed, if its recording failed on the way."""

    def __init__(self, model: Module, objective: Objective) -> None:
        self.model = model
        self.objective = objective
        self.kept: tuple[Any, ...] = ()

    def note(self) -> None:
        """Keep buffers, counts and random numbers, if this is a recording."""
        if compiling.capturing():
            with compiling.uncaptured():
                buffers = [(buffer, buffer.clone()) for buffer in self.model.buffers()]
                counts = copied(self.objective.state_dict())
                self.kept = (buffers, counts, _core.get_rng_state())

    @no_grad()
    def __call__(self) -> None:
        """Put them back."""
        buffers, counts, rng = self.kept
        for buffer, value in buffers:
            buffer.copy_(value)
        self.objective.load_state_dict(counts)
        _core.set_rng_state(rng)


class Attempt:
    """A function that is compiled, unless that turns out to be impossible: then it runs as it is.

    It must call `undo.note()` first. `said` holds the reasons that somebody was told.
    """

    def __init__(
        self, function: Callable[..., Any], compiled: bool, undo: Undo, said: set[str]
    ) -> None:
        self.plain = function
        self.run = compiling.compile(function) if compiled else function
        self.undo = undo
        self.said = said

    def __call__(self, *args: Any) -> Any:
        """Call the function; its errors come with advice."""
        try:
            return self._try(*args)
        except (IndexError, RuntimeError, TypeError, ValueError) as error:
            if (better := advised(error)) is error:
                raise
            raise better from error

    def _try(self, *args: Any) -> Any:
        try:
            return self.run(*args)
        except RuntimeError as error:
            if self.run is self.plain or not str(error).startswith("[compile]"):
                raise
            self.undo()
            self.run = self.plain
            reason = str(error).removeprefix("[compile] ")
            if reason not in self.said:
                warnings.warn(f"[Trainer] steps run without compilation: {reason}", stacklevel=3)
            self.said.add(reason)
            return self.plain(*args)
