"""How losses are reduced: PyTorch's names for it, old and new, and weighted means."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeAlias

from lamina._core import Tensor
from lamina._core import bool as dtype_of_truth

# Input, target, reduction and the number of the formula.
PairLoss: TypeAlias = Callable[[Tensor, Tensor, str, float], Tensor]


def legacy(size_average: bool | None, reduce: bool | None) -> str:
    """Return the reduction that PyTorch's former arguments stand for, and warn of them."""
    reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
    warnings.warn(
        f"size_average and reduce are deprecated: pass reduction={reduction!r} instead",
        stacklevel=3,
    )
    return reduction


def reduced(name: str, losses: Tensor, reduction: str) -> Tensor:
    """Return the losses as they are, or their mean or sum."""
    if reduction == "mean":
        return losses.mean()
    if reduction == "sum":
        return losses.sum()
    if reduction != "none":
        raise ValueError(
            f"[{name}] expected reduction to be 'none', 'mean' or 'sum'; got {reduction!r}"
        )
    return losses


def check_floating(name: str, *tensors: Tensor) -> None:
    """Raise for integers and truth values, which have no gradients."""
    for x in tensors:
        if not x.is_floating_point():
            raise TypeError(f"[{name}] expected a floating tensor; got {x.dtype}: call .float()")


def check_numbers(name: str, *tensors: Tensor) -> None:
    """Raise for truth values, which cannot be subtracted."""
    for x in tensors:
        if x.dtype is dtype_of_truth:
            raise TypeError(f"[{name}] expected numbers; got {x.dtype}: call .float()")


def weighted(name: str, losses: Tensor, weight: Tensor, reduction: str) -> Tensor:
    """Return the losses times their weights; the mean divides by the sum of the weights."""
    products = losses * weight
    if reduction == "mean":
        return products.sum() / weight.expand(products.shape).sum()
    return reduced(name, products, reduction)


def beyond(
    name: str,
    loss: PairLoss,
    input: Tensor,
    target: Tensor,
    weight: Tensor | None,
    reduction: str,
    p: float = 0.0,
) -> Tensor:
    """Return a loss that PyTorch lacks: with weights the mean divides by their sum."""
    if weight is None:
        return loss(input, target, reduction, p)
    return weighted(name, loss(input, target, "none", p), weight, reduction)


def warn_of_sizes(name: str, input: Tensor, target: Tensor) -> None:
    """Say that shapes differ, as broadcasting is seldom meant in a loss."""
    warnings.warn(
        f"[{name}] the target's shape {tuple(target.shape)} is not the input's, "
        f"{tuple(input.shape)}: they are broadcast, which is seldom meant",
        stacklevel=3,
    )
