"""Pooling by windows of given size; adaptive.py has those that follow from the result's size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from lamina._core import Tensor
from lamina.nn import functional as F
from lamina.nn.functional.pooling import Size, WithIndices
from lamina.nn.module import Module

__all__ = [
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
]


def each(size: Size, axes: int) -> tuple[int, ...]:
    """Return one number for each axis."""
    return (size,) * axes if isinstance(size, int) else tuple(size)


class _MaxPool(Module):
    """What max pooling has in common."""

    _pool: ClassVar[Callable[..., Tensor | WithIndices]]

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        """Return the settings."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )

    def forward(self, input: Tensor) -> Tensor | WithIndices:
        """Return the maxima and, if asked for, their places."""
        return self._pool(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            self.ceil_mode,
            self.return_indices,
        )


class MaxPool1d(_MaxPool):
    """Maxima of windows of sequences."""

    _pool = staticmethod(F.max_pool1d)


class MaxPool2d(_MaxPool):
    """Maxima of windows of images."""

    _pool = staticmethod(F.max_pool2d)


class MaxPool3d(_MaxPool):
    """Maxima of windows of volumes."""

    _pool = staticmethod(F.max_pool3d)


class _MaxUnpool(Module):
    """What the way back of max pooling has in common."""

    _pool: ClassVar[Callable[..., Tensor]]

    axes: int

    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Size = 0) -> None:
        super().__init__()
        self.kernel_size = each(kernel_size, self.axes)
        self.stride = each(kernel_size if stride is None else stride, self.axes)
        self.padding = each(padding, self.axes)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"

    def forward(
        self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None
    ) -> Tensor:
        """Return planes of `output_size`, by default the least that fits."""
        return self._pool(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool1d(_MaxUnpool):
    """Maxima of sequences back at their places, among zeros."""

    axes = 1
    _pool = staticmethod(F.max_unpool1d)


class MaxUnpool2d(_MaxUnpool):
    """Maxima of images back at their places, among zeros."""

    axes = 2
    _pool = staticmethod(F.max_unpool2d)


class MaxUnpool3d(_MaxUnpool):
    """Maxima of volumes back at their places, among zeros."""

    axes = 3
    _pool = staticmethod(F.max_unpool3d)


class AvgPool1d(Module):
    """Means of windows of sequences."""

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = each(kernel_size, 1)
        self.stride = each(kernel_size if stride is None else stride, 1)
        self.padding = each(padding, 1)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"

    def forward(self, input: Tensor) -> Tensor:
        """Return the means."""
        return F.avg_pool1d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
        )


class _AvgPool(Module):
    """What the means of images and volumes have in common."""

    _pool: ClassVar[Callable[..., Tensor]]

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"

    def forward(self, input: Tensor) -> Tensor:
        """Return the means."""
        return self._pool(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class AvgPool2d(_AvgPool):
    """Means of windows of images."""

    _pool = staticmethod(F.avg_pool2d)


class AvgPool3d(_AvgPool):
    """Means of windows of volumes."""

    _pool = staticmethod(F.avg_pool3d)


class _LPPool(Module):
    """What power-average pooling has in common."""

    _pool: ClassVar[Callable[..., Tensor]]

    def __init__(
        self,
        norm_type: float,
        kernel_size: Size,
        stride: Size | None = None,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        """Return the settings."""
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}, ceil_mode={self.ceil_mode}"
        )

    def forward(self, input: Tensor) -> Tensor:
        """Return the norms."""
        return self._pool(input, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)


class LPPool1d(_LPPool):
    """(sum x^p)^(1/p) of windows of sequences."""

    _pool = staticmethod(F.lp_pool1d)


class LPPool2d(_LPPool):
    """(sum x^p)^(1/p) of windows of images."""

    _pool = staticmethod(F.lp_pool2d)


class LPPool3d(_LPPool):
    """(sum x^p)^(1/p) of windows of volumes."""

    _pool = staticmethod(F.lp_pool3d)
