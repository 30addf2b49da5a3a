"""Layers that learn from data before training: scaling, and units beyond PyTorch."""

from __future__ import annotations

__all__: list[str] = []
