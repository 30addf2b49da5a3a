"""Changes of an image's values: noise, and the scale that networks like."""

from __future__ import annotations

from collections.abc import Sequence

from lamina import _core
from lamina._core import Tensor
from lamina.nn import Module
from lamina.transforms.base import ImageTransform


class GaussianNoise(ImageTransform):
    """In training: adds normal noise to floating images, and keeps them in 0..1 with `clip`."""

    def __init__(self, mean: float = 0.0, sigma: float = 0.1, clip: bool = True) -> None:
        super().__init__()
        self._expect(sigma >= 0, "a sigma of 0 or more", sigma)
        self.mean = mean
        self.sigma = sigma
        self.clip = clip

    def _change(self, images: Tensor) -> Tensor:
        noisy = images + (self.mean + self.sigma * _core.randn_like(images))
        return noisy.clamp(0, 1) if self.clip else noisy

    def extra_repr(self) -> str:
        """Return mean, sigma and clip."""
        return f"mean={self.mean}, sigma={self.sigma}, clip={self.clip}"


class Normalize(Module):
    """Subtracts the mean of each channel and divides by its deviation, in eval mode too.

    The statistics are given; `nn.Standardize` learns and saves them.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, mean: float | Sequence[float], std: float | Sequence[float]) -> None:
        super().__init__()
        for name, values in (("mean", mean), ("std", std)):
            channels = _core.tensor(values, dtype=_core.float64).reshape(-1, 1, 1)
            self.register_buffer(name, channels, persistent=False)
        if (self.std == 0).any():
            raise ValueError(f"[Normalize] expected deviations other than 0; got {std}")

    def forward(self, images: Tensor) -> Tensor:
        """Scale images (..., C, H, W)."""
        if not images.is_floating_point():
            raise TypeError(f"[Normalize] expected floating images; got {images.dtype}")
        return (images - self.mean.to(images.dtype)) / self.std.to(images.dtype)

    def extra_repr(self) -> str:
        """Return the statistics."""
        return f"mean={self.mean.flatten().tolist()}, std={self.std.flatten().tolist()}"
