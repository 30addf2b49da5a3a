"""Probability distributions under PyTorch's names."""

from __future__ import annotations
