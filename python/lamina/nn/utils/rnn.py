"""Sequences of different lengths: packed and padded."""

from __future__ import annotations

__all__: list[str] = []
