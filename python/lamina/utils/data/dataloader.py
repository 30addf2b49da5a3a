"""PyTorch's name for where its loader lives."""

from __future__ import annotations

from lamina.utils.data.collate import default_collate as default_collate
from lamina.utils.data.loader import DataLoader as DataLoader
from lamina.utils.data.prefetch import get_worker_info as get_worker_info
