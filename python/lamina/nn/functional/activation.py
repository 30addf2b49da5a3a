"""Activations."""

from __future__ import annotations

from lamina._core import log_softmax as log_softmax
from lamina._core import relu as relu
from lamina._core import sigmoid as sigmoid
from lamina._core import softmax as softmax
from lamina._core import tanh as tanh

__all__ = ["log_softmax", "relu", "sigmoid", "softmax", "tanh"]
