"""A function's run while it is recorded: what its replays could not repeat is noticed here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lamina import _core
from lamina._python_state import Snapshot, chance, hides_tensor, scopes


class Recorded:
    """A function that is called once a recording."""

    def __init__(self, fn: Callable[..., Any], plain: Any) -> None:
        self._fn = fn
        self._place = _place(fn, plain)

    def run(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function; raise, or have it recorded anew, if it changes Python objects."""
        for each in (*args, *kwargs.values()):
            if isinstance(each, np.ndarray):
                raise RuntimeError(
                    f"[compile] {self._place} gets an array, whose values replays could not see: "
                    "call it with lamina.from_numpy(array)"
                )
        given, forms = Snapshot(args, kwargs), _forms((args, kwargs))
        reached, luck = Snapshot(self._fn), chance()
        for scope in scopes(reached, given):
            _core._watch_variables(*scope)
        result = self._fn(*args, **kwargs)
        if given.difference() or _forms((args, kwargs)) != forms:
            raise RuntimeError(
                f"[compile] {self._place} changes an argument in more than its values (a list or "
                "dict, or a tensor's shape or requires_grad), which replays could not repeat: "
                "change a copy, or return it"
            )
        self._check(result)
        changed = reached.difference()
        if changed is None and chance() != luck:
            changed = "the state of Python's random numbers"
        if changed is not None:
            _hold_no_longer(changed)
        return result

    def _check(self, result: Any) -> None:
        """Raise if replays could not put other tensors into what a function returns."""
        if isinstance(result, dict) or type(result) in (tuple, list) or hasattr(result, "_make"):
            for each in result.values() if isinstance(result, dict) else result:
                self._check(each)
        elif not isinstance(result, _core.Tensor) and hides_tensor(result):
            raise RuntimeError(
                f"[compile] {self._place} returns tensors in a {type(result).__name__}, where "
                "replays could not replace them: return them in a tuple, list or dict"
            )


def _forms(value: Any) -> list[Any]:
    """List what replays leave as it is of the tensors in a nest."""
    if isinstance(value, _core.Tensor):
        return [(value.shape, value.stride(), value.requires_grad and value.is_leaf)]
    if not isinstance(value, (dict, tuple, list)):
        return []
    inner = value.values() if isinstance(value, dict) else value
    return [form for each in inner for form in _forms(each)]


def _hold_no_longer(changed: str) -> None:
    """Have the next call captured anew, as if it had found this changed."""
    watched = {changed: object()}
    _core._watch(watched)
    watched[changed] = object()


def _place(fn: Any, plain: Any) -> str:
    """Return a function's name, and where it stands."""
    name = getattr(fn, "__qualname__", type(fn).__name__)
    code = getattr(plain, "__code__", None)
    return f"{name} ({code.co_filename}:{code.co_firstlineno})" if code else name
