"""What code written in Python says of arguments of a wrong type: its name, and what came."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from types import FunctionType, ModuleType
from typing import Any


def name_wrong_types(module: ModuleType) -> None:
    """Let the public functions of a module name the arguments that are not what they must be."""
    for name in {*module.__all__, *getattr(module, "__methods__", ())}:
        function = getattr(module, name)
        if type(function) is FunctionType and function.__module__ == module.__name__:
            setattr(module, name, _explained(function))


def _explained(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (AttributeError, TypeError) as error:
            explain(error, function.__name__, function, args, kwargs)
            raise

    return call


def name_wrong_types_of(cls: type) -> None:
    """Let a class's own constructor name the arguments that are not what they must be."""
    construct = vars(cls).get("__init__")
    if construct is None:
        return

    @functools.wraps(construct)
    def call(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            construct(self, *args, **kwargs)
        except (AttributeError, TypeError, ValueError, IndexError) as error:
            explain(error, type(self).__name__, type(self), args, kwargs)
            raise

    cls.__init__ = call  # type: ignore[misc]


def explain(
    error: Exception,
    name: str,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> None:
    """Raise a TypeError that names `function` if arguments of its call brought the error about."""
    given = [*args, *kwargs.values()]
    text = str(error)
    if isinstance(error, AttributeError):
        if not any(x is error.obj for x in _nested(given)):
            return
    elif text.startswith("[") or "argument" in text:
        return  # says enough
    wanted = str(inspect.signature(function)).replace("'", "")
    got = ", ".join(map(_described, given))
    raise TypeError(f"[{name}] expected {name}{wanted}; got ({got}): {text}") from error


def _nested(values: Any) -> Iterator[Any]:
    for value in values:
        yield value
        if isinstance(value, list | tuple | str):
            yield from value


def _described(value: Any) -> str:
    name = type(value).__name__
    if isinstance(value, list | tuple) and value:
        return f"{name} of {type(value[0]).__name__}"
    return name
