"""Pooling by windows that follow from the size of the result: adaptive and fractional."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from lamina._core import Tensor
from lamina.nn import functional as F
from lamina.nn.functional.adaptive import OpenSize
from lamina.nn.functional.pooling import Size, WithIndices
from lamina.nn.module import Module
from lamina.nn.pooling import each

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "FractionalMaxPool2d",
    "FractionalMaxPool3d",
]


class _AdaptiveMaxPool(Module):
    """What adaptive max pooling has in common."""

    _pool: ClassVar[Callable[..., Tensor | WithIndices]]

    def __init__(self, output_size: OpenSize, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"output_size={self.output_size}"

    def forward(self, input: Tensor) -> Tensor | WithIndices:
        """Return the maxima and, if asked for, their places."""
        return self._pool(input, self.output_size, self.return_indices)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """Maxima of `output_size` windows that cover sequences."""

    _pool = staticmethod(F.adaptive_max_pool1d)


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """Maxima of `output_size` windows that cover images."""

    _pool = staticmethod(F.adaptive_max_pool2d)


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """Maxima of `output_size` windows that cover volumes."""

    _pool = staticmethod(F.adaptive_max_pool3d)


class _AdaptiveAvgPool(Module):
    """What adaptive average pooling has in common."""

    _pool: ClassVar[Callable[..., Tensor]]

    def __init__(self, output_size: OpenSize) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"output_size={self.output_size}"

    def forward(self, input: Tensor) -> Tensor:
        """Return the means."""
        return self._pool(input, self.output_size)


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """Means of `output_size` windows that cover sequences."""

    _pool = staticmethod(F.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """Means of `output_size` windows that cover images."""

    _pool = staticmethod(F.adaptive_avg_pool2d)


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """Means of `output_size` windows that cover volumes."""

    _pool = staticmethod(F.adaptive_avg_pool3d)


class _FractionalMaxPool(Module):
    """What fractional max pooling has in common."""

    _pool: ClassVar[Callable[..., Tensor | WithIndices]]

    axes: int

    def __init__(
        self,
        kernel_size: Size,
        output_size: Size | None = None,
        output_ratio: float | Sequence[float] | None = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:
        super().__init__()
        ratios = (output_ratio,) * self.axes if isinstance(output_ratio, float) else output_ratio
        if (output_size is None) == (ratios is None):
            raise ValueError(
                f"[{type(self).__name__}] expected either output_size or output_ratio; "
                f"got {output_size} and {output_ratio}"
            )
        if ratios is not None and not all(0 < ratio < 1 for ratio in ratios):
            raise ValueError(
                f"[{type(self).__name__}] expected ratios between 0 and 1; got {output_ratio}"
            )
        self.kernel_size = each(kernel_size, self.axes)
        self.output_size = None if output_size is None else each(output_size, self.axes)
        self.output_ratio = ratios
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)

    def forward(self, input: Tensor) -> Tensor | WithIndices:
        """Return the maxima and, if asked for, their places."""
        return self._pool(
            input,
            self.kernel_size,
            self.output_size,
            self.output_ratio,
            self.return_indices,
            self._random_samples,
        )


class FractionalMaxPool2d(_FractionalMaxPool):
    """Maxima of windows at pseudo-random places of images."""

    axes = 2
    _pool = staticmethod(F.fractional_max_pool2d)


class FractionalMaxPool3d(_FractionalMaxPool):
    """Maxima of windows at pseudo-random places of volumes."""

    axes = 3
    _pool = staticmethod(F.fractional_max_pool3d)
