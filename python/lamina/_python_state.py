"""What the Python objects in a function's reach hold, and where the code that it may call looks.

The attributes of networks are left out: lamina.nn watches those that a run calls.
"""

from __future__ import annotations

import collections
import itertools
import operator
import os
import sys
from collections.abc import Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, GeneratorType, MethodType, ModuleType
from typing import Any

import numpy as np

from lamina._core import Tensor

_MOST = 1000  # objects that are looked at, and entries of one that are
_LARGE = 1 << 20  # bytes of an array that is not looked into
_SEQUENCES = (list, tuple, set, frozenset, collections.deque)
_NUMBERS = (type(None), bool, int, float, complex, str, bytes)
_LEAVES = (*_NUMBERS, type, ModuleType, CodeType, BuiltinFunctionType, Tensor)
_LIBRARIES = (os.path.dirname(os.__file__), "<frozen")


class Snapshot:
    """The contents of all that some objects reach, at one moment."""

    def __init__(self, *roots: Any) -> None:
        self.before = [(name, value, _contents(value)) for name, value in _reached(roots)]

    def difference(self) -> str | None:
        """Name something that has other contents now."""
        for name, value, before in self.before:
            if not _same(before, _contents(value)):
                return name
        return None


def scopes(*snapshots: Snapshot) -> Iterator[tuple[dict[str, Any], tuple[str, ...], Any, Any]]:
    """Yield where code in reach looks: in globals, for which names, in cells, at an object."""
    values = [value for snapshot in snapshots for _, value, _ in snapshot.before]
    objects = [value for value in values if not is_ours(type(value))]
    waiting = [value for value in values if isinstance(value, FunctionType)]
    known: set[FunctionType] = set()
    called: set[str] = set()
    new = {"__call__", "forward"}
    while new:
        methods = [vars(type(value)).get(name) for value in objects for name in new]
        waiting += [method for method in methods if isinstance(method, FunctionType)]
        called |= new
        new = set()
        for function in waiting:
            if function not in known and _is_users(function):
                known.add(function)
                read = tuple(dict.fromkeys(names(function.__code__)))
                yield function.__globals__, read, function.__closure__ or (), None
                new |= {*read} - called
        waiting = []
    for value in objects:
        own = _attributes(value).keys()
        yield {}, tuple(called & (own | vars(type(value)).keys())), (), value


def variables(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield what a function may read, by name: globals, its closure, defaults."""
    code = function.__code__
    for name in names(code):
        if name in function.__globals__:
            yield name, function.__globals__[name]
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
        yield "a default", value


def names(code: CodeType) -> Iterator[str]:
    """Yield the names of globals and attributes in a function's code and in those inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names(constant)


def chance() -> tuple[Any, ...]:
    """Return the state of the generators that everybody shares."""
    pythons: Any = sys.modules.get("random")
    numpys: Any = sys.modules.get("numpy.random")
    of_numpy = numpys.get_state()[1:3] if numpys else (b"", 0)
    return pythons and pythons.getstate(), bytes(of_numpy[0]), of_numpy[1]


def hides_tensor(value: Any, depth: int = 3) -> bool:
    """Return whether tensors are in the attributes, the entries or the closure of an object."""
    if isinstance(value, Tensor):
        return True
    if not depth or isinstance(value, _LEAVES):
        return False
    return any(hides_tensor(each, depth - 1) for _, each in _children("", value))


def _reached(roots: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    """Yield the objects that may change, each with the name under which it was found."""
    waiting = collections.deque(("an argument", root) for root in roots)
    known: set[int] = set()
    while waiting and len(known) < _MOST:
        name, value = waiting.popleft()
        if isinstance(value, _LEAVES) or id(value) in known:
            continue
        known.add(id(value))
        yield name, value
        waiting.extend(_children(name, value))


def _children(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, FunctionType):
        if _is_users(value):
            yield from variables(value)
    elif isinstance(value, MethodType):
        yield from ((name, value.__self__), (name, value.__func__))
    elif hasattr(value, "param_groups"):
        yield from ((f"{name}.param_groups", group) for group in value.param_groups)
    elif isinstance(value, dict):
        yield from ((f"{name}[{key!r}]", each) for key, each in [*value.items()][:_MOST])
    elif isinstance(value, _SEQUENCES):
        yield from ((name, each) for each in [*value][:_MOST])
    elif hasattr(value, "_modules"):
        yield from ((f"{name}.{key}", each) for key, each in value._modules.items())
    elif hasattr(value, "func"):  # a partial call
        yield from ((name, value.func), (name, value.args), (name, value.keywords))
    else:
        yield from ((f"{name}.{key}", each) for key, each in _attributes(value).items())


def _contents(value: Any) -> list[Any]:
    """Return what can be compared later; objects among it stand for themselves."""
    if isinstance(value, np.ndarray):
        return [value.tobytes()] if value.nbytes <= _LARGE and value.dtype != object else []
    if isinstance(value, dict):
        return [len(value), *[*value.keys()][:_MOST], *[*value.values()][:_MOST]]
    if isinstance(value, _SEQUENCES):
        return [len(value), *[*value][:_MOST]]
    if hasattr(value, "getstate"):  # a generator of random numbers
        return [hash(value.getstate())]
    if isinstance(value, GeneratorType):
        return [value.gi_frame and value.gi_frame.f_lasti]
    if isinstance(value, itertools.count):
        return [repr(value)]
    if hasattr(type(value), "__length_hint__"):  # an iterator
        return [operator.length_hint(value)]
    if hasattr(value, "bit_generator"):
        return [str(value.bit_generator.state)]
    return [item for pair in _attributes(value).items() for item in pair]


def _attributes(value: Any) -> dict[str, Any]:
    """Return an object's attributes, if nothing else watches them."""
    if is_ours(type(value)) or hasattr(value, "_modules") or isinstance(value, FunctionType):
        return {}
    return getattr(value, "__dict__", {})


def is_ours(definition: Any) -> bool:
    """Return whether a class or a function stands still while somebody's program runs."""
    return (getattr(definition, "__module__", None) or "").partition(".")[0] in ("lamina", "numpy")


def _is_users(function: FunctionType) -> bool:
    """Return whether a function belongs to the program rather than to a library."""
    path = function.__code__.co_filename
    return not (is_ours(function) or path.startswith(_LIBRARIES) or "-packages" in path)


def _same(before: list[Any], now: list[Any]) -> bool:
    return len(before) == len(now) and all(map(_equal, before, now))


def _equal(one: Any, other: Any) -> bool:
    return one is other or (isinstance(one, _NUMBERS) and type(one) is type(other) and one == other)
