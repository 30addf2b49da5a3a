"""PyTorch's name for what stands beside networks: data, checkpoints of memory."""

from __future__ import annotations

from lamina.utils import checkpoint as checkpoint
from lamina.utils import data as data
