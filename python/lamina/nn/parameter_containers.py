"""Modules that hold parameters, as a list and as a dictionary."""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Iterable, Iterator, KeysView, Mapping
from typing import Any, TypeVar, overload

from lamina._core import Tensor
from lamina.nn.containers import pairs
from lamina.nn.module import Module
from lamina.nn.parameter import Parameter

__all__ = ["ParameterDict", "ParameterList"]

List = TypeVar("List", bound="ParameterList")


def _registered(value: Any) -> Any:
    """Make a parameter of a tensor; anything else is kept as it is."""
    plain = isinstance(value, Tensor) and not isinstance(value, Parameter)
    return Parameter(value) if plain else value


def _line(key: Any, value: Any, kind: str) -> str:
    if not isinstance(value, Tensor):
        return f"  ({key}): Object of type: {type(value).__name__}"
    size = "x".join(map(str, value.shape))
    owner = "Parameter" if isinstance(value, Parameter) else "Tensor"
    return f"  ({key}): {owner} containing: [{kind} of size {size}]"


class ParameterList(Module):
    """A list of parameters; tensors become parameters when they are added."""

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        self.extend(values if values is not None else [])

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def _key(self, idx: int) -> str:
        position = operator.index(idx)
        if not -self._size <= position < self._size:
            raise IndexError(
                f"[ParameterList] expected an index of {self._size} parameters; got {position}"
            )
        return str(position % self._size)

    @overload
    def __getitem__(self, idx: int) -> Any: ...
    @overload
    def __getitem__(self: List, idx: slice) -> List: ...
    def __getitem__(self, idx: int | slice) -> Any:
        """Return a parameter, or a list of those of a slice."""
        if isinstance(idx, slice):
            return type(self)([self[i] for i in range(*idx.indices(len(self)))])
        return getattr(self, self._key(idx))

    def __setitem__(self, idx: int, value: Any) -> None:
        setattr(self, self._key(idx), _registered(value))

    def append(self: List, value: Any) -> List:
        """Add one at the end."""
        self._size += 1
        self[-1] = value
        return self

    def extend(self: List, values: Iterable[Any]) -> List:
        """Add several at the end."""
        if not isinstance(values, Iterable) or isinstance(values, Tensor):
            raise TypeError(
                f"[ParameterList] expected parameters to add; got {type(values).__name__}"
            )
        for value in list(values):
            self.append(value)
        return self

    def __iadd__(self: List, values: Iterable[Any]) -> List:
        return self.extend(values)

    def extra_repr(self) -> str:
        """Return a line for each."""
        return "\n".join(_line(i, x, str(getattr(x, "dtype", ""))) for i, x in enumerate(self))


class ParameterDict(Module):
    """A dictionary of parameters; tensors become parameters when they are added."""

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __getitem__(self, key: str) -> Any:
        if key not in self._keys:
            raise KeyError(key)
        return getattr(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"[ParameterDict] expected a string as key; got {type(key).__name__}")
        setattr(self, key, _registered(value))
        self._keys[key] = None

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, key)

    def __or__(self, other: ParameterDict) -> ParameterDict:
        made = self.copy()
        made.update(other)
        return made

    def __ior__(self, other: ParameterDict) -> ParameterDict:
        self.update(other)
        return self

    def copy(self) -> ParameterDict:
        """Return another dictionary of the same parameters."""
        return ParameterDict(OrderedDict(self.items()))

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """Return a dictionary of these keys with one value."""
        return ParameterDict([(key, default) for key in keys])

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, or the default."""
        return getattr(self, key) if key in self else default

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, which is the default if it was not there."""
        if key not in self:
            self[key] = default
        return self[key]

    def clear(self) -> None:
        """Remove all."""
        for key in list(self):
            del self[key]

    def pop(self, key: str) -> Any:
        """Take out the value of a key and return it."""
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Take out the last key with its value."""
        if not self._keys:
            raise KeyError("[ParameterDict] expected at least one key; got none")
        key = next(reversed(self))
        return key, self.pop(key)

    def keys(self) -> KeysView[str]:
        """Return the keys."""
        return self._keys.keys()

    def values(self) -> Iterator[Any]:
        """Return the values."""
        return (self[key] for key in self._keys)

    def items(self) -> Iterator[tuple[str, Any]]:
        """Return keys and values."""
        return ((key, self[key]) for key in self._keys)

    def update(self, parameters: Any) -> None:
        """Add all of a mapping or of pairs; a plain dict is taken in the order of its keys."""
        given = pairs("ParameterDict", parameters)
        if isinstance(parameters, Mapping) and not isinstance(parameters, OrderedDict):
            given.sort(key=operator.itemgetter(0))
        for key, value in given:
            self[key] = value

    def extra_repr(self) -> str:
        """Return a line for each."""
        lines = []
        for key, value in self.items():
            kind = value.type() if isinstance(value, Tensor) else ""
            lines.append(_line(key, value, kind))
        return "\n".join(lines)
