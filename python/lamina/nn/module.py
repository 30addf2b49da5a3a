"""The base of all modules."""

from __future__ import annotations

__all__: list[str] = []
