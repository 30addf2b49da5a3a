"""Gradients: backward and grad, the switches, functions of your own, and checks of gradients."""

from __future__ import annotations

import importlib
from typing import Any

from lamina._core import Node, is_anomaly_enabled, is_grad_enabled
from lamina.autograd.function import Function, FunctionContext, once_differentiable
from lamina.autograd.gradcheck import GradcheckError, gradcheck, gradgradcheck
from lamina.autograd.modes import (
    detect_anomaly,
    enable_grad,
    inference_mode,
    no_grad,
    set_detect_anomaly,
    set_grad_enabled,
)
from lamina.autograd.variable import Variable
from lamina.autograd.walk import RemovableHandle, backward, grad, register_hook

__all__ = [
    "Function",
    "FunctionContext",
    "GradcheckError",
    "Node",
    "RemovableHandle",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "is_anomaly_enabled",
    "is_grad_enabled",
    "no_grad",
    "once_differentiable",
    "register_hook",
    "set_detect_anomaly",
    "set_grad_enabled",
]


def __getattr__(name: str) -> Any:
    if name == "functional":
        return importlib.import_module("lamina.autograd.functional")
    raise AttributeError(f"module 'lamina.autograd' has no attribute {name!r}")
