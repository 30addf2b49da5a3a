"""Conversions named after their type; they hide Python's names, so nothing else is here."""

from __future__ import annotations

from typing import Any

from lamina import _core
from lamina._core import Tensor

__all__: list[str] = []
__methods__ = ["bool", "byte", "double", "float", "half", "int", "long", "type", "type_as"]

_NAMES = {
    "FloatTensor": _core.float32,
    "DoubleTensor": _core.float64,
    "LongTensor": _core.int64,
    "IntTensor": _core.int32,
    "ByteTensor": _core.uint8,
    "BoolTensor": _core.bool,
}


def float(input: Tensor) -> Tensor:
    """Convert to float32."""
    return input._cast(_core.float32)


def double(input: Tensor) -> Tensor:
    """Convert to float64."""
    return input._cast(_core.float64)


def half(input: Tensor) -> Tensor:
    """Raise: float32 is the narrowest floating type."""
    raise TypeError("[half] expected float32 or float64, lamina's floating types; got float16")


def long(input: Tensor) -> Tensor:
    """Convert to int64."""
    return input._cast(_core.int64)


def int(input: Tensor) -> Tensor:
    """Convert to int32."""
    return input._cast(_core.int32)


def byte(input: Tensor) -> Tensor:
    """Convert to uint8."""
    return input._cast(_core.uint8)


def bool(input: Tensor) -> Tensor:
    """Convert to truth values: which elements are not zero."""
    return input._cast(_core.bool)


def type(input: Tensor, dtype: Any = None, non_blocking: Any = False) -> Any:
    """Return the name of the type, as "lamina.FloatTensor", or convert to a type or such a name."""
    if dtype is None:
        return next(f"lamina.{name}" for name, kind in _NAMES.items() if kind is input.dtype)
    name = dtype if isinstance(dtype, str) else getattr(dtype, "__name__", "")
    return input._cast(_NAMES.get(name.rpartition(".")[2], dtype))


def type_as(input: Tensor, other: Tensor) -> Tensor:
    """Convert to the type of `other`."""
    return input._cast(other.dtype)
