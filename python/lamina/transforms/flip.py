"""Images turned over, at random."""

from __future__ import annotations

from lamina import _core
from lamina._core import Tensor
from lamina.transforms.base import ImageTransform


class _RandomFlip(ImageTransform):
    """Turns an image over along `_dim` with probability p."""

    _dim: int

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"[{self._get_name()}] expected a probability p from 0 to 1; got {p}")
        self.p = p

    def _change(self, images: Tensor) -> Tensor:
        chosen = _core.rand(len(images), 1, 1, 1) < self.p
        return _core.where(chosen, images.flip(self._dim), images)

    def extra_repr(self) -> str:
        """Return the probability."""
        return f"p={self.p}"


class RandomHorizontalFlip(_RandomFlip):
    """In training: exchanges left and right with probability p."""

    _dim = -1


class RandomVerticalFlip(_RandomFlip):
    """In training: exchanges top and bottom with probability p."""

    _dim = -2
