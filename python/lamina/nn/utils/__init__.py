"""Clipping, vectors of parameters, penalties, normalized weights, packed sequences."""

# ruff: noqa: F403
from __future__ import annotations

from lamina.nn.utils import parametrizations as parametrizations
from lamina.nn.utils import parametrize as parametrize
from lamina.nn.utils import rnn as rnn
from lamina.nn.utils.clip_grad import *
from lamina.nn.utils.convert_parameters import *
from lamina.nn.utils.fusion import *
from lamina.nn.utils.init import *
from lamina.nn.utils.penalties import *
from lamina.nn.utils.weight_norm import *
