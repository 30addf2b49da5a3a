"""Pooling by windows that follow from the size of the result: adaptive and fractional."""

from __future__ import annotations

from collections.abc import Sequence

from lamina import _core
from lamina._core import Tensor, _nn
from lamina.nn.functional.pooling import Size, WithIndices

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices",
    "fractional_max_pool2d",
    "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices",
]

OpenSize = int | Sequence[int | None] | None
Ratio = float | Sequence[float]


def _whole_sizes(name: str, input: Tensor, size: OpenSize, axes: int) -> Sequence[int]:
    """Put the input's size where None stands."""
    if isinstance(size, int):
        return (size,) * axes
    if size is None or len(size) != axes:
        raise ValueError(f"[{name}] expected a size or {axes} of them; got {size}")
    return [input.size(i - axes) if n is None else n for i, n in enumerate(size)]


def adaptive_max_pool1d_with_indices(
    input: Tensor, output_size: OpenSize, return_indices: bool = False
) -> WithIndices:
    """Return the maxima of `output_size` windows that cover sequences, and their places."""
    name = "adaptive_max_pool1d"
    return _nn.adaptive_max_pool1d(input, _whole_sizes(name, input, output_size, 1))


def adaptive_max_pool1d(
    input: Tensor, output_size: OpenSize, return_indices: bool = False
) -> Tensor | WithIndices:
    """Return the maxima of `output_size` windows that cover sequences."""
    pooled = adaptive_max_pool1d_with_indices(input, output_size)
    return pooled if return_indices else pooled[0]


def adaptive_avg_pool1d(input: Tensor, output_size: OpenSize) -> Tensor:
    """Return the means of `output_size` windows that cover sequences."""
    name = "adaptive_avg_pool1d"
    return _nn.adaptive_avg_pool1d(input, _whole_sizes(name, input, output_size, 1))


def adaptive_max_pool2d_with_indices(
    input: Tensor, output_size: OpenSize, return_indices: bool = False
) -> WithIndices:
    """Return the maxima of `output_size` windows that cover images, and their places."""
    name = "adaptive_max_pool2d"
    return _nn.adaptive_max_pool2d(input, _whole_sizes(name, input, output_size, 2))


def adaptive_max_pool2d(
    input: Tensor, output_size: OpenSize, return_indices: bool = False
) -> Tensor | WithIndices:
    """Return the maxima of `output_size` windows that cover images."""
    pooled = adaptive_max_pool2d_with_indices(input, output_size)
    return pooled if return_indices else pooled[0]


def adaptive_avg_pool2d(input: Tensor, output_size: OpenSize) -> Tensor:
    """Return the means of `output_size` windows that cover images."""
    name = "adaptive_avg_pool2d"
    return _nn.adaptive_avg_pool2d(input, _whole_sizes(name, input, output_size, 2))


def adaptive_max_pool3d_with_indices(
    input: Tensor, output_size: OpenSize, return_indices: bool = False
) -> WithIndices:
    """Return the maxima of `output_size` windows that cover volumes, and their places."""
    name = "adaptive_max_pool3d"
    return _nn.adaptive_max_pool3d(input, _whole_sizes(name, input, output_size, 3))


def adaptive_max_pool3d(
    input: Tensor, output_size: OpenSize, return_indices: bool = False
) -> Tensor | WithIndices:
    """Return the maxima of `output_size` windows that cover volumes."""
    pooled = adaptive_max_pool3d_with_indices(input, output_size)
    return pooled if return_indices else pooled[0]


def adaptive_avg_pool3d(input: Tensor, output_size: OpenSize) -> Tensor:
    """Return the means of `output_size` windows that cover volumes."""
    name = "adaptive_avg_pool3d"
    return _nn.adaptive_avg_pool3d(input, _whole_sizes(name, input, output_size, 3))


def _fractional_sizes(
    name: str, input: Tensor, size: Size | None, ratio: Ratio | None, axes: int
) -> Size:
    if size is not None:
        return size
    if ratio is None:
        raise ValueError(f"[{name}] expected an output_size or an output_ratio; got neither")
    if isinstance(ratio, float):
        ratio = [ratio] * axes
    if len(ratio) != axes or input.ndim < axes:
        raise ValueError(
            f"[{name}] expected {axes} ratios; got {ratio} for {input.ndim} dimensions"
        )
    return [int(input.size(i - axes) * part) for i, part in enumerate(ratio)]


def fractional_max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Size,
    output_size: Size | None = None,
    output_ratio: Ratio | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> WithIndices:
    """Return the maxima of windows at pseudo-random places of images, and their places."""
    sizes = _fractional_sizes("fractional_max_pool2d", input, output_size, output_ratio, 2)
    if _random_samples is None:
        batch = 1 if input.ndim == 3 else input.size(0)
        _random_samples = _core.rand(batch, input.size(-3), 2, dtype=input.dtype)
    return _nn.fractional_max_pool2d(input, kernel_size, sizes, _random_samples)


def fractional_max_pool2d(
    input: Tensor,
    kernel_size: Size,
    output_size: Size | None = None,
    output_ratio: Ratio | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Tensor | WithIndices:
    """Return the maxima of windows at pseudo-random places of images."""
    pooled = fractional_max_pool2d_with_indices(
        input, kernel_size, output_size, output_ratio, True, _random_samples
    )
    return pooled if return_indices else pooled[0]


def fractional_max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Size,
    output_size: Size | None = None,
    output_ratio: Ratio | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> WithIndices:
    """Return the maxima of windows at pseudo-random places of volumes, and their places."""
    sizes = _fractional_sizes("fractional_max_pool3d", input, output_size, output_ratio, 3)
    if _random_samples is None:
        batch = 1 if input.ndim == 4 else input.size(0)
        _random_samples = _core.rand(batch, input.size(-4), 3, dtype=input.dtype)
    return _nn.fractional_max_pool3d(input, kernel_size, sizes, _random_samples)


def fractional_max_pool3d(
    input: Tensor,
    kernel_size: Size,
    output_size: Size | None = None,
    output_ratio: Ratio | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Tensor | WithIndices:
    """Return the maxima of windows at pseudo-random places of volumes."""
    pooled = fractional_max_pool3d_with_indices(
        input, kernel_size, output_size, output_ratio, True, _random_samples
    )
    return pooled if return_indices else pooled[0]
