"""Which attributes of a module are parameters, buffers, modules: tables of names.

The values are plain attributes, so that reading `module.weight` costs what any attribute does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, TypeVar

Value = TypeVar("Value")

PARAMETERS, BUFFERS, MODULES = "_parameter_names", "_buffer_names", "_module_names"
KINDS = {PARAMETERS: "parameter", BUFFERS: "buffer", MODULES: "module"}


def members(module: Any, table: str) -> list[tuple[str, Any]]:
    """List the names of a table with the values of the attributes."""
    own = module.__dict__
    return [(name, own[name]) for name in own[table]]


class Members(MutableMapping[str, Value]):
    """One table of a module as the dictionary that PyTorch's modules have in its place."""

    __slots__ = ("_names", "_own")

    def __init__(self, module: Any, table: str) -> None:
        self._own: dict[str, Value] = module.__dict__
        self._names: dict[str, None] = module.__dict__[table]

    def __getitem__(self, name: str) -> Value:
        if name not in self._names:
            raise KeyError(name)
        return self._own[name]

    def __setitem__(self, name: str, value: Value) -> None:
        self._names[name] = None
        self._own[name] = value

    def __delitem__(self, name: str) -> None:
        del self._names[name]
        del self._own[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __repr__(self) -> str:
        return repr(dict(self))

    def replace(self, values: Mapping[str, Value]) -> None:
        """Take other members in place of all."""
        given = dict(values)
        self.clear()
        self.update(given)
