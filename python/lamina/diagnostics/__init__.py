"""Insight into models: their sizes, their health while they train, where NaN began, which rate."""

from __future__ import annotations

from lamina.diagnostics.findings import Finding
from lamina.diagnostics.health import Health
from lamina.diagnostics.learning_rate import RateSweep, find_lr
from lamina.diagnostics.not_finite import find_nan
from lamina.diagnostics.sizes import Layer, Summary, summary
from lamina.diagnostics.statistics import LayerHealth

__all__ = [
    "Finding",
    "Health",
    "Layer",
    "LayerHealth",
    "RateSweep",
    "Summary",
    "find_lr",
    "find_nan",
    "summary",
]
