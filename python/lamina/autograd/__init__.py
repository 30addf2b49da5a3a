"""Gradients: backward and grad, the switches, functions of your own, and checks of gradients."""

from __future__ import annotations

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
from lamina.autograd.walk import RemovableHandle, backward, grad, register_hook

__all__ = [
    "Function",
    "FunctionContext",
    "GradcheckError",
    "Node",
    "RemovableHandle",
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
