"""Modules that hold modules; those that hold parameters are in parameter_containers.py."""

from __future__ import annotations

import itertools
import operator
from collections import OrderedDict
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any, TypeVar, overload

from lamina._core import Tensor
from lamina.nn._members import MODULES, members
from lamina.nn.module import Module

__all__ = ["ModuleDict", "ModuleList", "Sequential"]

Self = TypeVar("Self", bound="ModuleSequence")


class ModuleSequence(Module):
    """Base of containers that are numbered: what a list can do."""

    def __len__(self) -> int:
        return len(self.__dict__[MODULES])

    def __iter__(self) -> Iterator[Module]:
        own = self.__dict__
        return iter([own[name] for name in own[MODULES]])

    def _key(self, idx: int) -> str:
        position, size = operator.index(idx), len(self)
        if not -size <= position < size:
            raise IndexError(
                f"[{self._get_name()}] expected an index of {size} modules; got {position}"
            )
        names: dict[str, None] = self.__dict__[MODULES]
        return next(itertools.islice(names, position % size, None))

    def _replace_all(self, modules: Iterable[Module]) -> None:
        self._modules = {str(i): module for i, module in enumerate(modules)}

    def _part(self: Self, items: list[tuple[str, Module]]) -> Self:
        raise NotImplementedError

    @overload
    def __getitem__(self, idx: int) -> Module: ...
    @overload
    def __getitem__(self: Self, idx: slice) -> Self: ...
    def __getitem__(self: Self, idx: int | slice) -> Module | Self:
        """Return a module, or a container of those of a slice."""
        if isinstance(idx, slice):
            return self._part(members(self, MODULES)[idx])
        found: Module = self.__dict__[self._key(idx)]
        return found

    def __setitem__(self, idx: int, module: Module) -> None:
        setattr(self, self._key(idx), module)

    def __delitem__(self, idx: int | slice) -> None:
        keys = [*self.__dict__[MODULES]][idx] if isinstance(idx, slice) else [self._key(idx)]
        self._replace_all([module for key, module in members(self, MODULES) if key not in keys])

    def append(self: Self, module: Module) -> Self:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self: Self, modules: Iterable[Module]) -> Self:
        """Add modules at the end."""
        if not isinstance(modules, Iterable):
            raise TypeError(
                f"[{self._get_name()}] expected modules to add; got {type(modules).__name__}"
            )
        for module in list(modules):
            self.append(module)
        return self

    def insert(self: Self, index: int, module: Module) -> Self:
        """Add a module before a position, from the end if that is negative."""
        size = len(self)
        if not isinstance(module, Module):
            raise TypeError(f"[insert] expected a Module; got {type(module).__name__}")
        if not -size <= index <= size:
            raise IndexError(
                f"[insert] expected a position between {-size} and {size}; got {index}"
            )
        modules = list(self)
        modules.insert(index, module)
        self._replace_all(modules)
        return self

    @overload
    def pop(self, key: int) -> Module: ...
    @overload
    def pop(self: Self, key: slice) -> Self: ...
    def pop(self: Self, key: int | slice) -> Module | Self:
        """Take out a module, or those of a slice, and return them."""
        taken = self[key]
        del self[key]
        return taken


class Sequential(ModuleSequence):
    """Calls its modules one after the other, each with what the one before returned."""

    def __init__(self, *args: Module | OrderedDict[str, Module]) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            self.extend(args)  # type: ignore[arg-type]

    def forward(self, input: Any) -> Any:
        """Call all modules in turn."""
        own = self.__dict__
        for name in own[MODULES]:
            input = own[name](input)
        return input

    def _part(self: Self, items: list[tuple[str, Module]]) -> Self:
        return type(self)(OrderedDict(items))  # type: ignore[call-arg]

    def __add__(self, other: Sequential) -> Sequential:
        return Sequential(*self, *_sequential(other))

    def __iadd__(self, other: Sequential) -> Sequential:
        return self.extend(_sequential(other))

    def __mul__(self, other: int) -> Sequential:
        return Sequential(*(list(self) * _times(other)))

    __rmul__ = __mul__

    def __imul__(self, other: int) -> Sequential:
        return self.extend(list(self) * (_times(other) - 1))


def _sequential(other: Sequential) -> Sequential:
    if not isinstance(other, Sequential):
        raise ValueError(f"[Sequential] expected a Sequential to add; got {type(other).__name__}")
    return other


def _times(factor: int) -> int:
    if not isinstance(factor, int):
        raise TypeError(f"[Sequential] expected an int as factor; got {type(factor).__name__}")
    if factor <= 0:
        raise ValueError(f"[Sequential] expected a positive factor; got {factor}")
    return factor


class ModuleList(ModuleSequence):
    """A list of modules; what is computed with them, the module that holds it says."""

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self.extend(modules if modules is not None else [])

    def _part(self: Self, items: list[tuple[str, Module]]) -> Self:
        return type(self)([module for _, module in items])  # type: ignore[call-arg]

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])

    def __iadd__(self, modules: Iterable[Module]) -> ModuleList:
        return self.extend(modules)

    def __repr__(self) -> str:
        lines = []
        start = 0
        for text, group in itertools.groupby(map(repr, self)):
            count = len(list(group))
            number = f"({start})" if count == 1 else f"({start}-{start + count - 1})"
            times = "" if count == 1 else f"{count} x "
            lines.append(f"  {number}: {times}" + text.replace("\n", "\n  "))
            start += count
        body = "\n" + "\n".join(lines) + "\n" if lines else ""
        return f"{self._get_name()}({body})"


class ModuleDict(Module):
    """A dictionary of modules; what is computed with them, the module that holds it says."""

    def __init__(self, modules: Mapping[str, Module] | Iterable[Any] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __len__(self) -> int:
        return len(self.__dict__[MODULES])

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dict__[MODULES])

    def __contains__(self, key: object) -> bool:
        return key in self.__dict__[MODULES]

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def clear(self) -> None:
        """Remove all modules."""
        self._modules.clear()

    def pop(self, key: str) -> Any:
        """Take out a module and return it."""
        return self._modules.pop(key)

    def keys(self) -> KeysView[str]:
        """Return the names."""
        return self._modules.keys()

    def values(self) -> ValuesView[Any]:
        """Return the modules."""
        return self._modules.values()

    def items(self) -> ItemsView[str, Any]:
        """Return names and modules."""
        return self._modules.items()

    def update(self, modules: Mapping[str, Module] | Iterable[Any]) -> None:
        """Add modules under names: from a mapping, or from pairs."""
        for key, module in pairs("ModuleDict", modules):
            self[key] = module


def pairs(owner: str, given: Any) -> list[tuple[str, Any]]:
    """List the pairs of a mapping, of a container, or of an iterable of pairs."""
    if isinstance(given, (Mapping, Module)):
        return list(given.items())
    if not isinstance(given, Iterable) or isinstance(given, Tensor):
        raise TypeError(
            f"[{owner}] expected a mapping or pairs of name and value; got {type(given).__name__}"
        )
    found = []
    for pair in given:
        if not isinstance(pair, Iterable):
            raise TypeError(f"[{owner}] expected pairs of name and value; got {pair!r}")
        parts = tuple(pair)
        if len(parts) != 2:
            raise ValueError(f"[{owner}] expected pairs of name and value; got {parts!r}")
        found.append(parts)
    return found
