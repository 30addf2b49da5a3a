"""Comparing tensors, exactly or within tolerances; assertions stand in lamina.testing."""

from __future__ import annotations

import math

from lamina import _core
from lamina._core import Tensor
from lamina.functional.elementwise import isnan

__all__ = ["allclose", "equal", "isclose"]
__methods__ = __all__


def isclose(
    input: Tensor,
    other: Tensor,
    rtol: float = 1e-05,
    atol: float = 1e-08,
    equal_nan: bool = False,
) -> Tensor:
    """Tell where `|input - other| <= atol + rtol * |other|`, or both are the same infinity."""
    if input.dtype != other.dtype:
        raise TypeError(
            f"[isclose] expected tensors of one type; got {input.dtype} and {other.dtype}"
        )
    if not (rtol >= 0 and atol >= 0):
        raise ValueError(f"[isclose] expected rtol and atol >= 0; got {rtol} and {atol}")
    close = _core.eq(input, other)
    if equal_nan:
        close = close | (isnan(input) & isnan(other))
    difference = _core.abs(input - 1.0 * other)
    within = difference <= atol + rtol * _core.abs(other)
    return close | (within & (difference < math.inf))


def allclose(
    input: Tensor,
    other: Tensor,
    rtol: float = 1e-05,
    atol: float = 1e-08,
    equal_nan: bool = False,
) -> bool:
    """Tell whether all elements are close, as `isclose` says."""
    return bool(_core.all(isclose(input, other, rtol, atol, equal_nan)))


def equal(input: Tensor, other: Tensor) -> bool:
    """Tell whether the shapes and all values are the same."""
    return input.shape == other.shape and bool(_core.all(_core.eq(input, other)))
