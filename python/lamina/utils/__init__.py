"""PyTorch's name for what stands beside networks: data, checkpoints of memory, TensorBoard."""

from __future__ import annotations

from lamina.utils import checkpoint as checkpoint
from lamina.utils import data as data
from lamina.utils import tensorboard as tensorboard
