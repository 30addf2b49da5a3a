"""Schedules of learning rates."""

from __future__ import annotations

__all__: list[str] = []
