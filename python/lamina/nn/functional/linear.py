"""Linear maps."""

from __future__ import annotations

from lamina._core import linear as linear

__all__ = ["linear"]
