"""Modules whose sizes come from their first input."""

from __future__ import annotations

__all__: list[str] = []
