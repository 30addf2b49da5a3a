"""Activations of each element."""

from __future__ import annotations

import math

from lamina import _core
from lamina._core import Tensor, _nn
from lamina._core import sigmoid as sigmoid
from lamina._core import tanh as tanh

__all__ = [
    "celu",
    "celu_",
    "elu",
    "elu_",
    "gelu",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "leaky_relu",
    "leaky_relu_",
    "logsigmoid",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "relu_",
    "rrelu",
    "rrelu_",
    "selu",
    "selu_",
    "sigmoid",
    "silu",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
    "threshold_",
]

SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


# ---- piecewise linear ----


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """Return `max(0, input)`."""
    return input.relu_() if inplace else _core.relu(input)


def relu_(input: Tensor) -> Tensor:
    """In-place form of `relu`."""
    return input.relu_()


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """Return `min(max(0, input), 6)`."""
    return (_nn.relu6_ if inplace else _nn.relu6)(input, 0.0, 6.0)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """Return `input` where it is above `threshold`, elsewhere `value`."""
    return (_nn.threshold_ if inplace else _nn.threshold)(input, threshold, value)


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """In-place form of `threshold`."""
    return _nn.threshold_(input, threshold, value)


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """Return `input` limited to `[min_val, max_val]`, at whose ends the gradient is zero."""
    if min_val > max_val:
        raise ValueError(f"[hardtanh] expected min_val <= max_val; got {min_val} and {max_val}")
    return (_nn.hardtanh_ if inplace else _nn.hardtanh)(input, min_val, max_val)


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """In-place form of `hardtanh`."""
    return hardtanh(input, min_val, max_val, True)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """Return `relu6(input + 3) / 6`."""
    return (_nn.hardsigmoid_ if inplace else _nn.hardsigmoid)(input)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """Return `input * relu6(input + 3) / 6`."""
    return (_nn.hardswish_ if inplace else _nn.hardswish)(input)


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """Return `input`, with zeros between `-lambd` and `lambd`."""
    return _nn.hardshrink(input, lambd)


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """Return `input` moved towards zero by `lambd`, and zeros where it is nearer than that."""
    if not 0 <= lambd < math.inf:
        raise ValueError(f"[softshrink] expected a finite lambd >= 0; got {lambd}")
    return _nn.softshrink(input, lambd)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Return `input` where it is positive, elsewhere `negative_slope * input`."""
    return (_nn.leaky_relu_ if inplace else _nn.leaky_relu)(input, negative_slope)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """In-place form of `leaky_relu`."""
    return _nn.leaky_relu_(input, negative_slope)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """Return `input` where it is positive, else `weight * input`: one weight, or one a channel."""
    if weight.ndim > 1 or (input.ndim == 0 and weight.numel() != 1):
        raise ValueError(
            "[prelu] expected a weight of at most one dimension, and one number for a 0-d input; "
            f"got shapes {tuple(input.shape)} and {tuple(weight.shape)}"
        )
    if input.dtype != weight.dtype:
        raise TypeError(f"[prelu] expected a weight of {input.dtype}; got {weight.dtype}")
    if weight.numel() != 1:
        channels = input.shape[1] if input.ndim > 1 else 1
        if weight.numel() != channels:
            raise ValueError(
                f"[prelu] expected one weight or {channels}, as there are channels; "
                f"got {weight.numel()}"
            )
        weight = weight.reshape(-1, *(1,) * (input.ndim - 2))
    elif input.ndim == 0:
        weight = weight.reshape(())
    return _nn.prelu(input, weight)


def rrelu(
    input: Tensor,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Tensor:
    """Return `leaky_relu` with a slope drawn for each element, or the mean one if not training."""
    if not -math.inf < lower <= upper < math.inf:
        raise ValueError(f"[rrelu] expected finite lower <= upper; got {lower} and {upper}")
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)
    slopes = _core.empty_like(input).uniform_(lower, upper)
    if not inplace:
        return _nn.prelu(input, slopes)
    return input.mul_(_core.where(input > 0, 1.0, slopes))


def rrelu_(
    input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False
) -> Tensor:
    """In-place form of `rrelu`."""
    return rrelu(input, lower, upper, training, True)


# ---- smooth ----


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Return `input` where it is positive, elsewhere `alpha * (exp(input) - 1)`."""
    return (_nn.elu_ if inplace else _nn.elu)(input, alpha, 1.0, 1.0)


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """In-place form of `elu`."""
    return _nn.elu_(input, alpha, 1.0, 1.0)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """Return `elu` with the scales that keep mean 0 and variance 1 through deep networks."""
    apply = _nn.selu_ if inplace else _nn.selu
    return apply(input, SELU_SCALE * SELU_ALPHA, SELU_SCALE, 1.0)


def selu_(input: Tensor) -> Tensor:
    """In-place form of `selu`."""
    return selu(input, True)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Return `input` where it is positive, elsewhere `alpha * (exp(input / alpha) - 1)`."""
    if alpha == 0:
        raise ZeroDivisionError("[celu] expected an alpha other than 0; got 0")
    return (_nn.celu_ if inplace else _nn.celu)(input, alpha, 1.0, 1.0 / alpha)


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """In-place form of `celu`."""
    return celu(input, alpha, True)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Return `log(1 + exp(beta * input)) / beta`; `input` where `beta * input > threshold`."""
    return _nn.softplus(input, beta, threshold)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """Return `input` times the normal distribution's cdf there, or its "tanh" approximation."""
    if approximate == "none":
        return _nn.gelu(input)
    if approximate != "tanh":
        raise ValueError(f"[gelu] expected approximate 'none' or 'tanh'; got {approximate!r}")
    return _nn.gelu_tanh(input)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """Return `input * sigmoid(input)`."""
    return (_nn.silu_ if inplace else _nn.silu)(input)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """Return `input * tanh(softplus(input))`."""
    return (_nn.mish_ if inplace else _nn.mish)(input)


def logsigmoid(input: Tensor) -> Tensor:
    """Return `log(sigmoid(input))`."""
    return _nn.logsigmoid(input)


def softsign(input: Tensor) -> Tensor:
    """Return `input / (1 + abs(input))`."""
    return _nn.softsign(input)


def tanhshrink(input: Tensor) -> Tensor:
    """Return `input - tanh(input)`."""
    return _nn.tanhshrink(input)
