"""Pooling by windows of given size; adaptive.py has those that follow from the result's size."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lamina._core import Tensor, _nn

__all__ = [
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool2d_with_indices",
    "max_pool3d",
    "max_pool3d_with_indices",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
]

Size = int | Sequence[int]
WithIndices = tuple[Tensor, Tensor]

avg_pool1d = _nn.avg_pool1d
avg_pool2d = _nn.avg_pool2d
avg_pool3d = _nn.avg_pool3d


def max_pool1d_with_indices(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> WithIndices:
    """Return the maxima of windows of sequences, and their places in the flattened sequences."""
    return _nn.max_pool1d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor | WithIndices:
    """Return the maxima of windows of sequences; with `return_indices`, also their places."""
    pool = _nn.max_pool1d_with_indices if return_indices else _nn.max_pool1d
    return pool(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> WithIndices:
    """Return the maxima of windows of images, and their places in the flattened images."""
    return _nn.max_pool2d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor | WithIndices:
    """Return the maxima of windows of images; with `return_indices`, also their places."""
    pool = _nn.max_pool2d_with_indices if return_indices else _nn.max_pool2d
    return pool(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> WithIndices:
    """Return the maxima of windows of volumes, and their places in the flattened volumes."""
    return _nn.max_pool3d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor | WithIndices:
    """Return the maxima of windows of volumes; with `return_indices`, also their places."""
    pool = _nn.max_pool3d_with_indices if return_indices else _nn.max_pool3d
    return pool(input, kernel_size, stride, padding, dilation, ceil_mode)


def _as_many(size: Size, axes: int) -> Sequence[int]:
    return (size,) * axes if isinstance(size, int) else size


def _lp_root(averages: Tensor, norm_type: float, kernel_size: Size, axes: int) -> Tensor:
    """Return (sum x^p)^(1/p) from averages of x^p; 0 where they are not positive."""
    if norm_type == 0:
        raise ValueError("[lp_pool] expected a norm_type other than 0; got 0")
    elements = math.prod(_as_many(kernel_size, axes))
    signed = averages.sign() * averages.abs().relu()
    return signed.mul(elements).pow(1.0 / norm_type)


def lp_pool1d(
    input: Tensor,
    norm_type: float,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """Return the p-norms, without absolute values, of windows of sequences."""
    if norm_type == math.inf:
        return _nn.max_pool1d(input.abs(), kernel_size, stride, 0, 1, ceil_mode)
    if norm_type == -math.inf:
        return -_nn.max_pool1d(-input.abs(), kernel_size, stride, 0, 1, ceil_mode)
    averages = avg_pool1d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    return _lp_root(averages, norm_type, kernel_size, 1)


def lp_pool2d(
    input: Tensor,
    norm_type: float,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """Return the p-norms, without absolute values, of windows of images."""
    if norm_type == math.inf:
        return _nn.max_pool2d(input.abs(), kernel_size, stride, 0, 1, ceil_mode)
    if norm_type == -math.inf:
        return -_nn.max_pool2d(-input.abs(), kernel_size, stride, 0, 1, ceil_mode)
    averages = avg_pool2d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    return _lp_root(averages, norm_type, kernel_size, 2)


def lp_pool3d(
    input: Tensor,
    norm_type: float,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """Return the p-norms, without absolute values, of windows of volumes."""
    if norm_type == math.inf:
        return _nn.max_pool3d(input.abs(), kernel_size, stride, 0, 1, ceil_mode)
    if norm_type == -math.inf:
        return -_nn.max_pool3d(-input.abs(), kernel_size, stride, 0, 1, ceil_mode)
    averages = avg_pool3d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    return _lp_root(averages, norm_type, kernel_size, 3)


def _unpooled_sizes(
    name: str,
    input: Tensor,
    windows: tuple[Size, Size | None, Size],
    output_size: Sequence[int] | None,
    axes: int,
) -> Sequence[int]:
    """Return the sizes of what was pooled: the least that gives `input`, or those asked for."""
    kernel, stride, padding = (_as_many(windows[0] if w is None else w, axes) for w in windows)
    pooled = input.shape[input.ndim - axes :]
    least = [
        (n - 1) * s + k - 2 * p for n, s, k, p in zip(pooled, stride, kernel, padding, strict=True)
    ]
    if output_size is None:
        return least
    sizes = output_size[2:] if len(output_size) == axes + 2 else output_size
    fits = len(sizes) == axes and all(
        abs(n - m) < s for n, m, s in zip(sizes, least, stride, strict=True)
    )
    if not fits:
        raise ValueError(
            f"[{name}] expected output sizes less than a stride from {least}; got {output_size}"
        )
    return sizes


def max_unpool1d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Put what max_pool1d took from sequences back to its places, among zeros."""
    windows = (kernel_size, stride, padding)
    sizes = _unpooled_sizes("max_unpool1d", input, windows, output_size, 1)
    return _nn.max_unpool1d(input, indices, sizes)


def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Put what max_pool2d took from images back to its places, among zeros."""
    windows = (kernel_size, stride, padding)
    sizes = _unpooled_sizes("max_unpool2d", input, windows, output_size, 2)
    return _nn.max_unpool2d(input, indices, sizes)


def max_unpool3d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Put what max_pool3d took from volumes back to its places, among zeros."""
    windows = (kernel_size, stride, padding)
    sizes = _unpooled_sizes("max_unpool3d", input, windows, output_size, 3)
    return _nn.max_unpool3d(input, indices, sizes)
