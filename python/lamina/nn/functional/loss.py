"""Losses of numbers and of distributions, element by element."""

from __future__ import annotations

import math

from lamina import _core
from lamina._core import Tensor, _nn
from lamina.nn.functional._reduction import (
    beyond,
    check_floating,
    check_numbers,
    legacy,
    reduced,
    warn_of_sizes,
    weighted,
)

__all__ = [
    "gaussian_nll_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "log_cosh_loss",
    "mape_loss",
    "mse_loss",
    "poisson_nll_loss",
    "quantile_loss",
    "smooth_l1_loss",
]


def _check_weight(name: str, weight: Tensor, input: Tensor) -> None:
    if weight.shape != input.shape:
        raise ValueError(
            f"[{name}] expected weights of the input's shape {tuple(input.shape)}; "
            f"got {tuple(weight.shape)}"
        )


# ---- regression ----


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Absolute error; with weights the mean divides by their sum."""
    if target.shape != input.shape:
        warn_of_sizes("l1_loss", input, target)
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    check_numbers("l1_loss", input, target)
    if weight is None:
        return _nn.l1_loss(input, target, reduction)
    _check_weight("l1_loss", weight, input)
    return weighted("l1_loss", _nn.l1_loss(input, target, "none"), weight, reduction)


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Squared error; with weights the mean divides by their sum."""
    if target.shape != input.shape:
        warn_of_sizes("mse_loss", input, target)
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    if weight is None:
        return _nn.mse_loss(input, target, reduction)
    _check_weight("mse_loss", weight, input)
    return weighted("mse_loss", _nn.mse_loss(input, target, "none"), weight, reduction)


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """Absolute error less beta / 2, below beta the square over 2 beta."""
    if target.shape != input.shape:
        warn_of_sizes("smooth_l1_loss", input, target)
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    if not beta >= 0:
        raise ValueError(f"[smooth_l1_loss] expected beta of 0 or more; got {beta}")
    if beta == 0:
        return _nn.l1_loss(input, target, reduction)
    return _nn.smooth_l1_loss(input, target, reduction, beta)


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """Half the square, from delta on a line; the mean divides by the number of elements."""
    if target.shape != input.shape:
        warn_of_sizes("huber_loss", input, target)
    if not delta > 0:
        raise ValueError(f"[huber_loss] expected delta above 0; got {delta}")
    check_floating("huber_loss", input)
    if weight is None:
        return _nn.huber_loss(input, target, reduction, delta)
    _check_weight("huber_loss", weight, input)
    return reduced("huber_loss", _nn.huber_loss(input, target, "none", delta) * weight, reduction)


def log_cosh_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """Logarithm of the error's hyperbolic cosine: a square near 0, a line far out.

    Weights are broadcast; the weighted mean divides by the sum of the weights.
    """
    return beyond("log_cosh_loss", _nn.log_cosh_loss, input, target, weight, reduction)


def quantile_loss(
    input: Tensor,
    target: Tensor,
    q: float = 0.5,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Pinball loss, least where the input is the q-quantile: q (target - input) if it is below.

    Weights are broadcast; the weighted mean divides by the sum of the weights.
    """
    if not 0 < q < 1:
        raise ValueError(f"[quantile_loss] expected q between 0 and 1; got {q}")
    return beyond("quantile_loss", _nn.quantile_loss, input, target, weight, reduction, q)


def mape_loss(
    input: Tensor,
    target: Tensor,
    eps: float = 1e-8,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Absolute error in percent of the target, whose size counts as eps at least.

    Weights are broadcast; the weighted mean divides by the sum of the weights. Targets are
    constants.
    """
    if eps <= 0:
        raise ValueError(f"[mape_loss] expected eps above 0; got {eps}")
    return beyond("mape_loss", _nn.mape_loss, input, target, weight, reduction, eps)


# ---- distributions ----


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Negative log-likelihood of counts; `full` adds Stirling's formula for targets above 1."""
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    loss = _nn.poisson_nll_loss_of_logs if log_input else _nn.poisson_nll_loss
    if not full:
        return loss(input, target, reduction, eps)
    stirling = target * target.log() - target + 0.5 * (2 * math.pi * target).log()
    losses = loss(input, target, "none", eps) + _core.where(target > 1, stirling, 0.0)
    return reduced("poisson_nll_loss", losses, reduction)


def _beside(input: Tensor, var: Tensor | float) -> Tensor:
    """Return the variance in a shape that broadcasts to the input as PyTorch allows."""
    if not isinstance(var, Tensor):
        return _core.full_like(input, var)
    if var.shape == input.shape:
        return var
    if var.shape == input.shape[:-1]:
        return var.unsqueeze(-1)
    apart = [a for a, b in zip(input.shape, var.shape, strict=False) if a != b]
    if var.ndim != input.ndim or (sum(apart) != 1 and len(apart) != 1):
        raise ValueError(
            f"[gaussian_nll_loss] expected a variance of shape {tuple(input.shape)}, one dimension "
            f"less, or 1 in one of them; got {tuple(var.shape)}"
        )
    return var


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """Negative log-likelihood of a normal distribution; its variance counts as eps at least."""
    variance = _nn.bounded_variance(_beside(input, var), eps)
    error = input - target
    losses = 0.5 * (variance.log() + error * error / variance)
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return reduced("gaussian_nll_loss", losses, reduction)


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """Divergence of log-probabilities from probabilities, or with log_target from others' logs.

    "batchmean" divides the sum by the size of the first dimension, as the definition asks; "mean"
    by the number of elements.
    """
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce)
    check_floating("kl_div", input, target)
    loss = _nn.kl_div_of_logs if log_target else _nn.kl_div
    if reduction != "batchmean":
        return loss(input, target, reduction)
    total = loss(input, target, "sum")
    return total / input.size(0) if input.ndim else total
