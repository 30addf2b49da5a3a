"""Images: resampling, shuffling, folding."""

from __future__ import annotations

__all__: list[str] = []
