"""Pictures of pictures: images with labels, a layer's filters and what it makes of an image.

All are tiles of one image on one pair of axes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lamina.nn import Module
from lamina.plot._axes import INK, array, axes_or_new
from lamina.train.model import evaluating

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FINE = 20  # pixels of a tile at least

Values = np.ndarray[Any, Any]


def images(
    x: Any,
    labels: Sequence[Any] | Any | None = None,
    ax: Axes | None = None,
    *,
    columns: int | None = None,
    cmap: str = "gray",
) -> Axes:
    """Draw images (n, height, width) or (n, channels, height, width), of 1 or 3 channels.

    Grey ones use the colours of `cmap` from the least value to the largest; coloured ones are in
    0..1, or 0..255 as bytes. `labels` stand above the images.
    """
    tiles = array(x)
    if tiles.ndim == 3:
        tiles = tiles[:, None]
    if tiles.ndim != 4 or tiles.shape[1] not in (1, 3):
        raise ValueError(
            "[images] expected images (n, height, width) or (n, 1 or 3, height, width); "
            f"got shape {array(x).shape}"
        )
    names = None if labels is None else [str(label) for label in array(labels).tolist()]
    if names is not None and len(names) != len(tiles):
        raise ValueError(f"[images] expected {len(tiles)} labels, as images; got {len(names)}")
    if tiles.dtype == np.uint8 and tiles.shape[1] == 3:
        tiles = tiles / 255
    if not len(tiles):  # a model without mistakes is no error
        ax = axes_or_new(ax)
        ax.axis("off")
        return ax
    columns = columns or math.ceil(math.sqrt(len(tiles) * 1.6))
    return _mosaic(ax, tiles, min(columns, len(tiles)), names, cmap=cmap)


def filters(layer: Any, ax: Axes | None = None) -> Axes:
    """Draw the filters of a 2-d convolution, or of its weight (out, in, height, width).

    Filters on one channel lie side by side and those on three are coloured; of others each row is
    a filter, and each column an input channel. Red is positive, blue negative, white zero.
    """
    weight = array(layer.weight if isinstance(layer, Module) else layer)
    if weight.ndim != 4 or not weight.size:
        raise ValueError(
            "[filters] expected a 2-d convolution or a weight (out, in, height, width); "
            f"got shape {weight.shape}"
        )
    count, channels, height, width = weight.shape
    if channels == 3:
        low, high = weight.min(), weight.max()
        tiles = (weight - low) / ((high - low) or 1)
        return _mosaic(ax, tiles, math.ceil(math.sqrt(count)))
    columns = channels if channels > 1 else math.ceil(math.sqrt(count * 1.6))
    limit = float(np.abs(weight).max()) or 1.0
    tiles = weight.reshape(-1, 1, height, width)
    return _mosaic(ax, tiles, min(columns, len(tiles)), cmap="RdBu_r", limits=(-limit, limit))


def feature_maps(model: Module, x: Any, layer: str | Module, ax: Axes | None = None) -> Axes:
    """Draw what a layer, or the one of that name, returns for the first image of a batch."""
    modules = dict(model.named_modules())
    if isinstance(layer, str) and layer not in modules:
        known = ", ".join(filter(None, modules))
        raise ValueError(f"[feature_maps] expected a layer among {known}; got {layer!r}")
    module = modules[layer] if isinstance(layer, str) else layer
    seen: list[Any] = []
    hook = module.register_forward_hook(lambda module, args, output: seen.append(output))
    try:
        with evaluating(model):
            model(x)
    finally:
        hook.remove()
    if not seen:
        raise ValueError("[feature_maps] expected a layer that the model calls; got another")
    maps = array(seen[-1])
    if maps.ndim != 4:
        raise ValueError(
            "[feature_maps] expected a layer that returns (n, channels, height, width); "
            f"got shape {maps.shape}"
        )
    tiles = maps[0][:, None]
    return _mosaic(ax, tiles, math.ceil(math.sqrt(len(tiles) * 1.6)), cmap="viridis")


def _mosaic(
    ax: Axes | None,
    tiles: Values,
    columns: int,
    names: Sequence[str] | None = None,
    *,
    cmap: str = "gray",
    limits: tuple[float | None, float | None] = (None, None),
) -> Axes:
    """Draw tiles (n, 1 or 3, height, width) row by row, with names above them if any."""
    finer = -(-_FINE // max(tiles.shape[2:]))  # the gaps are whole pixels
    tiles = tiles.repeat(finer, 2).repeat(finer, 3)
    count, channels, height, width = tiles.shape
    rows = -(-count // columns)
    gap = round(0.14 * max(height, width))
    above = gap if names is None else round(0.34 * height)
    first = 0 if names is None else above
    down, right = height + above, width + gap
    sheet = np.full((first + rows * down - above, columns * right - gap, channels), np.nan)
    corners = [(first + i // columns * down, i % columns * right) for i in range(count)]
    for tile, (top, left) in zip(tiles, corners, strict=True):
        sheet[top : top + height, left : left + width] = tile.transpose(1, 2, 0)
    inch = min(0.9, 9 / columns) / right
    ax = axes_or_new(ax, (max(2.0, sheet.shape[1] * inch), max(1.0, sheet.shape[0] * inch)))
    shown = sheet[..., 0] if channels == 1 else np.nan_to_num(sheet, nan=1.0).clip(0, 1)
    ax.imshow(shown, cmap=cmap, vmin=limits[0], vmax=limits[1], interpolation="nearest")
    ax.axis("off")
    size = min(9.0, max(5.0, 14 * inch * right))
    for name, (top, left) in zip(names or (), corners, strict=False):
        middle = left + (width - 1) / 2
        ax.text(middle, top - 0.2 * above, name, ha="center", fontsize=size, color=INK)
    return ax
