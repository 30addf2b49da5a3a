"""Tensors that a module registers when they are assigned, and such as have no shape yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, TypeGuard, TypeVar

from lamina import _core, _pickle, _repr
from lamina._core import Tensor, dtype

__all__ = ["Buffer", "Parameter", "UninitializedBuffer", "UninitializedParameter"]

Kind = TypeVar("Kind", bound=Tensor)

# What a tensor without a shape can be asked for.
_WITHOUT_SHAPE = {
    "clone", "copy_", "cpu", "data", "detach", "device", "double", "dtype", "float", "grad",
    "grad_fn", "is_floating_point", "is_leaf", "numpy", "requires_grad", "requires_grad_", "to",
    "type",
}  # fmt: skip


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


class Uninitialized(Tensor):
    """Base of tensors whose shape the first call of their module tells."""

    cls_to_become: ClassVar[type[Tensor]]

    def materialize(
        self, shape: Sequence[int], device: Any = None, dtype: dtype | None = None
    ) -> None:
        """Become an ordinary parameter or buffer of this shape, with any values."""
        self.data = _core.empty(shape, device=device, dtype=dtype or self.dtype)
        self.__class__ = self.cls_to_become  # type: ignore[assignment]

    def __getattribute__(self, name: str) -> Any:
        if name not in _WITHOUT_SHAPE and not name.startswith("_") and hasattr(Tensor, name):
            raise RuntimeError(
                f"[{name}] there is no shape before the first call of the module, in a "
                f"{type(self).__name__}"
            )
        return super().__getattribute__(name)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class UninitializedParameter(Uninitialized, Parameter):
    """A parameter that gets its shape in the first call of its module."""

    cls_to_become = Parameter

    def __new__(
        cls, requires_grad: bool = True, device: Any = None, dtype: dtype | None = None
    ) -> UninitializedParameter:
        """Take no memory yet."""
        return _on_memory_of(cls, _core.empty(0, device=device, dtype=dtype), requires_grad)

    def __init__(
        self, requires_grad: bool = True, device: Any = None, dtype: dtype | None = None
    ) -> None:
        pass


class UninitializedBuffer(Uninitialized, Buffer):
    """A buffer that gets its shape in the first call of its module."""

    cls_to_become = Buffer

    def __new__(
        cls,
        requires_grad: bool = False,
        device: Any = None,
        dtype: dtype | None = None,
        persistent: bool = True,
    ) -> UninitializedBuffer:
        """Take no memory yet."""
        made = _on_memory_of(cls, _core.empty(0, device=device, dtype=dtype), requires_grad)
        made.persistent = persistent
        return made

    def __init__(
        self,
        requires_grad: bool = False,
        device: Any = None,
        dtype: dtype | None = None,
        persistent: bool = True,
    ) -> None:
        pass


def is_lazy(param: Any) -> TypeGuard[Uninitialized]:
    """Tell whether a parameter or buffer has no shape yet."""
    return isinstance(param, Uninitialized)
