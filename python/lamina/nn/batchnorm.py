"""Batch and instance normalization: the norms that keep running statistics."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

from lamina import _core
from lamina._core import Tensor, _nn, dtype
from lamina.nn import functional as F
from lamina.nn import init
from lamina.nn.lazy import LazyModuleMixin
from lamina.nn.module import Module
from lamina.nn.parameter import Parameter, UninitializedBuffer, UninitializedParameter

__all__ = [
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LazyBatchNorm1d",
    "LazyBatchNorm2d",
    "LazyBatchNorm3d",
    "LazyInstanceNorm1d",
    "LazyInstanceNorm2d",
    "LazyInstanceNorm3d",
]

_FRESH = {"running_mean": 0, "running_var": 1, "num_batches_tracked": 0}


class _Norm(Module):
    """What these norms share: a number of each kind a channel."""

    _version = 2  # since then with num_batches_tracked
    _dims: ClassVar[tuple[int, ...]]  # that an input may have

    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            made = _core.empty(num_features, device=device, dtype=dtype) if wanted else None
            self.register_parameter(name, None if made is None else Parameter(made))
        for name in ("running_mean", "running_var"):
            made = _core.empty(num_features, device=device, dtype=dtype)
            self.register_buffer(name, made if track_running_stats else None)
        count = _core.tensor(0, device=device) if track_running_stats else None
        self.register_buffer("num_batches_tracked", count)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget all batches: mean 0, variance 1."""
        if self.track_running_stats:
            for name, value in _FRESH.items():
                getattr(self, name).fill_(value)

    def reset_parameters(self) -> None:
        """Set weights to 1 and biases to 0, and forget all batches."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _check(self, input: Tensor) -> None:
        if input.ndim not in self._dims:
            raise ValueError(
                f"[{type(self).__name__}] expected an input of "
                f"{' or '.join(map(str, self._dims))} dimensions; got shape {tuple(input.shape)}"
            )

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        *report: Any,
    ) -> None:
        key = prefix + "num_batches_tracked"
        if (local_metadata.get("version") or 0) < 2 and self.track_running_stats:
            state_dict.setdefault(key, self.num_batches_tracked)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *report)

    def extra_repr(self) -> str:
        """Return numbers."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class BatchNorm(_Norm):
    """Normalizes by the batch in training, which moves the running statistics; else by those."""

    def forward(self, input: Tensor) -> Tensor:
        """Normalize."""
        self._check(input)
        mean, var = self.running_mean, self.running_var
        training = self.training
        count = self.num_batches_tracked if training else None
        if training and not self.track_running_stats:
            mean = var = count = None
        return _nn.batch_norm(
            input,
            mean,
            var,
            self.weight,
            self.bias,
            training or mean is None,
            self.momentum,
            self.eps,
            count,
        )


class BatchNorm1d(BatchNorm):
    """(x - mean) / sqrt(var + eps) * weight + bias by channels: (N, C) or (N, C, L)."""

    _dims = (2, 3)


class BatchNorm2d(BatchNorm):
    """The same by channels of images: (N, C, H, W)."""

    _dims = (4,)


class BatchNorm3d(BatchNorm):
    """The same by channels of volumes: (N, C, D, H, W)."""

    _dims = (5,)


class _InstanceNorm(_Norm):
    """Normalizes each image by itself, or in evaluation by running statistics if it has them."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )

    def forward(self, input: Tensor) -> Tensor:
        """Normalize."""
        self._check(input)
        batched = input.ndim == self._dims[-1]
        channels = input.shape[1 if batched else 0]
        if channels != self.num_features:
            text = (
                f"[{type(self).__name__}] expected {self.num_features} channels; "
                f"got shape {tuple(input.shape)}"
            )
            if self.affine:
                raise ValueError(text)
            warnings.warn(text, stacklevel=2)
        return self._normalize(input) if batched else self._normalize(input.unsqueeze(0)).squeeze(0)

    def _normalize(self, input: Tensor) -> Tensor:
        return F.instance_norm(
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            self.momentum or 0.0,
            self.eps,
        )


class InstanceNorm1d(_InstanceNorm):
    """(x - mean) / sqrt(var + eps) by channels of each sequence: (N, C, L) or (C, L)."""

    _dims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """The same by channels of each image: (N, C, H, W) or (C, H, W)."""

    _dims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """The same by channels of each volume: (N, C, D, H, W) or (C, D, H, W)."""

    _dims = (4, 5)


class _LazyNorm(LazyModuleMixin, _Norm):
    """A norm whose num_features are the channels of the first input."""

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(0, eps, momentum, False, False)
        self.affine = affine
        self.track_running_stats = track_running_stats
        if affine:
            self.weight = UninitializedParameter(device=device, dtype=dtype)
            self.bias = UninitializedParameter(device=device, dtype=dtype) if bias else None
        if track_running_stats:
            self.running_mean = UninitializedBuffer(device=device, dtype=dtype)
            self.running_var = UninitializedBuffer(device=device, dtype=dtype)
            self.num_batches_tracked = _core.tensor(0, device=device)

    def reset_parameters(self) -> None:
        """Do as the norm does, once there are shapes."""
        if not self.has_uninitialized_params() and self.num_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor) -> None:
        """Take num_features from the input."""
        self._check(input)
        if not self.has_uninitialized_params():
            return
        self.num_features = input.shape[1]
        for each in (self.weight, self.bias, self.running_mean, self.running_var):
            if isinstance(each, (UninitializedParameter, UninitializedBuffer)):
                each.materialize((self.num_features,))
        self.reset_parameters()


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """A BatchNorm1d whose num_features are the channels of the first input."""

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """A BatchNorm2d whose num_features are the channels of the first input."""

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """A BatchNorm3d whose num_features are the channels of the first input."""

    cls_to_become = BatchNorm3d


class LazyInstanceNorm1d(_LazyNorm, InstanceNorm1d):
    """An InstanceNorm1d whose num_features are the channels of the first input."""

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyNorm, InstanceNorm2d):
    """An InstanceNorm2d whose num_features are the channels of the first input."""

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyNorm, InstanceNorm3d):
    """An InstanceNorm3d whose num_features are the channels of the first input."""

    cls_to_become = InstanceNorm3d
