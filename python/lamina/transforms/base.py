"""What random changes of images share: whole batches go in, and eval mode changes nothing."""

from __future__ import annotations

from typing import Any

from lamina._core import Tensor
from lamina.nn import Module


class ImageTransform(Module):
    """In training: changes each image of (..., C, H, W) by its own draw."""

    def forward(self, images: Tensor) -> Tensor:
        """Change a batch, or one image."""
        shape = tuple(images.shape)
        self._expect(images.ndim >= 3, "images (..., C, H, W), grey ones with C = 1", shape)
        change = self._change if self.training and images.numel() else self._rest
        if images.ndim == 4:
            return change(images)
        changed = change(images.unsqueeze(0).flatten(0, -4))
        return changed.reshape(*shape[:-2], *changed.shape[-2:])

    def _change(self, images: Tensor) -> Tensor:
        """Return a changed batch (N, C, H, W)."""
        raise NotImplementedError

    def _rest(self, images: Tensor) -> Tensor:
        """Return the batch as it is in eval mode."""
        return images

    def _expect(self, condition: bool, expected: str, got: Any) -> None:
        if not condition:
            raise ValueError(f"[{self._get_name()}] expected {expected}; got {got}")
