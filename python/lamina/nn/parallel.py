"""What PyTorch spreads over devices, for a machine without any: one CPU does all of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamina._core import Tensor, dtype
from lamina.nn.batchnorm import BatchNorm
from lamina.nn.module import Module

__all__ = ["DataParallel", "SyncBatchNorm"]


class DataParallel(Module):
    """Calls a module; its state keys begin with `module.`, as PyTorch's do."""

    def __init__(
        self,
        module: Module,
        device_ids: Sequence[Any] | None = None,
        output_device: Any = None,
        dim: int = 0,
    ) -> None:
        super().__init__()
        self.module = module
        self.device_ids: list[Any] = []  # of all that may be asked for, those that are there

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """Call the module."""
        return self.module(*inputs, **kwargs)


class SyncBatchNorm(BatchNorm):
    """Batch normalization of (N, C, ...) by the whole batch, which is here in one process."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        process_group: None = None,
        device: Any = None,
        dtype: dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        if process_group is not None:
            raise NotImplementedError(
                "[SyncBatchNorm] lamina computes in one process; leave process_group out"
            )
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )

    def _check(self, input: Tensor) -> None:
        if input.ndim < 2:
            raise ValueError(
                "[SyncBatchNorm] expected an input of at least 2 dimensions; "
                f"got shape {tuple(input.shape)}"
            )

    @classmethod
    def convert_sync_batchnorm(cls, module: Module, process_group: None = None) -> Module:
        """Return the module with each batch norm in it, or itself, replaced by one of these."""
        made = module
        if isinstance(module, BatchNorm):
            made = cls(
                module.num_features,
                module.eps,
                module.momentum,
                module.affine,
                module.track_running_stats,
                process_group,
                bias=module.bias is not None,
            )
            for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
                setattr(made, name, tensor)
            made.train(module.training)
        for name, child in module.named_children():
            made.add_module(name, cls.convert_sync_batchnorm(child, process_group))
        return made
