"""What functions written in Python say of arguments of a wrong type."""

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
        except AttributeError as error:
            given = [*args, *kwargs.values()]
            if not any(x is error.obj for x in _nested(given)):
                raise
            name = function.__name__
            wanted = f"{name}{inspect.signature(function)}".replace("'", "")
            got = ", ".join(map(_described, given))
            raise TypeError(f"[{name}] expected {wanted}; got ({got})") from error

    return call


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
