"""Networks under PyTorch's names, a module a family of layers."""

# ruff: noqa: F403
from __future__ import annotations

import importlib
import types

from lamina.nn import functional as functional
from lamina.nn import init as init
from lamina.nn import utils as utils
from lamina.nn.activation import *
from lamina.nn.adaptive import *
from lamina.nn.adaptive_softmax import *
from lamina.nn.attention import *
from lamina.nn.batchnorm import *
from lamina.nn.binary_loss import *
from lamina.nn.class_loss import *
from lamina.nn.containers import *
from lamina.nn.conv import *
from lamina.nn.distance import *
from lamina.nn.dropout import *
from lamina.nn.embedding import *
from lamina.nn.lazy import *
from lamina.nn.linear import *
from lamina.nn.loss import *
from lamina.nn.module import *
from lamina.nn.normalization import *
from lamina.nn.padding import *
from lamina.nn.parallel import *
from lamina.nn.parameter import *
from lamina.nn.parameter_containers import *
from lamina.nn.pooling import *
from lamina.nn.preprocessing import *
from lamina.nn.ranking_loss import *
from lamina.nn.rectifiers import *
from lamina.nn.recurrent import *
from lamina.nn.recurrent_cells import *
from lamina.nn.transformer import *
from lamina.nn.vision import *


def __getattr__(name: str) -> types.ModuleType:
    if name == "modules":  # a second view of all of this, for the few who ask
        return importlib.import_module("lamina.nn.modules")
    raise AttributeError(f"module 'lamina.nn' has no attribute {name!r}")
