"""Normalization."""

from __future__ import annotations

from collections.abc import Sequence

from lamina import _core
from lamina._core import Tensor, _nn

__all__ = [
    "batch_norm",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "local_response_norm",
    "normalize",
    "rms_norm",
]

group_norm = _nn.group_norm
layer_norm = _nn.layer_norm
rms_norm = _nn.rms_norm


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize each channel of `(N, C, ...)` over all else, in training by its own statistics."""
    return _nn.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize each channel of each image of `(N, C, ...)`, or all by running statistics."""
    if use_input_stats:
        return _nn.instance_norm(input, running_mean, running_var, weight, bias, momentum, eps)
    return _nn.batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Divide by `(k + alpha * mean(input ** 2 of size neighbouring channels)) ** beta`."""
    if input.ndim < 3:
        raise ValueError(
            "[local_response_norm] expected an input of at least 3 dimensions; "
            f"got shape {tuple(input.shape)}"
        )
    channels = input.shape[1]
    around = [0, 0] * (input.ndim - 2) + [size // 2, (size - 1) // 2]
    squares = _core.pad(_core.square(input), around)
    total: Tensor = sum(
        (squares.narrow(1, i, channels) for i in range(1, size)), squares.narrow(1, 0, channels)
    )
    return input / _core.pow(total * (alpha / size) + k, beta)


def normalize(
    input: Tensor, p: float = 2.0, dim: int | Sequence[int] = 1, eps: float = 1e-12
) -> Tensor:
    """Divide by the `p`-norm along `dim`, or by `eps` where that is less."""
    return input / _core.clamp(input.norm(p, dim, keepdim=True), min=eps)
