"""The picture of a confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lamina.plot._axes import INK, array, axes_or_new, name_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Values = np.ndarray[Any, Any]


def confusion_matrix(
    targets: Any,
    predictions: Any | None = None,
    labels: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how often each class (row) was taken for which (column).

    `targets` are classes, and `predictions` classes or scores (n, classes); or `targets` alone is
    the matrix of counts. Colours follow shares of a row, so that rare classes show as well.
    """
    counts = array(targets) if predictions is None else _counts(array(targets), array(predictions))
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ValueError(
            "[confusion_matrix] expected targets and predictions, or a square matrix; "
            f"got shape {counts.shape}"
        )
    size = len(counts)
    names = [str(i) for i in range(size)] if labels is None else [str(label) for label in labels]
    if len(names) != size:
        raise ValueError(f"[confusion_matrix] expected {size} labels; got {len(names)}")
    inches = max(3.2, 1.4 + 0.42 * size)
    ax = axes_or_new(ax, (inches, inches))
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    # The root, as a mistake in a hundred is to be seen.
    ax.imshow(np.sqrt(shares), cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            color = "white" if shares[row, column] > 0.3 else INK
            text = f"{count:g}" if count == round(count) else f"{count:.2f}"
            ax.text(column, row, text, ha="center", va="center", fontsize=8, color=color)
    name_ticks(ax, names, 3)
    ax.set_yticks(range(size), names)
    ax.tick_params(length=0)
    ax.set_xlabel("predicted")
    ax.set_ylabel("true")
    ax.spines[:].set_visible(False)
    ax.grid(False)
    return ax


def _counts(targets: Values, predictions: Values) -> Values:
    if predictions.ndim == targets.ndim + 1:
        predictions = predictions.argmax(-1)
    if targets.shape != predictions.shape or not targets.size:
        raise ValueError(
            "[confusion_matrix] expected as many predictions as targets; "
            f"got shapes {predictions.shape} and {targets.shape}"
        )
    true, guessed = targets.reshape(-1).astype(int), predictions.reshape(-1).astype(int)
    if min(true.min(), guessed.min()) < 0:
        raise ValueError("[confusion_matrix] expected classes from 0 on; got a negative one")
    size = max(true.max(), guessed.max()) + 1
    return np.bincount(true * size + guessed, minlength=size * size).reshape(size, size)
