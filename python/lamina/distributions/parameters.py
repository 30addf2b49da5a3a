"""Parameters of distributions: broadcasting, probabilities and logits, lazy properties."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from lamina import _core
from lamina._core import Tensor, _nn
from lamina.autograd import enable_grad
from lamina.functional.shape import broadcast_tensors

T = TypeVar("T")

_EPSILON = {_core.float32: 2.0**-23, _core.float64: 2.0**-52}
_TINY = {_core.float32: 2.0**-126, _core.float64: 2.0**-1022}
_LOWEST = {_core.float32: -(2 - 2.0**-23) * 2.0**127, _core.float64: -(2 - 2.0**-52) * 2.0**1023}


class lazy_property(Generic[T]):  # noqa: N801, reads as `property`
    """An attribute that is computed when it is first read, with its history even under no_grad."""

    def __init__(self, wrapped: Callable[[Any], T]) -> None:
        self.wrapped = wrapped
        self.__doc__ = wrapped.__doc__

    def __get__(self, instance: Any, owner: type | None = None) -> T:
        if instance is None:
            return self  # type: ignore[return-value]
        with enable_grad():
            value = self.wrapped(instance)
        instance.__dict__[self.wrapped.__name__] = value
        return value


def broadcast_all(*values: Any) -> tuple[Tensor, ...]:
    """Broadcast tensors and numbers, which take the type of the first tensor."""
    first = next((value for value in values if isinstance(value, Tensor)), None)
    dtype = _core.get_default_dtype() if first is None else first.dtype
    tensors = []
    for value in values:
        if isinstance(value, Tensor):
            tensors.append(value)
        elif isinstance(value, (bool, int, float)):
            tensors.append(_core.tensor(value, dtype=dtype))
        else:
            raise ValueError(f"expected tensors and numbers; got {type(value).__name__}")
    shape = tensors[0].shape
    if all(tensor.shape == shape for tensor in tensors):
        return tuple(tensors)
    return broadcast_tensors(*tensors)


def sum_rightmost(value: Tensor, count: int) -> Tensor:
    """Sum over the last `count` dimensions."""
    return value.sum(tuple(range(-count, 0))) if count else value


def tiny(dtype: Any) -> float:
    """Return the smallest normal positive number of a type."""
    return _TINY[dtype]


def clamp_probs(probs: Tensor) -> Tensor:
    """Keep probabilities so far from 0 and 1 that both logarithms exist."""
    epsilon = _EPSILON[probs.dtype]
    return probs.clamp(epsilon, 1 - epsilon)


def clamp_logits(logits: Tensor) -> Tensor:
    """Replace minus infinity, so that its product with a probability of 0 is 0."""
    return logits.clamp(min=_LOWEST[logits.dtype])


def one_of(op: str, probs: T | None, logits: T | None) -> T:
    """Return the one of two parameters that is given."""
    if probs is not None and logits is None:
        return probs
    if logits is not None and probs is None:
        return logits
    given = "neither" if probs is None else "both"
    raise ValueError(f"[{op}] expected either probs or logits; got {given}")


def above_zero_below_one(probs: Tensor) -> Tensor:
    """Keep probabilities off 0 and 1 by the least that their type can tell apart."""
    return probs.clamp(_TINY[probs.dtype], 1 - _EPSILON[probs.dtype])


def softplus(logits: Tensor) -> Tensor:
    """Return `log(1 + exp(logits))`, minus the logarithm of the probability of 0."""
    return _nn.softplus(logits, 1.0, math.inf)
