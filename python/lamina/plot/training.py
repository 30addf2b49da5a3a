"""Pictures of how a training went: its history, the layers' health, the learning rate."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from lamina.diagnostics import Health, LayerHealth, RateSweep
from lamina.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from lamina.plot._axes import (
    COLORS,
    array,
    axes_or_new,
    name_ticks,
    new_axes,
    plain,
    pyplot,
    whole_steps,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MANY = 10  # lines above which a legend no longer helps


def history(
    history: Any,
    names: str | Sequence[str] | None = None,
    ax: Axes | Sequence[Axes] | None = None,
) -> list[Axes]:
    """Draw what a training measured each epoch, in training and validation: one axes a quantity.

    `history` is what `Trainer.fit` returns, or a dict of lists by name; `names` chooses among the
    quantities, by default all that are single numbers. `ax` takes an axes for each of them.
    """
    values: Mapping[str, Any] = getattr(history, "history", history)
    if not isinstance(values, Mapping):
        raise TypeError(f"[history] expected a History or a dict; got {type(values).__name__}")
    single = [name for name, line in values.items() if all(np.ndim(value) == 0 for value in line)]
    known = list(dict.fromkeys(name.removeprefix("val_") for name in single))
    chosen = known if names is None else [names] if isinstance(names, str) else list(names)
    for name in chosen:
        if name not in known:
            raise ValueError(f"[history] expected names among {known}; got {name!r}")
    if not chosen:
        raise ValueError("[history] expected a history with values; got an empty one")
    if ax is None:
        panels = new_axes(len(chosen), (5, 3.6))
    else:
        panels = [*ax] if isinstance(ax, Iterable) else [ax]
    if len(panels) != len(chosen):
        raise ValueError(
            f"[history] expected {len(chosen)} axes, for {', '.join(chosen)}; got {len(panels)}: "
            "give as many, or choose with names="
        )
    first = 1 + next(iter(getattr(history, "epoch", ())), 0)  # a resumed training begins later
    for panel, name in zip(panels, chosen, strict=True):
        _epochs(panel, name, values, first)
    return panels


def _epochs(ax: Axes, name: str, values: Mapping[str, Any], first: int) -> None:
    for key, label, color in (
        (name, "training", COLORS[0]),
        (f"val_{name}", "validation", COLORS[1]),
    ):
        if key in values:
            y = np.asarray(values[key], float)  # None, as of epochs without validation, is NaN
            marker = "o" if len(y) < 20 else ""
            epochs = np.arange(first, first + len(y))
            ax.plot(epochs, y, color=color, label=label, marker=marker, markersize=4)
    ax.set_title(name.replace("_", " "))
    ax.set_xlabel("epoch")
    plain(ax)
    whole_steps(ax)
    if f"val_{name}" in values:
        ax.legend(frameon=False)


def health(
    health: Any, statistic: str = "gradient", ax: Axes | None = None, *, log: bool = True
) -> Axes:
    """Draw a statistic of each layer, from the first (dark) to the last (bright).

    `health` is a `diagnostics.Health`, a list of what its `read()` returned (at each epoch, say),
    or a dict with a list of numbers a layer. Layers with one number each lie along the axis. On a
    logarithmic axis (`log`) zeros leave gaps.
    """
    table = health if isinstance(health, Mapping) else _by_layer(health, statistic)
    lines = {name: np.atleast_1d(array(values)).astype(float) for name, values in table.items()}
    if not lines or any(line.ndim != 1 for line in lines.values()):
        raise ValueError("[health] expected a list of numbers for each of one or more layers")
    ax = axes_or_new(ax)
    if log:
        ax.set_yscale("log")
        lines = {name: np.where(line > 0, line, np.nan) for name, line in lines.items()}
    if all(len(line) == 1 for line in lines.values()):
        ax.plot(range(len(lines)), [line[0] for line in lines.values()], "o-", color=COLORS[0])
        name_ticks(ax, list(lines), 60 // len(lines))
    else:
        _steps(ax, lines)
    ax.set_ylabel(statistic.replace("_", " "))
    plain(ax)
    return ax


def _by_layer(health: Any, statistic: str) -> dict[str, list[Any]]:
    """Return a statistic of the layers that have it, reading by reading."""
    readings = [health.read()] if isinstance(health, Health) else list(health)
    known = [*(field.name for field in fields(LayerHealth)[3:]), "gradient_size"]
    if statistic not in known:
        raise ValueError(f"[health] expected a statistic among {known}; got {statistic!r}")
    of_weights = statistic in ("gradient", "gradient_size", "largest_gradient", "weight", "update")
    table: dict[str, list[Any]] = {}
    for layer in chain.from_iterable(readings):
        value = getattr(layer, statistic)
        if value is not None and (layer.parameters or not of_weights):
            table.setdefault(layer.name, []).append(value)
    return table


def _steps(ax: Axes, lines: Mapping[str, np.ndarray[Any, Any]]) -> None:
    shades = pyplot().get_cmap("viridis")(np.linspace(0, 0.9, len(lines)))
    for (name, line), shade in zip(lines.items(), shades, strict=True):
        ax.plot(np.arange(1, len(line) + 1), line, color=shade, linewidth=1.2, label=name)
    ax.set_xlabel("step")
    whole_steps(ax)
    shown = list(ax.get_lines())
    if len(shown) > _MANY:  # some of many, evenly from the first to the last
        shown = [shown[i] for i in np.linspace(0, len(shown) - 1, _MANY).round().astype(int)]
    ax.legend(handles=shown, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))


def learning_rates(scheduler: Any, steps: int | None = None, ax: Axes | None = None) -> Axes:
    """Draw the rates that a schedule is about to give in its next steps, one line a group.

    These are 100 steps, or those that are left of a schedule of so many. The schedule and its
    optimizer stay as they are.
    """
    if not isinstance(scheduler, LRScheduler) or isinstance(scheduler, ReduceLROnPlateau):
        raise TypeError(
            "[learning_rates] expected a schedule that follows from its steps alone; "
            f"got {type(scheduler).__name__}"
        )
    if steps is None:
        total = getattr(scheduler, "total_steps", None)
        steps = 100 if total is None else total - scheduler.last_epoch
    ahead = copy.deepcopy(scheduler)
    rates = [ahead.get_last_lr()]
    with warnings.catch_warnings():  # that no optimizer steps in between is meant
        warnings.simplefilter("ignore")
        for _ in range(steps - 1):
            ahead.step()
            rates.append(ahead.get_last_lr())
    ax = axes_or_new(ax)
    for number, line in enumerate(np.array(rates, float).T):
        color = COLORS[number % len(COLORS)]
        ax.plot(np.arange(1, steps + 1), line, color=color, label=f"group {number}")
    ax.set_xlabel("step")
    ax.set_ylabel("learning rate")
    ax.set_ylim(bottom=0)
    plain(ax)
    whole_steps(ax)
    if len(rates[0]) > 1:
        ax.legend(frameon=False)
    return ax


def rate_sweep(sweep: RateSweep, ax: Axes | None = None) -> Axes:
    """Draw the losses that `diagnostics.find_lr` met at each rate, and the rate it suggests."""
    if not isinstance(sweep, RateSweep):
        raise TypeError(f"[rate_sweep] expected a RateSweep; got {type(sweep).__name__}")
    ax = axes_or_new(ax)
    ax.plot(sweep.rates, sweep.losses, color=COLORS[0])
    chosen = sweep.losses[sweep.rates.index(sweep.suggestion)]
    text = f"{sweep.suggestion:.2g}"
    ax.plot(sweep.suggestion, chosen, "o", color=COLORS[1])
    ax.annotate(text, (sweep.suggestion, chosen), (8, 4), textcoords="offset points")
    ax.set_xscale("log")
    ax.set_xlabel("learning rate")
    ax.set_ylabel("loss")
    plain(ax)
    return ax
