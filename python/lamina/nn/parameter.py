"""Tensors that a module registers when they are assigned; those without a shape are in lazy.py."""

from __future__ import annotations

from typing import Any, TypeVar

from lamina import _core, _pickle, _repr
from lamina._core import Tensor

__all__ = ["Buffer", "Parameter"]

Kind = TypeVar("Kind", bound=Tensor)


def _on_memory_of(kind: type[Kind], data: Any, requires_grad: bool) -> Kind:
    """Make a leaf of this class on the memory of `data`."""
    if data is None:
        data = _core.empty(0)
    if not isinstance(data, Tensor):
        raise TypeError(f"[{kind.__name__}] expected a tensor; got {type(data).__name__}")
    return _pickle.rebuild(kind, data.detach(), requires_grad)  # type: ignore[return-value]


class Parameter(Tensor):
    """A tensor that a module trains: it shares the memory of `data` and is a leaf."""

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Parameter:
        """Take the memory of `data`."""
        return _on_memory_of(cls, data, requires_grad)

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True) -> None:
        pass

    def __repr__(self) -> str:
        return "Parameter containing:\n" + _repr.text(self, "tensor")

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        """Copy the values; as in PyTorch, the gradient stays behind."""
        if id(self) not in memo:
            memo[id(self)] = _on_memory_of(type(self), self.data.clone(), self.requires_grad)
            vars(memo[id(self)]).update(vars(self))
        copied: Parameter = memo[id(self)]
        return copied


class Buffer(Tensor):
    """A tensor that belongs to a module's state and is not trained; it shares `data`'s memory."""

    persistent: bool

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True) -> Buffer:
        """Take the memory of `data`; only a `persistent` one is part of the state dict."""
        made = _on_memory_of(cls, data, data is not None and data.requires_grad)
        made.persistent = persistent
        return made

    def __init__(self, data: Tensor | None = None, *, persistent: bool = True) -> None:
        pass

    def __repr__(self) -> str:
        return _repr.text(self, "tensor")
