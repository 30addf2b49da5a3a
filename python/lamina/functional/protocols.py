"""Python's protocols that need no slot in C++: loops over rows, `in`, `reversed`, `**=`."""

# ruff: noqa: N807
from __future__ import annotations

from collections.abc import Iterator

from lamina import _core
from lamina._core import Tensor
from lamina.functional.elementwise import Operand

__all__: list[str] = []
__methods__ = ["__contains__", "__ipow__", "__iter__", "__reversed__"]


def __iter__(self: Tensor) -> Iterator[Tensor]:
    """Loop over the first dimension."""
    if self.ndim == 0:
        raise TypeError("[iter] expected at least one dimension; got a 0-d tensor")
    return iter(_core.unbind(self))


def __contains__(self: Tensor, element: Operand) -> bool:
    """Tell whether an element equals `element`."""
    return bool(_core.any(_core.eq(self, element)))


def __reversed__(self: Tensor) -> Tensor:
    """Flip the first dimension."""
    return self.flip(0) if self.ndim else self


def __ipow__(self: Tensor, exponent: Operand) -> Tensor:
    return self.pow_(exponent)
