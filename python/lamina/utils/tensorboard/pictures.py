"""Arrays as pictures: their dimensions in order, several in a grid, in PNG's form."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_COLUMNS = 8
_COLORS = {1: 0, 3: 2, 4: 6}  # PNG's codes of grey, RGB and RGBA, by channels


def pixels(image: Array, dataformats: str) -> Array:
    """Return bytes (height, width, channels); with an N, many images become one grid.

    Floating images are from 0 to 1, those of bytes from 0 to 255.
    """
    letters = dataformats.upper()
    known = len(set(letters)) == len(letters) and {"H", "W"} <= set(letters) <= set("NCHW")
    if not known or image.ndim != len(letters):
        raise ValueError(
            "[add_image] expected as many dimensions as dataformats, of the letters N, C, H and W, "
            f"says; got shape {image.shape} and {dataformats!r}"
        )
    present = [letter for letter in "NHWC" if letter in letters]
    image = image.transpose([letters.index(letter) for letter in present])
    if "C" not in letters:
        image = image[..., None]
    if "N" in letters:
        image = _grid(image)
    if image.shape[-1] not in _COLORS:
        raise ValueError(f"[add_image] expected 1, 3 or 4 channels; got {image.shape[-1]}")
    return _bytes(image)


def _bytes(image: Array) -> Array:
    if image.dtype == np.uint8:
        return image
    if image.dtype.kind not in "fb":
        raise TypeError(f"[add_image] expected bytes or floating numbers; got {image.dtype}")
    return np.clip(np.nan_to_num(image) * 255.0, 0, 255).astype(np.uint8)


def _grid(images: Array) -> Array:
    """Set images (count, height, width, channels) in rows of eight."""
    count, height, width, channels = images.shape
    columns = min(count, _COLUMNS)
    rows = -(-count // _COLUMNS)
    grid = np.zeros((rows * columns, height, width, channels), images.dtype)
    grid[:count] = images
    parts = grid.reshape(rows, columns, height, width, channels)
    return parts.swapaxes(1, 2).reshape(rows * height, columns * width, channels)


def drawn(figures: Any, close: bool) -> Array:
    """Return the pixels of matplotlib's figures, of several in a grid."""
    several = figures if isinstance(figures, Sequence) else [figures]
    images = np.stack([_drawn(figure) for figure in several])
    if close:
        from matplotlib import pyplot

        for figure in several:
            pyplot.close(figure)
    return pixels(images, "NHWC")


def _drawn(figure: Any) -> Array:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="rgba", dpi=figure.dpi)
    width, height = (int(size) for size in figure.bbox.size)
    return np.frombuffer(buffer.getvalue(), np.uint8).reshape(height, width, 4)


def png(image: Array) -> bytes:
    """Return bytes (height, width, channels) as a PNG file."""
    height, width, channels = image.shape
    head = struct.pack(">IIBBBBB", width, height, 8, _COLORS[channels], 0, 0, 0)
    lines = np.zeros((height, 1 + width * channels), np.uint8)  # each begins with its filter: none
    lines[:, 1:] = image.reshape(height, -1)
    data = zlib.compress(lines.tobytes())
    chunks = [(b"IHDR", head), (b"IDAT", data), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
