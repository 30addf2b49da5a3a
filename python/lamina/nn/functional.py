"""Functions of networks that the core computes; those of later versions are absent, not stubs."""

from __future__ import annotations

from lamina._core import linear as linear
from lamina._core import log_softmax as log_softmax
from lamina._core import pad as pad
from lamina._core import relu as relu
from lamina._core import sigmoid as sigmoid
from lamina._core import softmax as softmax
from lamina._core import tanh as tanh
