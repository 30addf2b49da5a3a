"""PyTorch's name for what stands beside networks: data so far."""

from __future__ import annotations

from lamina.utils import data as data
