"""What all pictures share: axes, colours, arrays of tensors. No picture is drawn here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lamina._core import Tensor

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Told apart by the colour-blind too, and in this order: neighbours differ in lightness.
COLORS = (
    "#2f6db5", "#d9553f", "#2a9d7c", "#e3a72f", "#7b5ea7",
    "#57b4d8", "#a8395b", "#8aa63a", "#8c6d4f", "#6b7280",
)  # fmt: skip
INK = "#333333"


def pyplot() -> Any:
    """Return matplotlib.pyplot."""
    try:
        import matplotlib.pyplot
    except ImportError as missing:
        raise ImportError(
            "[plot] expected matplotlib, which draws: pip install 'lamina[plot]'"
        ) from missing
    return matplotlib.pyplot


def axes_or_new(ax: Axes | None, size: tuple[float, float] = (6, 4)) -> Axes:
    """Return the given axes, or those of a new figure."""
    return ax if ax is not None else new_axes(1, size)[0]


def new_axes(count: int, size: tuple[float, float]) -> list[Axes]:
    """Return the axes of a new figure, side by side, each of the given size in inches."""
    figure_size = (count * size[0], size[1])
    _, table = pyplot().subplots(1, count, figsize=figure_size, squeeze=False, layout="constrained")
    return list(table[0])


def plain(ax: Axes, *, grid: bool = True) -> None:
    """Take away the frame's upper and right sides, and draw faint lines to read values by."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color("#999999")
    ax.tick_params(color="#999999")
    if grid:
        ax.grid(color="#e6e6e6", linewidth=0.8)
        ax.set_axisbelow(True)


def name_ticks(ax: Axes, names: Sequence[str], room: int) -> None:
    """Put names under the axis; turned, if one is longer than there is room for."""
    ax.set_xticks(range(len(names)), names)
    if max(map(len, names)) > room:
        for text in ax.get_xticklabels():
            text.set(rotation=45, ha="right", rotation_mode="anchor")


def whole_steps(ax: Axes) -> None:
    """Put ticks at whole numbers of epochs or steps."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))


def array(x: Any) -> np.ndarray[Any, Any]:
    """Return the values of a tensor, an array or nested lists."""
    return np.asarray(x.detach() if isinstance(x, Tensor) else x)
