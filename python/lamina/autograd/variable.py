"""Variable, which old programs wrap tensors in: tensors themselves since PyTorch 0.4."""

from __future__ import annotations

from typing import Any

from lamina._core import Tensor


class _IsTensor(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=_IsTensor):
    """`Variable(x)` is another handle of the tensor x, without its history."""

    def __new__(cls, data: Tensor, requires_grad: bool = False) -> Any:
        """Return a tensor."""
        return data.detach().requires_grad_(requires_grad)
