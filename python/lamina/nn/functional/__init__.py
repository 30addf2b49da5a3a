"""Functions of networks under PyTorch's names, a module a family."""

# ruff: noqa: F403
from __future__ import annotations

import sys

from lamina import _wrong_types
from lamina.nn.functional.activation import *
from lamina.nn.functional.adaptive import *
from lamina.nn.functional.attention import *
from lamina.nn.functional.binary_loss import *
from lamina.nn.functional.class_loss import *
from lamina.nn.functional.conv import *
from lamina.nn.functional.distance import *
from lamina.nn.functional.dropout import *
from lamina.nn.functional.embedding import *
from lamina.nn.functional.linear import *
from lamina.nn.functional.loss import *
from lamina.nn.functional.normalization import *
from lamina.nn.functional.padding import *
from lamina.nn.functional.pooling import *
from lamina.nn.functional.ranking_loss import *
from lamina.nn.functional.softmax import *
from lamina.nn.functional.vision import *

for _name, _area in list(sys.modules.items()):
    if _name.startswith(f"{__name__}.") and hasattr(_area, "__all__"):
        _wrong_types.name_wrong_types(_area)
        globals().update({name: getattr(_area, name) for name in _area.__all__})
