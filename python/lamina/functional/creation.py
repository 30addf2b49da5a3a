"""Evenly spaced numbers; other ways to make tensors live in the core."""

from __future__ import annotations

from typing import Any

from lamina import _core
from lamina._core import Tensor

__all__ = ["linspace", "logspace"]
__methods__: list[str] = []


def _spaced(op: str, start: float | Tensor, end: float | Tensor, steps: int) -> Tensor:
    if steps < 0:
        raise ValueError(f"[{op}] expected a number of steps that is not negative; got {steps}")
    first, last = float(start), float(end)
    step = (last - first) / max(steps - 1, 1)
    index = _core.arange(steps, dtype=_core.float64)
    # From both ends, so that the last number is exact too.
    return _core.where(index < steps / 2, first + step * index, last - step * (steps - 1 - index))


def _finished(values: Tensor, dtype: Any, device: Any, requires_grad: bool) -> Tensor:
    chosen = _core.get_default_dtype() if dtype is None else dtype
    return _core.as_tensor(values, chosen, device).requires_grad_(requires_grad)


def linspace(
    start: float | Tensor,
    end: float | Tensor,
    steps: int,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return `steps` numbers from `start` to `end`, both included, at equal distances."""
    return _finished(_spaced("linspace", start, end, steps), dtype, device, requires_grad)


def logspace(
    start: float | Tensor,
    end: float | Tensor,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return `steps` numbers from `base ** start` to `base ** end` at equal ratios."""
    return _finished(base ** _spaced("logspace", start, end, steps), dtype, device, requires_grad)
