"""Which values the arguments of the MLP estimators may have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def _above_0(value: Any) -> bool:
    return bool(value > 0)


def _from_0(value: Any) -> bool:
    return bool(value >= 0)


def _below_1(value: Any) -> bool:
    return bool(0 <= value < 1)


def _sizes(value: Any) -> bool:
    return bool(np.all(np.asarray(value) > 0))


_LIMITS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "hidden_layer_sizes": (_sizes, "> 0"),
    "alpha": (_from_0, "of 0 or more"),
    "learning_rate_init": (_above_0, "above 0"),
    "max_iter": (_above_0, "above 0"),
    "tol": (_from_0, "of 0 or more"),
    "n_iter_no_change": (_above_0, "above 0"),
    "validation_fraction": (_below_1, "between 0 and 1"),
    "dropout": (_below_1, "between 0 and 1"),
    "batch_size": (lambda value: value == "auto" or value > 0, "'auto' or above 0"),
    "dtype": (lambda value: value in {"float32", "float64"}, "'float32' or 'float64'"),
    "learning_rate": (
        lambda value: value in {"constant", "invscaling", "adaptive"},
        "'constant', 'invscaling' or 'adaptive'",
    ),
}


def check(estimator: Any) -> None:
    """Refuse values outside of the limits."""
    for name, (holds, expected) in _LIMITS.items():
        value = getattr(estimator, name)
        if not holds(value):
            kind = type(estimator).__name__
            raise ValueError(f"[{kind}] expected {name} {expected}; got {value!r}")
