"""Targets of classifiers: from labels to what a loss takes, and from scores back to labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.multiclass import type_of_target, unique_labels

Array = np.ndarray[Any, Any]


class Labels:
    """The classes of a problem, which is binary, multiclass or multilabel.

    A binary problem is one of a single score (`one_score`), or of two as if it were multiclass.
    """

    def __init__(self, name: str, y: Any, classes: Any = None, one_score: bool = True) -> None:
        self.name = name
        kind = type_of_target(y, input_name="y")
        self.multilabel = kind.startswith("multilabel")
        if self.multilabel:
            binarizer = LabelBinarizer().fit(y)
            self.classes: Array = binarizer.classes_
        elif kind in {"binary", "multiclass"}:
            self.classes = np.unique(y) if classes is None else unique_labels(classes)
        else:
            raise ValueError(
                f"[{name}] expected labels of classes; got {kind} targets. Unknown label type: a "
                "regressor takes numbers"
            )
        if len(self.classes) < 2:
            raise ValueError(f"[{name}] expected 2 classes or more; got {len(self.classes)} class")
        self.single = one_score and not self.multilabel and len(self.classes) == 2

    @property
    def outputs(self) -> int:
        """How many scores a sample has."""
        return 1 if self.single else len(self.classes)

    def encode(self, y: Any, dtype: Any) -> Array:
        """Return class numbers, or 0 and 1 of the given type in a column a score."""
        if self.multilabel:
            given = np.asarray(y.todense() if hasattr(y, "todense") else y)
            if given.ndim != 2 or given.shape[1] != len(self.classes):
                raise ValueError(
                    f"[{self.name}] expected {len(self.classes)} labels a sample; got shape "
                    f"{given.shape}"
                )
            return given.astype(dtype)
        unknown = np.setdiff1d(y, self.classes)
        if len(unknown):
            raise ValueError(
                f"[{self.name}] `y` has classes not in `self.classes_`: expected labels among "
                f"{self.classes}; got {unknown}"
            )
        numbers = np.searchsorted(self.classes, y)
        encoded: Array = numbers[:, None].astype(dtype) if self.single else numbers
        return encoded

    def scores(self, outputs: Array) -> Array:
        """Return scores as decision_function gives them: of two classes one a sample."""
        if self.single:
            return outputs[:, 0]
        if len(self.classes) == 2 and not self.multilabel:
            difference: Array = outputs[:, 1] - outputs[:, 0]
            return difference
        return outputs

    def probabilities(self, outputs: Array) -> Array:
        """Return probabilities of all classes from scores."""
        if self.multilabel or self.single:
            likely = np.exp(-np.logaddexp(0, -outputs))
            return np.hstack([1 - likely, likely]) if self.single else likely
        shifted = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        result: Array = shifted / shifted.sum(axis=1, keepdims=True)
        return result

    def decode(self, outputs: Array) -> Array:
        """Return the labels that scores speak for."""
        if self.multilabel:
            return (outputs > 0).astype(np.int64)
        numbers = (outputs[:, 0] > 0).astype(np.int64) if self.single else outputs.argmax(axis=1)
        labels: Array = self.classes[numbers]
        return labels
