"""Parameters and buffers: tensors that modules own."""

from __future__ import annotations

__all__: list[str] = []
