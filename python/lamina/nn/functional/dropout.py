"""Dropout."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

from lamina import _core
from lamina._core import Tensor

__all__ = [
    "alpha_dropout",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "feature_alpha_dropout",
]

# What SELU tends to for large negative inputs.
SATURATION = -1.7580993408473766


def _check(name: str, p: float) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"[{name}] expected a probability p between 0 and 1; got {p}")


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero each element with probability `p` and scale the others by `1 / (1 - p)`."""
    if not inplace:
        return _core.dropout(input, p, training)
    _check("dropout", p)
    if not training or p == 0:
        return input
    return input.mul_(_core.dropout(_core.ones_like(input), p))


def _channels(name: str, input: Tensor) -> list[int]:
    """Return the shape of one number a channel."""
    if input.ndim < 2:
        raise ValueError(
            f"[{name}] expected an input of shape (N, C, ...); got {tuple(input.shape)}"
        )
    return [*input.shape[:2], *(1,) * (input.ndim - 2)]


def _drop_channels(name: str, input: Tensor, p: float, training: bool, inplace: bool) -> Tensor:
    _check(name, p)
    sizes = _channels(name, input)
    if not training or p == 0:
        return input
    kept = _core.dropout(_core.ones(sizes, dtype=input.dtype), p)
    return input.mul_(kept) if inplace else input * kept


Form = Callable[[str, Tensor, float, bool, bool], Tensor]


def _unbatched(
    form: Form, name: str, input: Tensor, p: float, train: bool, inplace: bool
) -> Tensor:
    """Apply to one image: `inplace`, a view of it is changed."""
    result = form(name, input.unsqueeze(0), p, train, inplace)
    return input if inplace else result.squeeze(0)


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Zero whole channels of `(N, C, L)` or `(C, L)` and scale the others."""
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"[dropout1d] expected an input of 2 or 3 dimensions; got shape {tuple(input.shape)}"
        )
    if input.ndim == 2:
        return _unbatched(_drop_channels, "dropout1d", input, p, training, inplace)
    return _drop_channels("dropout1d", input, p, training, inplace)


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Zero whole channels of `(N, C, H, W)` and scale the others; `(N, C, L)` with a warning."""
    if input.ndim != 4:
        warnings.warn(
            f"[dropout2d] expected an input of shape (N, C, H, W); got {tuple(input.shape)}, "
            "whose second dimension is taken for the channels",
            stacklevel=2,
        )
    return _drop_channels("dropout2d", input, p, training, inplace)


def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Zero whole channels of `(N, C, D, H, W)` or `(C, D, H, W)` and scale the others."""
    if input.ndim == 5:
        return _drop_channels("dropout3d", input, p, training, inplace)
    if input.ndim != 4:
        warnings.warn(
            f"[dropout3d] expected an input of 4 or 5 dimensions; got shape {tuple(input.shape)}, "
            "whose first dimension is taken for the channels",
            stacklevel=2,
        )
    return _unbatched(_drop_channels, "dropout3d", input, p, training, inplace)


def _saturate(
    name: str, input: Tensor, sizes: list[int], p: float, training: bool, inplace: bool
) -> Tensor:
    _check(name, p)
    if not training or p == 0:
        return input
    if p == 1:
        return input.mul_(0.0) if inplace else input * 0.0
    # The scale and shift that bring mean and variance back to 0 and 1.
    scale = 1 / math.sqrt((SATURATION * SATURATION * p + 1) * (1 - p))
    kept = _core.empty(sizes, dtype=input.dtype).bernoulli_(1 - p)
    shift = (1 - kept) * (SATURATION * scale) - SATURATION * scale * p
    kept = kept * scale
    return input.mul_(kept).add_(shift) if inplace else input * kept + shift


def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Set elements to SELU's saturation with probability `p`, keeping mean 0 and variance 1."""
    return _saturate("alpha_dropout", input, list(input.shape), p, training, inplace)


def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Do as `alpha_dropout`, with whole channels of `(N, C, ...)`."""
    sizes = _channels("feature_alpha_dropout", input)
    return _saturate("feature_alpha_dropout", input, sizes, p, training, inplace)
