"""PyTorch's API for the networks that live on CPUs: tensors, differentiation and compiled steps.

The names here are PyTorch's; what they mean stands in its documentation.
"""

# ruff: noqa: F403
from __future__ import annotations

import importlib
from math import e, inf, nan, pi
from types import ModuleType

from lamina import _core, _device, autograd, functional
from lamina._core import *
from lamina._device import *
from lamina._export import export_methods
from lamina._repr import set_printoptions
from lamina.autograd import enable_grad, inference_mode, no_grad, set_grad_enabled
from lamina.compiling import compile  # noqa: A004
from lamina.functional import *

__version__: str = _core.config()["version"]

export_methods()

_LAZY_MODULES = ("linalg", "testing")

__all__ = [name for name in dir(_core) if not name.startswith("_")]
__all__ += [*functional.__all__, *_device.__all__, "autograd", "compile", "e", "enable_grad"]
__all__ += ["functional", "inf", "inference_mode", "nan", "no_grad", "pi", "set_grad_enabled"]
__all__ += ["set_printoptions", *_LAZY_MODULES]


def __getattr__(name: str) -> ModuleType:
    if name in _LAZY_MODULES:
        return importlib.import_module(f"lamina.{name}")
    raise AttributeError(f"module 'lamina' has no attribute {name!r}")
