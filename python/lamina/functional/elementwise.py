"""Elementwise functions made of others; other names for one function stand in aliases.py."""

from __future__ import annotations

import math
from typing import TypeAlias

from lamina import _core
from lamina._core import Tensor
from lamina.functional.inplace import in_place

Number: TypeAlias = bool | int | float
Operand: TypeAlias = Tensor | Number

__all__ = [
    "addcdiv",
    "addcmul",
    "bitwise_not",
    "clamp_max",
    "clamp_min",
    "copysign",
    "deg2rad",
    "float_power",
    "fmax",
    "fmin",
    "heaviside",
    "hypot",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "lerp",
    "logaddexp2",
    "logical_not",
    "logit",
    "polygamma",
    "positive",
    "rad2deg",
    "rsub",
    "signbit",
    "sinc",
    "xlogy",
]
__methods__ = [name for name in __all__ if name not in ("polygamma", "rsub")]
__methods__ += ["addcdiv_", "addcmul_", "bitwise_not_", "clamp_max_", "clamp_min_", "copysign_"]
__methods__ += ["deg2rad_", "float_power_", "heaviside_", "hypot_", "lerp_", "logical_not_"]
__methods__ += ["logit_", "rad2deg_", "sinc_", "xlogy_"]


def _operand(value: Operand, beside: Tensor) -> Tensor:
    """Return a number as a tensor of the type it takes beside a tensor."""
    if isinstance(value, Tensor):
        return value
    kept = beside.is_floating_point() or isinstance(value, int)
    return _core.tensor(value, dtype=beside.dtype if kept else None)


def _is_integral(value: Operand) -> bool:
    if isinstance(value, Tensor):
        return not value.is_floating_point()
    return not isinstance(value, float)


# ---- arithmetic ----


def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1) -> Tensor:
    """Return `input + value * tensor1 * tensor2`."""
    return _core.add(input, tensor1 * tensor2, alpha=value)


def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1) -> Tensor:
    """Return `input + value * tensor1 / tensor2`."""
    return _core.add(input, _core.true_divide(tensor1, tensor2), alpha=value)


def rsub(input: Tensor, other: Operand, *, alpha: Number = 1) -> Tensor:
    """Return `other - alpha * input`."""
    return _core.sub(_operand(other, input), input, alpha=alpha)


def lerp(input: Tensor, end: Tensor, weight: Operand) -> Tensor:
    """Blend linearly: `input` where `weight` is 0, `end` where it is 1, exactly."""
    distance = end - input
    if not isinstance(weight, Tensor):
        near_input = weight < 0.5
        return input + distance * weight if near_input else end - distance * (1 - weight)
    return _core.where(weight < 0.5, input + distance * weight, end - distance * (1 - weight))


def positive(input: Tensor) -> Tensor:
    """Return the tensor itself."""
    return input


def float_power(input: Operand, exponent: Operand) -> Tensor:
    """Return `input ** exponent`, computed in float64."""
    base, power = (_core.as_tensor(x, dtype=_core.float64) for x in (input, exponent))
    return _core.pow(base, power)


def hypot(input: Tensor, other: Tensor) -> Tensor:
    """Return `sqrt(input ** 2 + other ** 2)` where the squares may be too large to be numbers."""
    a, b = _core.abs(input), _core.abs(other)
    large, infinite = _core.maximum(a, b), (a == math.inf) | (b == math.inf)
    ratio = _core.minimum(a, b) / _core.where((large == 0) | infinite, 1, large)
    # Infinity outweighs even NaN.
    return _core.where(infinite, math.inf, large * _core.sqrt(1 + ratio * ratio))


def deg2rad(input: Tensor) -> Tensor:
    """Convert degrees to radians."""
    return input * (math.pi / 180)


def rad2deg(input: Tensor) -> Tensor:
    """Convert radians to degrees."""
    return input * (180 / math.pi)


# ---- exponentials ----


def logaddexp2(input: Tensor, other: Tensor) -> Tensor:
    """Return `log2(2 ** input + 2 ** other)`."""
    return _core.logaddexp(input * math.log(2), other * math.log(2)) / math.log(2)


def logit(input: Tensor, eps: float | None = None) -> Tensor:
    """Invert the sigmoid, of the input clamped to `[eps, 1 - eps]` if `eps` is given."""
    p = input if eps is None else _core.clamp(input, eps, 1 - eps)
    return _core.log(p / (1 - p))


def xlogy(input: Operand, other: Operand) -> Tensor:
    """Return `input * log(other)`, 0 where `input` is 0 unless `other` is NaN."""
    if isinstance(other, Tensor):
        factor, base = _operand(input, other), other
    else:
        assert isinstance(input, Tensor), "[xlogy] expected a tensor"
        factor, base = input, _operand(other, input)
    base = base.to(_core.result_type(factor, base))
    return factor * _core.log(_core.where((factor == 0) & ~isnan(base), 1, base))


def polygamma(n: int, input: Tensor) -> Tensor:
    """Return the n-th derivative of the digamma function."""
    if n < 0:
        raise ValueError(f"[polygamma] expected an order from 0 on; got {n}")
    return _core._nn.polygamma(input, n) if n else _core.digamma(input)


def sinc(input: Tensor) -> Tensor:
    """Return `sin(pi * input) / (pi * input)`, and 1 at 0."""
    # So near to 0 that the quotient is 1 exactly, without a division by zero.
    angle = math.pi * _core.where(input == 0, 1e-20, input)
    return _core.sin(angle) / angle


# ---- signs and extremes ----


def signbit(input: Tensor) -> Tensor:
    """Tell which elements are negative, minus zero among them."""
    # The angle of every other number is 0.
    return _core.atan2(_core.zeros_like(input), input) > 0


def copysign(input: Tensor, other: Operand) -> Tensor:
    """Return the size of `input` with the sign of `other`."""
    sign = _operand(other, input)
    # Integers beside integers give floats.
    size = _core.abs(input.to(_core.result_type(input, sign)) * 1.0)
    return _core.where(signbit(sign), -size, size)


def heaviside(input: Tensor, values: Tensor) -> Tensor:
    """Return 0 where `input` is negative, 1 where it is positive, `values` where it is 0."""
    return _core.where(input == 0, values, _core.where(input > 0, _core.ones_like(input), 0))


def fmax(input: Tensor, other: Tensor) -> Tensor:
    """Return the larger of two numbers, or the one that is not NaN."""
    return _core.where((input >= other) | isnan(other), input, other)


def fmin(input: Tensor, other: Tensor) -> Tensor:
    """Return the smaller of two numbers, or the one that is not NaN."""
    return _core.where((input <= other) | isnan(other), input, other)


def clamp_min(input: Tensor, min: Operand) -> Tensor:
    """Replace what is less than `min` by it."""
    return _core.clamp(input, min=min)


def clamp_max(input: Tensor, max: Operand) -> Tensor:
    """Replace what is greater than `max` by it."""
    return _core.clamp(input, max=max)


# ---- truth values ----


def isnan(input: Tensor) -> Tensor:
    """Tell which elements are NaN."""
    return input != input


def isinf(input: Tensor) -> Tensor:
    """Tell which elements are infinite, of either sign."""
    return _core.abs(input) == math.inf


def isposinf(input: Tensor) -> Tensor:
    """Tell which elements are positive infinity."""
    return input == math.inf


def isneginf(input: Tensor) -> Tensor:
    """Tell which elements are negative infinity."""
    return input == -math.inf


def isfinite(input: Tensor) -> Tensor:
    """Tell which elements are neither infinite nor NaN."""
    return _core.abs(input) < math.inf if input.is_floating_point() else isreal(input)


def isreal(input: Tensor) -> Tensor:
    """Tell which elements are real: all are."""
    return _core.ones_like(input, dtype=_core.bool)


def logical_not(input: Tensor) -> Tensor:
    """Tell which elements are zero."""
    return input == 0


def bitwise_not(input: Tensor) -> Tensor:
    """Invert every bit of integers, or every truth value."""
    return ~input


# ---- in place ----
addcdiv_, addcmul_, lerp_ = in_place(addcdiv), in_place(addcmul), in_place(lerp)
bitwise_not_, logical_not_ = in_place(bitwise_not), in_place(logical_not)
clamp_max_, clamp_min_ = in_place(clamp_max), in_place(clamp_min)
copysign_, heaviside_ = in_place(copysign), in_place(heaviside)
deg2rad_, rad2deg_ = in_place(deg2rad), in_place(rad2deg)
float_power_, hypot_ = in_place(float_power), in_place(hypot)
logit_, sinc_, xlogy_ = in_place(logit), in_place(sinc), in_place(xlogy)
