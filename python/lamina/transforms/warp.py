"""Images turned, shifted and scaled, at random."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lamina import _core
from lamina._core import Tensor
from lamina.nn import functional as F
from lamina.transforms.base import ImageTransform

_MODES = ("nearest", "bilinear")


class _RandomWarp(ImageTransform):
    """What the changes share that resample an image; `degrees` is a range, or its positive half."""

    def __init__(self, degrees: float | Sequence[float], interpolation: str, fill: float) -> None:
        super().__init__()
        angles = (-degrees, degrees) if isinstance(degrees, int | float) else tuple(degrees)
        right = len(angles) == 2 and angles[0] <= angles[1]
        self._expect(right, "degrees of 0 or more, or their range", degrees)
        self._expect(interpolation in _MODES, f"an interpolation of {_MODES}", interpolation)
        self.degrees = angles
        self.interpolation = interpolation
        self.fill = fill

    def _warped(
        self, images: Tensor, angle: Tensor, factor: Tensor, x: Tensor, y: Tensor
    ) -> Tensor:
        """Turn images counterclockwise about the middle, scale, and shift by x and y pixels."""
        height, width = images.shape[-2:]
        cos, sin = angle.cos() / factor, angle.sin() / factor
        x, y = x * 2 / width, y * 2 / height  # in units of affine_grid, half of an image
        right, down = -sin * height / width, sin * width / height
        rows = [cos, right, -cos * x - right * y, down, cos, -down * x - cos * y]
        theta = _core.stack(rows, 1).reshape(-1, 2, 3)
        whole = not images.is_floating_point()
        values = images.float() if whole else images
        grid = F.affine_grid(theta.to(values.dtype), images.shape, False)
        sampled = F.grid_sample(values - self.fill, grid, self.interpolation, "zeros", False)
        sampled = sampled + self.fill
        return sampled.round().to(images.dtype) if whole else sampled

    def extra_repr(self) -> str:
        """Return the range of angles."""
        return f"degrees={self.degrees}"


class RandomRotation(_RandomWarp):
    """In training: turns each image about its middle, counterclockwise.

    The angle comes from -degrees..degrees, or from the range `degrees`; what comes into sight has
    the value `fill`.
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        interpolation: str = "nearest",
        *,
        fill: float = 0,
    ) -> None:
        super().__init__(degrees, interpolation, fill)

    def _change(self, images: Tensor) -> Tensor:
        angle = _uniform(len(images), self.degrees) * (math.pi / 180)
        zero = _core.zeros_like(angle)
        return self._warped(images, angle, zero + 1, zero, zero)


class RandomAffine(_RandomWarp):
    """In training: turns each image about its middle, clockwise, scales it and shifts it.

    The angle comes from -degrees..degrees or from the range `degrees`, the factor from the range
    `scale`, the shift from up to `translate`, as parts of width and height, in whole pixels.
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        *,
        interpolation: str = "nearest",
        fill: float = 0,
    ) -> None:
        super().__init__(degrees, interpolation, fill)
        parts = (0.0, 0.0) if translate is None else tuple(translate)
        right = len(parts) == 2 and all(0 <= part <= 1 for part in parts)
        self._expect(right, "translate as two parts from 0 to 1", translate)
        factors = (1.0, 1.0) if scale is None else tuple(scale)
        right = len(factors) == 2 and 0 < factors[0] <= factors[1]
        self._expect(right, "scale as a range above 0", scale)
        self.translate = parts
        self.scale = factors

    def _change(self, images: Tensor) -> Tensor:
        count, (height, width) = len(images), images.shape[-2:]
        angle = _uniform(count, self.degrees) * (-math.pi / 180)
        factor = _uniform(count, self.scale)
        across, along = self.translate[0] * width, self.translate[1] * height
        x = _uniform(count, (-across, across)).round()
        y = _uniform(count, (-along, along)).round()
        return self._warped(images, angle, factor, x, y)

    def extra_repr(self) -> str:
        """Return the ranges."""
        return f"{super().extra_repr()}, translate={self.translate}, scale={self.scale}"


def _uniform(count: int, bounds: Sequence[float]) -> Tensor:
    low, high = bounds
    return low + (high - low) * _core.rand(count)
