"""lamina.compile: functions that are recorded once and replayed without Python."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from lamina import _core


def compile(fn: Callable[..., Any]) -> Any:
    """Return `fn` as a function that records its work on tensors and replays it on later calls.

    `fn` may hold a whole training step: forward, loss, `backward()` and updates in place. A call
    with new shapes, types or other arguments is recorded anew; at most eight recordings are kept.
    A replay repeats the tensor work only: Python numbers and branches are those of the recorded
    call, results have no history, and a value read on the way (`item()`, `if tensor:`) is an error.
    """
    if not callable(fn):
        raise TypeError(f"[compile] expected a function; got {type(fn).__name__}")
    compiled = _core.CompiledFunction(fn if type(fn) is _FUNCTION else functools.partial(fn))
    functools.update_wrapper(compiled, fn, updated=())
    return compiled


def capturing() -> bool:
    """Return whether a step is being captured on this thread."""
    return _core._is_capturing()


def before_replay(check: Callable[[], bool]) -> None:
    """Have `check` called before each replay of the step that is captured now.

    It may refresh what the step reads, such as a learning rate. If it returns False, the step no
    longer holds and is captured anew. Without a capture this does nothing.
    """
    _core._before_replay(check)


# A context manager: what happens in it belongs to no capture, such as making an optimizer's state.
uncaptured = _core._Uncaptured

_FUNCTION = type(compile)
