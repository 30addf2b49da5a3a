"""Convolutions and their transposes."""

from __future__ import annotations

from lamina._core import Tensor, _nn

__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_tbc",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
]

conv1d = _nn.conv1d
conv2d = _nn.conv2d
conv3d = _nn.conv3d
conv_transpose1d = _nn.conv_transpose1d
conv_transpose2d = _nn.conv_transpose2d
conv_transpose3d = _nn.conv_transpose3d


def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: int = 0) -> Tensor:
    """Return `conv1d` of (time, batch, channels) by weights (window, channels, filters)."""
    if input.ndim != 3 or weight.ndim != 3:
        raise ValueError(
            "[conv_tbc] expected an input and a weight of 3 dimensions; got shapes "
            f"{tuple(input.shape)} and {tuple(weight.shape)}"
        )
    made = conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, padding=pad)
    return made.permute(2, 0, 1)
