"""Penalties on the size of parameters, to be added to a loss."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lamina import _core
from lamina._core import Tensor

__all__ = ["l1_penalty", "l2_penalty"]


def l1_penalty(parameters: Tensor | Iterable[Tensor]) -> Tensor:
    """Return the sum of the absolute values of all elements."""
    return _total(parameters, lambda x: x.abs())


def l2_penalty(parameters: Tensor | Iterable[Tensor]) -> Tensor:
    """Return the sum of the squares of all elements."""
    return _total(parameters, lambda x: x.square())


def _total(parameters: Tensor | Iterable[Tensor], size: Callable[[Tensor], Tensor]) -> Tensor:
    tensors = [parameters] if isinstance(parameters, Tensor) else parameters
    sums = [size(tensor).sum() for tensor in tensors]
    return _core.stack(sums).sum() if sums else _core.zeros(())
