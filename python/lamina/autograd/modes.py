"""Switches of gradient recording, each a context manager and a decorator."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast, overload

from lamina import _core

F = TypeVar("F", bound=Callable[..., Any])


class Switch:
    """Sets a switch of this thread for a block, or for each call of a function it decorates."""

    def __init__(self, setter: Callable[[bool], bool], mode: bool) -> None:
        self._setter = setter
        self._mode = mode
        self._outer: list[bool] = []

    def __enter__(self) -> None:
        self._outer.append(self._setter(self._mode))

    def __exit__(self, *exception: object) -> None:
        self._setter(self._outer.pop())

    def __call__(self, function: F) -> F:
        """Decorate a function or a generator."""
        if inspect.isgeneratorfunction(function):
            return cast("F", self._around_generator(function))

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with Switch(self._setter, self._mode):
                return function(*args, **kwargs)

        return cast("F", wrapper)

    def _around_generator(self, function: Callable[..., Iterator[Any]]) -> Callable[..., Any]:
        # The switch is set only while the generator runs, not while its consumer does.
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Iterator[Any]:
            generator = function(*args, **kwargs)
            while True:
                with Switch(self._setter, self._mode):
                    try:
                        value = next(generator)
                    except StopIteration:
                        return
                yield value

        return wrapper


class ImmediateSwitch(Switch):
    """Sets the switch when it is made; as a context manager it sets it back at the end."""

    def __init__(self, setter: Callable[[bool], bool], mode: bool) -> None:
        super().__init__(setter, mode)
        self._outer.append(setter(mode))

    def __enter__(self) -> None:
        """Do nothing: the switch is set already."""

    def __call__(self, function: F) -> F:
        """Decorate a function, which leaves the switch outside it as it was."""
        self._setter(self._outer.pop())
        return super().__call__(function)


@overload
def no_grad() -> Switch: ...
@overload
def no_grad(function: F) -> F: ...
def no_grad(function: Any = None) -> Any:
    """Record no ops within it."""
    switch = Switch(_core._set_grad_enabled, False)
    return switch if function is None else switch(function)


@overload
def enable_grad() -> Switch: ...
@overload
def enable_grad(function: F) -> F: ...
def enable_grad(function: Any = None) -> Any:
    """Record ops within it, also inside no_grad."""
    switch = Switch(_core._set_grad_enabled, True)
    return switch if function is None else switch(function)


def inference_mode(mode: Any = True) -> Any:
    """Record no ops within it; the same as no_grad, as views and versions cost nothing here."""
    if callable(mode):
        return no_grad(mode)
    return Switch(_core._set_grad_enabled, not mode)


def set_grad_enabled(mode: bool) -> ImmediateSwitch:
    """Set whether ops are recorded, at once; as a context manager, until its end."""
    return ImmediateSwitch(_core._set_grad_enabled, mode)


def detect_anomaly(check_nan: bool = True) -> Switch:
    """Make a gradient that is NaN an error that names the op and where it was called."""
    return Switch(_core._set_anomaly_enabled, check_nan)


def set_detect_anomaly(mode: bool, check_nan: bool = True) -> ImmediateSwitch:
    """Set anomaly detection, at once; as a context manager, until its end."""
    return ImmediateSwitch(_core._set_anomaly_enabled, mode and check_nan)
