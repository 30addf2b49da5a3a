"""Losses of two classes, element by element."""

from __future__ import annotations

from lamina import _core
from lamina._core import Tensor, _nn
from lamina.nn.functional._reduction import beyond, check_floating, legacy, reduced

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "exponential_loss",
    "hinge_loss",
    "perceptron_loss",
    "soft_margin_loss",
    "squared_hinge_loss",
]


def _check_alike(name: str, input: Tensor, target: Tensor) -> None:
    if target.shape != input.shape:
        raise ValueError(
            f"[{name}] expected a target of the input's shape {tuple(input.shape)}; "
            f"got {tuple(target.shape)}"
        )
    check_floating(name, input, target)


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Cross-entropy of probabilities of a class; the mean divides by the number of elements."""
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    _check_alike("binary_cross_entropy", input, target)
    if input.dtype is not target.dtype:
        raise TypeError(
            f"[binary_cross_entropy] expected a target of {input.dtype}; got {target.dtype}"
        )
    if weight is None:
        return _nn.binary_cross_entropy(input, target, reduction)
    losses = _nn.binary_cross_entropy(input, target, "none") * weight
    return reduced("binary_cross_entropy", losses, reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """Cross-entropy of the sigmoid of the input; the mean divides by the number of elements."""
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    _check_alike("binary_cross_entropy_with_logits", input, target)
    if weight is None and pos_weight is None:
        return _nn.binary_cross_entropy_with_logits(input, target, reduction)
    losses = _nn.binary_cross_entropy_with_logits(input, target, "none")
    if pos_weight is not None:
        ones = _core.ones_like(input)
        of_positives = _nn.binary_cross_entropy_with_logits(input, ones, "none")
        losses = losses + (pos_weight - 1) * target * of_positives
    if weight is not None:
        losses = losses * weight
    return reduced("binary_cross_entropy_with_logits", losses, reduction)


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return log(1 + exp(-target input)) for targets of 1 and -1."""
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    check_floating("soft_margin_loss", input)
    if _core.broadcast_shapes(input.shape, target.shape) != input.shape:
        raise ValueError(
            "[soft_margin_loss] expected a target that broadcasts to the input's shape "
            f"{tuple(input.shape)}; got {tuple(target.shape)}"
        )
    return _nn.soft_margin_loss(input, target, reduction)


def hinge_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """Return max(0, 1 - s input), where s is 1 for targets above 0 and -1 for all others.

    So targets may be 0 and 1, or -1 and 1. Weights are broadcast; the weighted mean divides by the
    sum of the weights.
    """
    return beyond("hinge_loss", _nn.hinge_loss, input, target, weight, reduction, 1.0)


def squared_hinge_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """Return the squares of `hinge_loss`, with its targets and weights."""
    return beyond(
        "squared_hinge_loss", _nn.squared_hinge_loss, input, target, weight, reduction, 1.0
    )


def perceptron_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """Return max(0, -s input): Rosenblatt's rule follows from it. Otherwise as `hinge_loss`."""
    return beyond("perceptron_loss", _nn.perceptron_loss, input, target, weight, reduction, 0.0)


def exponential_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """Return exp(-s input), which boosting minimizes. Otherwise as `hinge_loss`."""
    return beyond("exponential_loss", _nn.exponential_loss, input, target, weight, reduction)
