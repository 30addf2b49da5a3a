"""Padding."""

from __future__ import annotations

from lamina._core import pad as pad

__all__ = ["pad"]
