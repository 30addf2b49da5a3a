"""Activations along a dimension."""

from __future__ import annotations

import warnings

from lamina import _core
from lamina._core import Tensor, dtype
from lamina.nn.functional._reduction import check_floating

__all__ = ["glu", "gumbel_softmax", "log_softmax", "softmax", "softmin"]


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """Return the first half of `input` times the sigmoid of the second."""
    if input.ndim == 0 or input.shape[dim] % 2:
        raise ValueError(f"[glu] expected an even size to halve; got shape {tuple(input.shape)}")
    check_floating("glu", input)
    half, gate = input.chunk(2, dim)
    gated: Tensor = half * _core.sigmoid(gate)
    return gated


def _guessed_dim(name: str, ndim: int, stacklevel: int) -> int:
    warnings.warn(f"[{name}] pass dim=: PyTorch has deprecated its guess", stacklevel=stacklevel)
    return 0 if ndim in (0, 1, 3) else 1


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: dtype | None = None
) -> Tensor:
    """Return the exponentials divided by their sum along `dim`."""
    if dim is None:
        dim = _guessed_dim("softmax", input.ndim, _stacklevel)
    return _core.softmax(input, dim, dtype)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: dtype | None = None
) -> Tensor:
    """Return the logarithm of `softmax`."""
    if dim is None:
        dim = _guessed_dim("log_softmax", input.ndim, _stacklevel)
    return _core.log_softmax(input, dim, dtype)


def softmin(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: dtype | None = None
) -> Tensor:
    """Return the `softmax` of `-input`."""
    if dim is None:
        dim = _guessed_dim("softmin", input.ndim, _stacklevel)
    return _core.softmax(-input, dim, dtype)


def gumbel_softmax(
    logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """Draw from the categories of `logits`: softly, or one-hot with the soft draw's gradient."""
    if eps != 1e-10:
        warnings.warn("[gumbel_softmax] eps has no effect, as in PyTorch", stacklevel=2)
    noise = -_core.empty_like(logits).exponential_().log()
    soft = _core.softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    chosen = soft.detach().argmax(dim, keepdim=True)
    one_hot = _core.zeros_like(soft).scatter_(dim, chosen, 1.0)
    return one_hot - soft.detach() + soft
