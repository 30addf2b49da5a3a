"""How tensors are pickled and copied; checkpoints have a safe format of their own elsewhere."""

from __future__ import annotations

import copy
from typing import Any

from lamina import _core
from lamina._core import Tensor


def rebuild(kind: type[Tensor], values: Any, requires_grad: bool) -> Tensor:
    """Return what `reduce` took apart; `values` is an array or a tensor."""
    made: Tensor = Tensor.__new__(kind, _core.as_tensor(values))
    return made.requires_grad_(requires_grad)


def _attributes(tensor: Tensor) -> dict[str, Any]:
    return getattr(tensor, "__dict__", {})


def reduce(tensor: Tensor, _protocol: int) -> tuple[Any, ...]:
    """Take a tensor apart for pickle: its class, values, `requires_grad` and attributes."""
    parts = (type(tensor), tensor.numpy(force=True), tensor.requires_grad)
    return rebuild_copy, parts, _attributes(tensor) or None


def rebuild_copy(kind: type[Tensor], values: Any, requires_grad: bool) -> Tensor:
    """Return what `reduce` took apart, on memory of its own."""
    return rebuild(kind, _core.tensor(values), requires_grad)


def shallow_copy(tensor: Tensor) -> Tensor:
    """Return another tensor on the same memory, as `copy.copy` promises."""
    made = rebuild(type(tensor), tensor.detach(), tensor.requires_grad)
    _attributes(made).update(_attributes(tensor))
    return made


def deep_copy(tensor: Tensor, memo: dict[int, Any]) -> Tensor:
    """Return an independent copy with its gradient, once for each tensor of a `copy.deepcopy`."""
    if id(tensor) in memo:
        copied: Tensor = memo[id(tensor)]
        return copied
    if not tensor.is_leaf:
        raise RuntimeError("[deepcopy] expected a leaf; use detach() or clone() on a result of ops")
    made = rebuild(type(tensor), tensor.detach().clone(), tensor.requires_grad)
    memo[id(tensor)] = made
    if tensor.grad is not None:
        made.grad = copy.deepcopy(tensor.grad, memo)
    _attributes(made).update(copy.deepcopy(_attributes(tensor), memo))
    return made
