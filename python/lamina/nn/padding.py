"""Padding."""

from __future__ import annotations

from collections.abc import Sequence

from lamina._core import Tensor
from lamina.nn import functional as F
from lamina.nn.module import Module

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]

Amounts = int | Sequence[int]


class _Pad(Module):
    """Padding by `padding` elements: a number, or (left, right, top, bottom, front, back)."""

    axes: int
    mode: str

    def __init__(self, padding: Amounts) -> None:
        super().__init__()
        amounts = (padding,) * (2 * self.axes) if isinstance(padding, int) else tuple(padding)
        self.padding = amounts

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _CircularPad(_Pad):
    """Padding with the elements of the other end."""

    mode = "circular"

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in (self.axes + 1, self.axes + 2):
            raise ValueError(
                f"[{type(self).__name__}] expected {self.axes + 1} or {self.axes + 2} dimensions; "
                f"got shape {tuple(input.shape)}"
            )
        return super().forward(input)


class CircularPad1d(_CircularPad):
    """Pads 1 dimension with the elements of the other end."""

    axes = 1


class CircularPad2d(_CircularPad):
    """Pads 2 dimensions with the elements of the other end."""

    axes = 2


class CircularPad3d(_CircularPad):
    """Pads 3 dimensions with the elements of the other end."""

    axes = 3


class ReflectionPad1d(_Pad):
    """Pads 1 dimension with the elements next to the end, mirrored."""

    axes = 1
    mode = "reflect"


class ReflectionPad2d(_Pad):
    """Pads 2 dimensions with the elements next to the end, mirrored."""

    axes = 2
    mode = "reflect"


class ReflectionPad3d(_Pad):
    """Pads 3 dimensions with the elements next to the end, mirrored."""

    axes = 3
    mode = "reflect"


class ReplicationPad1d(_Pad):
    """Pads 1 dimension with the last elements."""

    axes = 1
    mode = "replicate"


class ReplicationPad2d(_Pad):
    """Pads 2 dimensions with the last elements."""

    axes = 2
    mode = "replicate"


class ReplicationPad3d(_Pad):
    """Pads 3 dimensions with the last elements."""

    axes = 3
    mode = "replicate"


class _ConstantPad(_Pad):
    """Padding with `value`."""

    def __init__(self, padding: Amounts, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """Pads 1 dimension with `value`."""

    axes = 1


class ConstantPad2d(_ConstantPad):
    """Pads 2 dimensions with `value`."""

    axes = 2


class ConstantPad3d(_ConstantPad):
    """Pads 3 dimensions with `value`."""

    axes = 3


class _ZeroPad(_Pad):
    """Padding with zeros."""

    mode = "constant"


class ZeroPad1d(_ZeroPad):
    """Pads 1 dimension with zeros."""

    axes = 1


class ZeroPad2d(_ZeroPad):
    """Pads 2 dimensions with zeros."""

    axes = 2


class ZeroPad3d(_ZeroPad):
    """Pads 3 dimensions with zeros."""

    axes = 3
