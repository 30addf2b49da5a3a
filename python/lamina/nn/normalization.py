"""Normalization; the norms that keep running statistics stand in batchnorm.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamina import _core
from lamina._core import Tensor, dtype
from lamina.nn import batchnorm, init
from lamina.nn import functional as F
from lamina.nn.batchnorm import *  # noqa: F403
from lamina.nn.module import Module
from lamina.nn.parameter import Parameter

__all__ = ["CrossMapLRN2d", "GroupNorm", "LayerNorm", "LocalResponseNorm", "RMSNorm"]
__all__ += batchnorm.__all__


class _Affine(Module):
    """What norms share that have a weight and a bias, or neither."""

    weight: Parameter | None
    bias: Parameter | None

    def _make(self, name: str, wanted: bool, sizes: Sequence[int], kind: dict[str, Any]) -> None:
        made = _core.empty(sizes, **kind)  # in any case, as this checks the device
        self.register_parameter(name, Parameter(made) if wanted else None)

    def reset_parameters(self) -> None:
        """Set the weight to ones and the bias to zeros."""
        for name, fill in (("weight", init.ones_), ("bias", init.zeros_)):
            parameter = self._parameters.get(name)
            if parameter is not None:
                fill(parameter)


class LayerNorm(_Affine):
    """(x - mean) / sqrt(var + eps) * weight + bias over the last dimensions."""

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        sizes = (normalized_shape,) if isinstance(normalized_shape, int) else normalized_shape
        self.normalized_shape = tuple(sizes)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        kind = {"device": device, "dtype": dtype}
        self._make("weight", elementwise_affine, self.normalized_shape, kind)
        self._make("bias", elementwise_affine and bias, self.normalized_shape, kind)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        """Normalize."""
        own = self._parameters
        return F.layer_norm(input, self.normalized_shape, own["weight"], own["bias"], self.eps)

    def extra_repr(self) -> str:
        """Return shape and numbers."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )


class RMSNorm(_Affine):
    """x / sqrt(mean(x^2) + eps) * weight over the last dimensions."""

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        sizes = (normalized_shape,) if isinstance(normalized_shape, int) else normalized_shape
        self.normalized_shape = tuple(sizes)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        kind = {"device": device, "dtype": dtype}
        self._make("weight", elementwise_affine, self.normalized_shape, kind)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        """Normalize."""
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """Return shape and numbers."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


class GroupNorm(_Affine):
    """(x - mean) / sqrt(var + eps) * weight + bias over groups of channels: (N, C, ...)."""

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_groups <= 0 or num_channels % num_groups:
            raise ValueError(
                f"[GroupNorm] expected num_channels that divide into {num_groups} groups; "
                f"got {num_channels}"
            )
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        kind = {"device": device, "dtype": dtype}
        self._make("weight", affine, (num_channels,), kind)
        self._make("bias", affine and bias, (num_channels,), kind)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        """Normalize."""
        own = self._parameters
        return F.group_norm(input, self.num_groups, own["weight"], own["bias"], self.eps)

    def extra_repr(self) -> str:
        """Return numbers."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class LocalResponseNorm(Module):
    """x / (k + alpha mean(x^2 of size neighbouring channels))^beta: (N, C, ...)."""

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        """Normalize."""
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """Return numbers."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class CrossMapLRN2d(LocalResponseNorm):
    """LocalResponseNorm of images (N, C, H, W)."""

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__(size, alpha, beta, k)

    def forward(self, input: Tensor) -> Tensor:
        """Normalize."""
        if input.ndim != 4:
            raise ValueError(
                f"[CrossMapLRN2d] expected an input of 4 dimensions; got shape {tuple(input.shape)}"
            )
        return super().forward(input)
