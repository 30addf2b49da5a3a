"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from lamina import _core
from lamina._core import Tensor

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Return the elements of all parameters, one after the other."""
    return _core.cat([parameter.reshape(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Let parameters have the elements of a vector; they share its memory, as in PyTorch."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"[vector_to_parameters] expected a tensor; got {type(vec).__name__}")
    targets = list(parameters)
    needed = sum(parameter.numel() for parameter in targets)
    if vec.ndim != 1 or vec.numel() < needed:
        raise ValueError(
            f"[vector_to_parameters] expected a vector of {needed} elements; got shape "
            f"{tuple(vec.shape)}"
        )
    start = 0
    for parameter in targets:
        end = start + parameter.numel()
        parameter.data = vec[start:end].view(parameter.shape).data
        start = end
