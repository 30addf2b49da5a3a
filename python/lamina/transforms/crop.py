"""Pieces of images, at random places."""

from __future__ import annotations

from collections.abc import Sequence

from lamina import _core
from lamina._core import Tensor
from lamina.nn import functional as F
from lamina.transforms.base import ImageTransform

_MODES = {"constant": "constant", "edge": "replicate", "reflect": "reflect"}


class RandomCrop(ImageTransform):
    """Cuts `size` out of each image, after padding it: at random in training, else the middle.

    `padding` is that of all sides, of (left and right, top and bottom), or of (left, top, right,
    bottom); so images of this size are shifted in training, and unchanged in eval mode.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        padding: int | Sequence[int] | None = None,
        *,
        fill: float = 0,
        padding_mode: str = "constant",
    ) -> None:
        super().__init__()
        self.size = (size, size) if isinstance(size, int) else tuple(size)
        positive = len(self.size) == 2 and min(self.size) > 0
        self._expect(positive, "a height and width of 1 or more", size)
        self.padding = padding
        sides = (padding or 0,) if isinstance(padding, int | None) else tuple(padding)
        self._expect(len(sides) in (1, 2, 4), "1, 2 or 4 sizes of padding", padding)
        left, top, right, bottom = sides * (4 // len(sides))
        self._sides = (left, right, top, bottom)
        self.fill = fill
        self._expect(padding_mode in _MODES, f"a padding_mode of {list(_MODES)}", padding_mode)
        self.padding_mode = padding_mode

    def _change(self, images: Tensor) -> Tensor:
        padded, spare = self._padded(images)
        top, left = (_core.randint(size + 1, (len(images), 1, 1)) for size in spare)
        n, channels, rows, columns = padded.shape
        height, width = self.size
        row = _core.arange(n * channels).reshape(n, channels, 1) * rows
        starts = (row + top + _core.arange(height)) * columns + left
        # Of all pieces of `width` elements, which overlap in memory, these are copied.
        pieces = padded.reshape(-1).unfold(0, width, 1).index_select(0, starts.reshape(-1))
        return pieces.reshape(n, channels, height, width)

    def _rest(self, images: Tensor) -> Tensor:
        padded, (top, left) = self._padded(images)
        return padded.narrow(-2, top // 2, self.size[0]).narrow(-1, left // 2, self.size[1])

    def _padded(self, images: Tensor) -> tuple[Tensor, tuple[int, int]]:
        """Return padded images, and by how much these are larger than the pieces."""
        if any(self._sides):
            mode = _MODES[self.padding_mode]
            value = self.fill if mode == "constant" else None
            images = F.pad(images, self._sides, mode, value)
        spare = (images.shape[-2] - self.size[0], images.shape[-1] - self.size[1])
        large = f"images of {self.size} or more with their padding"
        self._expect(min(spare) >= 0, large, tuple(images.shape[-2:]))
        return images, spare

    def extra_repr(self) -> str:
        """Return size and padding."""
        return f"size={self.size}, padding={self.padding}"
