"""Points of the plane, and where a model decides for which class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lamina import _core
from lamina.autograd import no_grad
from lamina.nn import Module
from lamina.plot._axes import COLORS, INK, array, axes_or_new
from lamina.train.model import evaluating

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Values = np.ndarray[Any, Any]


def decision_boundary(
    model: Any,
    x: Any,
    y: Any,
    ax: Axes | None = None,
    *,
    threshold: float = 0.0,
    resolution: int = 200,
) -> Axes:
    """Draw points (n, 2) in the colours of their classes, and the regions a model gives each.

    The model is a module, a function or an estimator. It returns a score a class, whole numbers
    that are classes, or one score: class 1 above `threshold`, which is 0 for logits and 0.5 for
    probabilities.
    """
    points, classes = array(x), array(y).reshape(-1).astype(int)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) != len(classes):
        raise ValueError(
            "[decision_boundary] expected points of shape (n, 2) and n classes; "
            f"got {points.shape} and {len(classes)}"
        )
    ax = axes_or_new(ax, (5, 4.4))
    low, high = points.min(0), points.max(0)
    margin = 0.12 * np.maximum(high - low, 1e-6)
    sides = np.linspace(low - margin, high + margin, resolution)
    across, up = np.meshgrid(sides[:, 0], sides[:, 1])
    scores = _scores(model, np.stack([across.ravel(), up.ravel()], 1).astype(points.dtype))
    leads = _leads(scores, threshold)
    regions = leads.argmax(1)
    count = max(int(classes.max()), int(regions.max())) + 1
    _paint(ax, regions.reshape(across.shape), count, sides)
    for lead in leads.T[1:]:  # the first class ends where another begins
        if lead.min() < 0 < lead.max():
            ax.contour(across, up, lead.reshape(across.shape), [0.0], colors=INK, linewidths=1.2)
    _scatter(ax, points, classes)
    return ax


def _scores(model: Any, points: Values) -> Values:
    call = model if callable(model) else model.predict
    with evaluating(model) if isinstance(model, Module) else no_grad():
        scores = array(call(_core.from_numpy(points) if callable(model) else points))
    if scores.ndim == 2 and scores.shape[1] == 1:
        scores = scores[:, 0]
    if scores.ndim not in (1, 2) or len(scores) != len(points):
        raise ValueError(
            "[decision_boundary] expected a model from (n, 2) to (n,) or (n, classes); "
            f"got {scores.shape} for n = {len(points)}"
        )
    return scores


def _leads(scores: Values, threshold: float) -> Values:
    """Return by how much each class is ahead of the best other one: (points, classes)."""
    if scores.ndim == 1 and scores.dtype.kind == "f":
        above = scores - threshold
        return np.stack([-above, above], 1)
    if scores.ndim == 1:
        scores = np.eye(int(scores.max()) + 1)[scores.astype(int)]
    if scores.shape[1] == 1:
        return scores
    best_two = np.sort(scores, 1)[:, -2:]
    others = np.where(scores == best_two[:, 1:], best_two[:, :1], best_two[:, 1:])
    return scores - others


def _paint(ax: Axes, regions: Values, count: int, sides: Values) -> None:
    from matplotlib.colors import ListedColormap

    (left, bottom), (right, top) = sides[0], sides[-1]
    ax.imshow(
        regions,
        cmap=ListedColormap([COLORS[i % len(COLORS)] for i in range(count)]),
        vmin=-0.5,
        vmax=count - 0.5,
        alpha=0.25,
        extent=(left, right, bottom, top),
        origin="lower",
        aspect="auto",
        interpolation="nearest",
    )


def _scatter(ax: Axes, points: Values, classes: Values) -> None:
    for number in np.unique(classes):
        ax.scatter(
            points[classes == number, 0],
            points[classes == number, 1],
            color=COLORS[number % len(COLORS)],
            edgecolors="white",
            linewidths=0.7,
            s=28,
            label=f"class {number}",
            zorder=3,
        )
    ax.grid(False)
    ax.set_xlabel("$x_1$")
    ax.set_ylabel("$x_2$")
