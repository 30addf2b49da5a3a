"""What the figures of the lectures have in common: their look and the folder they go to."""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

import lamina as lm

plt.rcParams.update(
    {
        "axes.axisbelow": True,
        "axes.grid": True,
        "axes.prop_cycle": plt.cycler(color=lm.plot.COLORS),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "grid.color": "#e6e6e6",
        "legend.frameon": False,
    }
)


def panels(*titles: str, width: float = 4.2, height: float = 3.6) -> list[Axes]:
    """Return axes side by side in a new figure, one a title."""
    size = (width * len(titles), height)
    _, axes = plt.subplots(1, len(titles), figsize=size, squeeze=False, layout="constrained")
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(title, fontsize=11)
    return list(axes[0])


def show(finding: str, ax: Axes) -> None:
    """Print what was found and save the figure, in the folder named on the command line."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "figures")
    folder.mkdir(parents=True, exist_ok=True)
    ax.figure.savefig(folder / f"{Path(sys.argv[0]).stem}.png", dpi=120)
    print(finding)
