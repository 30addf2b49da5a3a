"""Batch normalization folded into the layer before it, for inference."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

from lamina import _core
from lamina._core import Tensor
from lamina.nn.module import Module
from lamina.nn.parameter import Parameter

__all__ = [
    "fuse_conv_bn_eval",
    "fuse_conv_bn_weights",
    "fuse_linear_bn_eval",
    "fuse_linear_bn_weights",
]

Layer = TypeVar("Layer", bound=Module)


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """Return weight and bias of a convolution that normalizes too; `transpose` if transposed."""
    scale = (bn_rv + bn_eps).rsqrt()
    scale = scale if bn_w is None else scale * bn_w
    bias = (_core.zeros_like(bn_rm) if conv_b is None else conv_b) - bn_rm
    bias = bias * scale if bn_b is None else bias * scale + bn_b
    shape = [1] * conv_w.ndim
    shape[int(transpose)] = -1
    weight = conv_w * scale.reshape(shape)
    return Parameter(weight, conv_w.requires_grad), Parameter(bias, conv_w.requires_grad)


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
) -> tuple[Parameter, Parameter]:
    """Return weight and bias of a linear map that normalizes too."""
    return fuse_conv_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)


def fuse_conv_bn_eval(conv: Layer, bn: Any, transpose: bool = False) -> Layer:
    """Return one convolution in place of a convolution and the normalization behind it."""
    if conv.training or bn.training:
        raise RuntimeError("[fuse_conv_bn_eval] expected both modules in eval mode")
    if bn.running_mean is None or bn.running_var is None:
        raise RuntimeError("[fuse_conv_bn_eval] expected a module with running statistics")
    fused = copy.deepcopy(conv)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        conv.weight,
        conv.bias,
        bn.running_mean,
        bn.running_var,
        bn.eps,
        bn.weight,
        bn.bias,
        transpose,
    )
    return fused


def fuse_linear_bn_eval(linear: Layer, bn: Any) -> Layer:
    """Return one linear map in place of a linear map and the normalization behind it."""
    if bn.num_features not in (1, linear.out_features):
        raise ValueError(
            f"[fuse_linear_bn_eval] expected {linear.out_features} features; got {bn.num_features}"
        )
    return fuse_conv_bn_eval(linear, bn)
