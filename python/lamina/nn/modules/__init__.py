"""PyTorch's layout of its modules, for programs that import by it: each file has every name."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from lamina import nn
from lamina.nn._conv import ConvNd
from lamina.nn._loss import Loss, WeightedLoss
from lamina.nn.batchnorm import BatchNorm

_FILES = """
    activation adaptive batchnorm channelshuffle container conv distance dropout flatten fold
    instancenorm lazy linear loss module normalization padding pixelshuffle pooling rnn sparse
    transformer upsampling utils
"""


def _repeated(count: int) -> Any:
    return lambda x: tuple(x) if isinstance(x, list | tuple) else (x,) * count


_NAMES = {
    **{name: value for name, value in vars(nn).items() if isinstance(value, type)},
    "_BatchNorm": BatchNorm,
    "_ConvNd": ConvNd,
    "_Loss": Loss,
    "_WeightedLoss": WeightedLoss,
    "_single": _repeated(1),
    "_pair": _repeated(2),
    "_triple": _repeated(3),
    "_quadruple": _repeated(4),
}

globals().update(_NAMES)
for _file in _FILES.split():
    _made = ModuleType(f"{__name__}.{_file}", __doc__)
    vars(_made).update(_NAMES)
    globals()[_file] = sys.modules[_made.__name__] = _made
