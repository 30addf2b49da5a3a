"""Layers of convolution and its transpose, in one to three dimensions."""

from __future__ import annotations

from lamina.nn._conv import Convolution, LazyConvolution, TransposedConvolution
from lamina.nn.functional import conv as functional

__all__ = [
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "LazyConv1d",
    "LazyConv2d",
    "LazyConv3d",
    "LazyConvTranspose1d",
    "LazyConvTranspose2d",
    "LazyConvTranspose3d",
]


class Conv1d(Convolution):
    """Slides filters over (N, in_channels, L) or (in_channels, L)."""

    dims, convolve = 1, staticmethod(functional.conv1d)


class Conv2d(Convolution):
    """Slides filters over (N, in_channels, H, W) or (in_channels, H, W)."""

    dims, convolve = 2, staticmethod(functional.conv2d)


class Conv3d(Convolution):
    """Slides filters over (N, in_channels, D, H, W) or (in_channels, D, H, W)."""

    dims, convolve = 3, staticmethod(functional.conv3d)


class ConvTranspose1d(TransposedConvolution):
    """The transpose of Conv1d: (N, in_channels, L) to (N, out_channels, longer)."""

    dims, convolve = 1, staticmethod(functional.conv_transpose1d)


class ConvTranspose2d(TransposedConvolution):
    """The transpose of Conv2d: (N, in_channels, H, W) to (N, out_channels, higher, wider)."""

    dims, convolve = 2, staticmethod(functional.conv_transpose2d)


class ConvTranspose3d(TransposedConvolution):
    """The transpose of Conv3d, for (N, in_channels, D, H, W)."""

    dims, convolve = 3, staticmethod(functional.conv_transpose3d)


class LazyConv1d(LazyConvolution, Conv1d):
    """A Conv1d that takes in_channels from its first input."""

    cls_to_become = Conv1d


class LazyConv2d(LazyConvolution, Conv2d):
    """A Conv2d that takes in_channels from its first input."""

    cls_to_become = Conv2d


class LazyConv3d(LazyConvolution, Conv3d):
    """A Conv3d that takes in_channels from its first input."""

    cls_to_become = Conv3d


class LazyConvTranspose1d(LazyConvolution, ConvTranspose1d):
    """A ConvTranspose1d that takes in_channels from its first input."""

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(LazyConvolution, ConvTranspose2d):
    """A ConvTranspose2d that takes in_channels from its first input."""

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(LazyConvolution, ConvTranspose3d):
    """A ConvTranspose3d that takes in_channels from its first input."""

    cls_to_become = ConvTranspose3d
