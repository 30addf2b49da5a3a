"""Losses of class scores, of sets of labels and of label sequences."""

from __future__ import annotations

from collections.abc import Sequence

from lamina import _core
from lamina._core import Tensor, _nn
from lamina.functional.elementwise import clamp_min
from lamina.nn.functional._reduction import (
    check_floating,
    check_numbers,
    legacy,
    reduced,
    weighted,
)
from lamina.nn.functional.linear import linear

__all__ = [
    "cross_entropy",
    "ctc_loss",
    "focal_loss",
    "linear_cross_entropy",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
]

_NONE_IGNORED = -(1 << 63)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Cross-entropy of softmax(input) over the classes, dimension 1 (0 without a batch).

    The target holds class indices, or probabilities in the shape of the input. The mean divides by
    the sum of the weights of the classes that the indices name (by their number without weights;
    ignored ones do not count), and beside probabilities by the number of predictions.
    """
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    return _nn.cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: None = None,
) -> Tensor:
    """Cross-entropy of a linear map of the input to (classes, ...), the weight's first dimensions.

    Shapes (N, i), (C, ..., i) and (N, ...) or, of probabilities, (N, C, ...). Logits are computed
    as a whole: `options` for doing it in chunks do not exist.
    """
    if options is not None:
        raise NotImplementedError(
            f"[linear_cross_entropy] expected options=None; got {options!r}: lamina has no chunks"
        )
    *places, features = linear_weight.shape
    if not input.ndim or input.shape[-1] != features:
        raise ValueError(
            "[linear_cross_entropy] expected the same number of features in input and "
            f"linear_weight; got shape {tuple(input.shape)} and {features} features"
        )
    bias = None if linear_bias is None else linear_bias.reshape(-1)
    logits = linear(input, linear_weight.reshape(-1, features), bias)
    if len(places) > 1:
        logits = logits.unflatten(-1, places)
    ignored = -100 if ignore_index is None else ignore_index
    return _nn.cross_entropy(logits, target, weight, ignored, reduction, label_smoothing)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Negative log-likelihood of class indices, by log-probabilities; means as `cross_entropy`."""
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    return _nn.nll_loss(input, target, weight, ignore_index, reduction)


def focal_loss(
    input: Tensor,
    target: Tensor,
    gamma: float = 2.0,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """Cross-entropy times (1 - p)^gamma, where p is the probability that the target was given.

    Integers are class indices and classes stand in dimension 1, as in `cross_entropy`, weights and
    mean included. A floating target of zeros and ones in the shape of the input is the second of
    two classes, whose logit the input is; then weights are broadcast and the weighted mean divides
    by their sum.
    """
    if gamma < 0:
        raise ValueError(f"[focal_loss] expected gamma of 0 or more; got {gamma}")
    if target.is_floating_point():
        if target.shape != input.shape:
            raise ValueError(
                f"[focal_loss] expected class indices, or a target of the input's shape "
                f"{tuple(input.shape)}; got {target.dtype} of shape {tuple(target.shape)}"
            )
        losses = _focused(_nn.binary_cross_entropy_with_logits(input, target, "none"), gamma)
        if weight is None:
            return reduced("focal_loss", losses, reduction)
        return weighted("focal_loss", losses, weight, reduction)
    entropies = _nn.cross_entropy(input, target, None, ignore_index, "none", 0.0)
    losses = _focused(entropies, gamma)
    if weight is None:
        return weighted("focal_loss", losses, (target != ignore_index).to(losses.dtype), reduction)
    row = [1] * input.ndim
    row[min(1, input.ndim - 1)] = -1
    scores = -weight.reshape(row).expand(input.shape)
    of_targets = _nn.nll_loss(scores, target, None, ignore_index, "none")
    return weighted("focal_loss", losses, of_targets, reduction)


def _focused(entropies: Tensor, gamma: float) -> Tensor:
    least = 1e-12  # powers below 1 have no finite slope at 0
    return entropies * clamp_min(-_core.expm1(-entropies), least) ** gamma


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Mean over classes of how far their scores come within a margin of the target's, to p.

    The weight of the target's class is a factor; the mean divides by the number of predictions.
    """
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    if p not in (1, 2):
        raise ValueError(f"[multi_margin_loss] expected p of 1 or 2; got {p}")
    if input.ndim not in (1, 2):
        raise ValueError(
            f"[multi_margin_loss] expected an input (classes) or (N, classes); "
            f"got shape {tuple(input.shape)}"
        )
    classes = input.size(-1)
    if weight is not None and weight.shape != (classes,):
        raise ValueError(
            f"[multi_margin_loss] expected a weight for each of {classes} classes; "
            f"got shape {tuple(weight.shape)}"
        )
    own = _nn.nll_loss(input, target, None, _NONE_IGNORED, "none", "multi_margin_loss")
    lags = clamp_min(input + own.unsqueeze(-1) + margin, 0)
    # The target's own lag is always the margin.
    losses = ((lags if p == 1 else lags * lags).sum(-1) - max(margin, 0.0) ** p) / classes
    losses = losses.reshape(target.shape)
    if weight is not None:
        losses = losses * weight[target]
    return reduced("multi_margin_loss", losses, reduction)


def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Mean over classes of how far the scores of others come within 1 of those of the targets.

    A row of the target holds the indices of classes, up to the first -1.
    """
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    return _nn.multilabel_margin_loss(input, target, reduction)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Mean over the last dimension of binary cross-entropies with logits, times their weights."""
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    check_floating("multilabel_soft_margin_loss", input)
    check_numbers("multilabel_soft_margin_loss", target)
    if target.shape != input.shape or not input.ndim:
        raise ValueError(
            "[multilabel_soft_margin_loss] expected input and target of one shape (..., classes); "
            f"got {tuple(input.shape)} and {tuple(target.shape)}"
        )
    losses = _nn.binary_cross_entropy_with_logits(input, target, "none")
    if weight is not None:
        losses = losses * weight
    return reduced("multilabel_soft_margin_loss", losses.mean(-1), reduction)


def _lengths(given: Tensor | Sequence[int]) -> Tensor:
    return given if isinstance(given, Tensor) else _core.tensor(given, dtype=_core.int64)


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | Sequence[int],
    target_lengths: Tensor | Sequence[int],
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Negative log-likelihood of label sequences, summed over their alignments to the input.

    log_probs (T, N, classes) or (T, classes), targets (N, S) or joined in one row. The mean is that
    of the losses divided by their target lengths. As in PyTorch, the gradient takes log_probs to
    come out of log_softmax.
    """
    steps, counts = _lengths(input_lengths), _lengths(target_lengths)
    batched = log_probs.ndim != 2
    scores = log_probs if batched else log_probs.unsqueeze(1)
    losses = _nn.ctc_loss(scores, targets, steps, counts, blank, zero_infinity)
    if reduction == "mean":
        losses = losses / clamp_min(counts, 1).reshape([-1])
    return reduced("ctc_loss", losses if batched else losses.squeeze(0), reduction)
