"""Estimators for scikit-learn: multi-layer perceptrons with its argument names, and any module."""

from __future__ import annotations

try:
    import sklearn as _sklearn
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "[sklearn] the estimators need scikit-learn: pip install lamina[sklearn]"
    ) from error

from lamina.sklearn.mlp import MLPClassifier, MLPRegressor
from lamina.sklearn.net import NetClassifier, NetRegressor

del _sklearn

__all__ = ["MLPClassifier", "MLPRegressor", "NetClassifier", "NetRegressor"]
