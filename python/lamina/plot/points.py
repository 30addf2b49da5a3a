"""Points of the plane, and where a model decides for which class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lamina import _core
from lamina.autograd import no_grad
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

    The model is a module, a function or an estimator. It returns a score a class, classes (not as
    floats), or one score: the second class above `threshold`, which is 0 for logits and 0.5 for
    probabilities.
    """
    points, targets = array(x), array(y).reshape(-1)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) != len(targets):
        raise ValueError(
            "[decision_boundary] expected points of shape (n, 2) and n classes; "
            f"got {points.shape} and {len(targets)}"
        )
    ax = axes_or_new(ax, (5, 4.4))
    low, high = points.min(0), points.max(0)
    margin = 0.12 * np.maximum(high - low, 1e-6)
    sides = np.linspace(low - margin, high + margin, resolution)
    across, up = np.meshgrid(sides[:, 0], sides[:, 1])
    kind = np.result_type(points, np.float32)
    scores = _scores(model, np.stack([across.ravel(), up.ravel()], 1).astype(kind))
    names = _names(targets, scores)
    leads = _leads(scores, names, threshold)
    _paint(ax, leads.argmax(1).reshape(across.shape), leads.shape[1], sides)
    for lead in leads.T[1:]:  # the first class ends where another begins
        if lead.min() < 0 < lead.max():
            ax.contour(across, up, lead.reshape(across.shape), [0.0], colors=INK, linewidths=1.2)
    for number, name in enumerate(names):
        _scatter(ax, points[targets == name], number, f"class {name}")
    ax.grid(False)
    ax.set_xlabel("$x_1$")
    ax.set_ylabel("$x_2$")
    return ax


def _scores(model: Any, points: Values) -> Values:
    """Return the scores (n,), (n, classes) or the classes (n,) that a model gives points."""
    if callable(model):
        with evaluating(model) if hasattr(model, "modules") else no_grad():
            scores = array(model(_core.from_numpy(points).to(_dtype(model, points))))
    else:
        scores = array(model.predict(points))
    if scores.ndim == 2 and scores.shape[1] == 1:
        scores = scores[:, 0]
    if scores.ndim not in (1, 2) or len(scores) != len(points):
        raise ValueError(
            "[decision_boundary] expected a model from (n, 2) to (n,) or (n, classes); "
            f"got {scores.shape} for n = {len(points)}"
        )
    return scores


def _dtype(model: Any, points: Values) -> Any:
    parameters = model.parameters() if hasattr(model, "parameters") else ()
    floats = (parameter.dtype for parameter in parameters if parameter.is_floating_point())
    return next(floats, _core.from_numpy(points).dtype)


def _names(targets: Values, scores: Values) -> Values:
    """Return what the classes are called in the targets, in the order of the scores."""
    if scores.ndim == 1 and scores.dtype.kind != "f":
        return np.unique(np.concatenate([targets, scores]))
    found = np.unique(targets)
    count = scores.shape[1] if scores.ndim == 2 else 2
    if np.isin(found, np.arange(count)).all():
        return np.arange(count)
    if len(found) != count:
        raise ValueError(
            f"[decision_boundary] expected points of the model's {count} classes; got "
            f"{', '.join(map(str, found.tolist()))}"
        )
    return found


def _leads(scores: Values, names: Values, threshold: float) -> Values:
    """Return by how much each class is ahead of the best other one: (points, classes)."""
    if scores.ndim == 1 and scores.dtype.kind == "f":
        above = scores - threshold
        return np.stack([-above, above], 1)
    if scores.ndim == 1:
        scores = (scores[:, None] == names).astype(float)
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


def _scatter(ax: Axes, points: Values, number: int, label: str) -> None:
    ax.scatter(
        points[:, 0],
        points[:, 1],
        color=COLORS[number % len(COLORS)],
        edgecolors="white",
        linewidths=0.7,
        s=28,
        label=label,
        zorder=3,
    )
