"""PyTorch's API for the networks that live on CPUs: tensors, differentiation and compiled steps.

The names here are PyTorch's; what they mean stands in its documentation.
"""

# ruff: noqa: F403, A004
from __future__ import annotations

import importlib
from math import e as e
from math import inf as inf
from math import nan as nan
from math import pi as pi
from typing import TYPE_CHECKING, Any

from lamina import _core, _device, _export, _limits, _memory_format, _switches
from lamina import amp as amp
from lamina import autograd as autograd
from lamina import functional as functional
from lamina._core import *
from lamina._device import *
from lamina._limits import *
from lamina._memory_format import *
from lamina._repr import set_printoptions as set_printoptions
from lamina._switches import *
from lamina.amp import GradScaler as GradScaler
from lamina.amp import autocast as autocast
from lamina.autograd import enable_grad as enable_grad
from lamina.autograd import inference_mode as inference_mode
from lamina.autograd import no_grad as no_grad
from lamina.autograd import set_grad_enabled as set_grad_enabled
from lamina.compiling import compile as compile
from lamina.functional import *

__version__: str = _core.config()["version"]

_export.export_methods()

if TYPE_CHECKING:  # `as` and `*` are what type checkers take for exports
    from lamina import callbacks as callbacks
    from lamina import datasets as datasets
    from lamina import diagnostics as diagnostics
    from lamina import distributions as distributions
    from lamina import func as func
    from lamina import linalg as linalg
    from lamina import metrics as metrics
    from lamina import nn as nn
    from lamina import optim as optim
    from lamina import plot as plot
    from lamina import random as random
    from lamina import sklearn as sklearn
    from lamina import testing as testing
    from lamina import train as train
    from lamina import transforms as transforms
    from lamina import utils as utils
    from lamina.diagnostics import summary as summary
    from lamina.files import load as load
    from lamina.files import save as save
    from lamina.train import Trainer as Trainer
else:
    _LAZY_FUNCTIONS = {
        "Trainer": "train",
        "load": "files",
        "save": "files",
        "summary": "diagnostics",
    }
    # PyTorch has these functions of networks beside those of tensors.
    _NETWORK_FUNCTIONS = {
        "alpha_dropout",
        "avg_pool1d",
        "bilinear",
        "celu",
        "celu_",
        "channel_shuffle",
        "conv1d",
        "conv2d",
        "conv3d",
        "conv_tbc",
        "conv_transpose1d",
        "conv_transpose2d",
        "conv_transpose3d",
        "dropout",
        "feature_alpha_dropout",
        "group_norm",
        "hardshrink",
        "layer_norm",
        "max_pool1d",
        "max_pool2d",
        "max_pool3d",
        "pixel_shuffle",
        "pixel_unshuffle",
        "prelu",
        "relu_",
        "rms_norm",
        "rrelu",
        "rrelu_",
        "selu",
        "selu_",
        "threshold",
        "threshold_",
    }
    _LAZY_MODULES = (
        "datasets",
        "callbacks",
        "diagnostics",
        "distributions",
        "func",
        "linalg",
        "metrics",
        "nn",
        "optim",
        "plot",
        "random",
        "sklearn",
        "testing",
        "transforms",
        "train",
        "utils",
    )
    __all__ = [name for name in dir(_core) if not name.startswith("_")]
    __all__ += [
        *functional.__all__,
        *_device.__all__,
        *_limits.__all__,
        *_memory_format.__all__,
        *_switches.__all__,
        "GradScaler",
        "amp",
        "autocast",
        "autograd",
        "compile",
        "e",
        "enable_grad",
    ]
    __all__ += ["functional", "inf", "inference_mode", "nan", "no_grad", "pi", "set_grad_enabled"]
    __all__ += ["set_printoptions", *_LAZY_FUNCTIONS, *_LAZY_MODULES]

    def __getattr__(name: str) -> Any:
        if name in _LAZY_FUNCTIONS:
            return getattr(importlib.import_module(f"lamina.{_LAZY_FUNCTIONS[name]}"), name)
        if name in _LAZY_MODULES:
            return importlib.import_module(f"lamina.{name}")
        if name in _NETWORK_FUNCTIONS:
            return getattr(importlib.import_module("lamina.nn.functional"), name)
        if name.endswith("_") and not name.startswith("_") and hasattr(_core.Tensor, name):
            return getattr(_core.Tensor, name)  # a method is its function in place, as exp_(x)
        raise AttributeError(f"module 'lamina' has no attribute {name!r}")
