"""Images: resampling, shuffling, folding."""

from __future__ import annotations

from collections.abc import Sequence

from lamina import _core
from lamina._core import Tensor, _nn
from lamina.functional.creation import linspace
from lamina.functional.shape import meshgrid
from lamina.nn.functional.adaptive import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
)

__all__ = [
    "affine_grid",
    "channel_shuffle",
    "fold",
    "grid_sample",
    "interpolate",
    "pixel_shuffle",
    "pixel_unshuffle",
    "unfold",
    "upsample",
    "upsample_bilinear",
    "upsample_nearest",
]

fold = _nn.fold
unfold = _nn.unfold

# The dimensions after (N, C) that a mode is for.
_AXES = {
    "nearest": (1, 2, 3),
    "nearest-exact": (1, 2, 3),
    "area": (1, 2, 3),
    "linear": (1,),
    "bilinear": (2,),
    "bicubic": (2,),
    "lanczos": (2,),
    "trilinear": (3,),
}
_UNALIGNED = ("nearest", "nearest-exact", "area")
_ANTIALIASED = ("bilinear", "bicubic", "lanczos")
_AREA = {1: adaptive_avg_pool1d, 2: adaptive_avg_pool2d, 3: adaptive_avg_pool3d}


def interpolate(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Resample the dimensions after (N, C) to `size`, or to `scale_factor` times their sizes.

    With `align_corners` the centers of the corner elements stay where they are, else the corners
    of the image; with `antialias` an element of a smaller image sees all that it stands for.
    """
    axes = input.ndim - 2
    _check_mode(mode, axes, align_corners, antialias)
    sizes, scales = _sizes(input, size, scale_factor)
    if recompute_scale_factor:
        if size is not None:
            raise ValueError(
                "[interpolate] expected no recompute_scale_factor beside a size; got both"
            )
        scales = None
    if mode == "area":
        return _AREA[axes](input, sizes)
    return _nn.interpolate(input, sizes, mode, bool(align_corners), antialias, scales)


def _check_mode(mode: str, axes: int, align_corners: bool | None, antialias: bool) -> None:
    if axes not in _AXES.get(mode, ()):
        known = ", ".join(_AXES)
        raise ValueError(
            f"[interpolate] expected a mode among {known} that fits the dimensions; "
            f"got {mode} for {axes + 2} dimensions"
        )
    if align_corners is not None and mode in _UNALIGNED:
        raise ValueError(
            f"[interpolate] expected align_corners with linear and cubic modes only; got {mode}"
        )
    if antialias and not (mode in _ANTIALIASED and axes == 2):
        raise ValueError(f"[interpolate] expected antialias with {_ANTIALIASED}; got {mode}")
    if mode == "lanczos" and (align_corners or not antialias):
        raise ValueError(
            "[interpolate] expected antialias and no align_corners with lanczos; "
            f"got antialias={antialias}, align_corners={align_corners}"
        )


def _sizes(
    input: Tensor, size: int | Sequence[int] | None, scale: float | Sequence[float] | None
) -> tuple[Sequence[int], Sequence[float] | None]:
    """Return the sizes of the result and, if these came from scales, the scales."""
    inner = input.shape[2:]
    if (size is None) == (scale is None):
        raise ValueError(
            f"[interpolate] expected either size or scale_factor; got {size} and {scale}"
        )
    if size is not None:
        sizes = (size,) * len(inner) if isinstance(size, int) else size
        if len(sizes) != len(inner):
            raise ValueError(f"[interpolate] expected {len(inner)} sizes; got {size}")
        return sizes, None
    assert scale is not None
    scales = (scale,) * len(inner) if isinstance(scale, (int, float)) else scale
    if len(scales) != len(inner):
        raise ValueError(f"[interpolate] expected {len(inner)} scale factors; got {scale}")
    return [int(n * factor) for n, factor in zip(inner, scales, strict=True)], scales


def upsample(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """Return `interpolate` of the same arguments."""
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
) -> Tensor:
    """Repeat the nearest elements."""
    return interpolate(input, size, scale_factor)


def upsample_bilinear(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
) -> Tensor:
    """Interpolate images between their corners."""
    return interpolate(input, size, scale_factor, "bilinear", True)


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """Sample images (N, C, H, W) or volumes at the places of `grid` (N, h, w, 2) or (..., 3).

    -1 and 1 are the edges of the image, x first; with `align_corners` the centers of its outermost
    elements.
    """
    return _nn.grid_sample(input, grid, mode, padding_mode, bool(align_corners))


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """Return where affine maps `theta` (N, 2, 3) or (N, 3, 4) place the elements of `size`."""
    axes = len(size) - 2
    if axes not in (2, 3) or min(size) <= 0:
        raise ValueError(f"[affine_grid] expected 4 or 5 sizes above 0; got {tuple(size)}")
    if not theta.is_floating_point():
        raise ValueError(f"[affine_grid] expected a floating theta; got {theta.dtype}")
    if theta.shape != (size[0], axes, axes + 1):
        raise ValueError(
            f"[affine_grid] expected theta of shape {(size[0], axes, axes + 1)} for size "
            f"{tuple(size)}; got {tuple(theta.shape)}"
        )
    ticks = [_ticks(n, bool(align_corners), theta) for n in size[2:]]
    ones = _core.ones(tuple(size[2:]), dtype=theta.dtype)
    places = _core.stack([*reversed(meshgrid(*ticks)), ones], -1).reshape(-1, axes + 1)
    return (places @ theta.transpose(1, 2)).reshape(size[0], *size[2:], axes)


def _ticks(n: int, align_corners: bool, like: Tensor) -> Tensor:
    """Return the centers of n elements between -1 and 1, or points from -1 to 1."""
    if align_corners and n > 1:
        return linspace(-1, 1, n, dtype=like.dtype)
    return (_core.arange(n, dtype=like.dtype) * 2 + (1 - n)) / n


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Turn (*, C r^2, H, W) into (*, C, H r, W r): r^2 channels make one finer one."""
    r = upscale_factor
    if input.ndim < 3 or r < 1 or input.size(-3) % (r * r) != 0:
        raise ValueError(
            "[pixel_shuffle] expected at least 3 dimensions and channels in multiples of "
            f"upscale_factor^2; got {tuple(input.shape)} and {r}"
        )
    *batch, c, h, w = input.shape
    last = len(batch)
    order = [*range(last), last, last + 3, last + 1, last + 4, last + 2]
    fine = input.reshape(*batch, c // (r * r), r, r, h, w).permute(*order)
    return fine.reshape(*batch, c // (r * r), h * r, w * r)


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Turn (*, C, H r, W r) into (*, C r^2, H, W), as pixel_shuffle backwards."""
    r = downscale_factor
    if input.ndim < 3 or r < 1 or input.size(-2) % r != 0 or input.size(-1) % r != 0:
        raise ValueError(
            "[pixel_unshuffle] expected at least 3 dimensions and images in multiples of "
            f"downscale_factor; got {tuple(input.shape)} and {r}"
        )
    *batch, c, h, w = input.shape
    last = len(batch)
    order = [*range(last), last, last + 2, last + 4, last + 1, last + 3]
    coarse = input.reshape(*batch, c, h // r, r, w // r, r).permute(*order)
    return coarse.reshape(*batch, c * r * r, h // r, w // r)


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Interleave `groups` groups of channels (N, C, *)."""
    if input.ndim < 3 or groups < 1 or input.size(1) % groups != 0:
        raise ValueError(
            "[channel_shuffle] expected at least 3 dimensions and channels in multiples of "
            f"groups; got {tuple(input.shape)} and {groups}"
        )
    n, c, *inner = input.shape
    mixed = input.reshape(n, groups, c // groups, *inner).transpose(1, 2)
    return mixed.reshape(n, c, *inner)
