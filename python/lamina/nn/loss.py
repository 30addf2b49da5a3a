"""Losses of numbers and of distributions, element by element."""

from __future__ import annotations

from lamina._core import Tensor
from lamina.nn._loss import Loss, WeightedLoss
from lamina.nn.functional.loss import (
    gaussian_nll_loss,
    huber_loss,
    kl_div,
    l1_loss,
    log_cosh_loss,
    mape_loss,
    mse_loss,
    poisson_nll_loss,
    quantile_loss,
    smooth_l1_loss,
)

__all__ = [
    "GaussianNLLLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "LogCoshLoss",
    "MAPELoss",
    "MSELoss",
    "PoissonNLLLoss",
    "QuantileLoss",
    "SmoothL1Loss",
]


class L1Loss(Loss):
    """Absolute error: |input - target|."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compare."""
        return l1_loss(input, target, reduction=self.reduction)


class MSELoss(Loss):
    """Squared error: (input - target)^2."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compare."""
        return mse_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(Loss):
    """Absolute error less beta / 2, below beta the square over 2 beta."""

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        beta: float = 1.0,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compare."""
        return smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(Loss):
    """Half the square of the error, from delta on a line."""

    def __init__(
        self,
        reduction: str = "mean",
        delta: float = 1.0,
    ) -> None:
        super().__init__(reduction=reduction)
        if not isinstance(delta, int | float):
            raise TypeError(f"[HuberLoss] expected a number as delta; got {type(delta).__name__}")
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compare."""
        return huber_loss(input, target, self.reduction, self.delta)


class LogCoshLoss(WeightedLoss):
    """Logarithm of the error's hyperbolic cosine.

    Weights are broadcast; the weighted mean divides by their sum.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight=weight, reduction=reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compare."""
        return log_cosh_loss(input, target, self.weight, self.reduction)


class QuantileLoss(WeightedLoss):
    """Pinball loss, least at the q-quantile.

    Weights are broadcast; the weighted mean divides by their sum.
    """

    def __init__(
        self,
        q: float = 0.5,
        weight: Tensor | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight=weight, reduction=reduction)
        self.q = q

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compare."""
        return quantile_loss(input, target, self.q, self.weight, self.reduction)


class MAPELoss(WeightedLoss):
    """Absolute error in percent of the target.

    Weights are broadcast; the weighted mean divides by their sum.
    """

    def __init__(
        self,
        eps: float = 1e-8,
        weight: Tensor | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight=weight, reduction=reduction)
        self.eps = eps

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compare."""
        return mape_loss(input, target, self.eps, self.weight, self.reduction)


class PoissonNLLLoss(Loss):
    """Negative log-likelihood of counts, by the logarithm of their rate."""

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: bool | None = None,
        eps: float = 1e-8,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:
        """Compare."""
        return poisson_nll_loss(
            log_input,
            target,
            self.log_input,
            self.full,
            eps=self.eps,
            reduction=self.reduction,
        )


class GaussianNLLLoss(Loss):
    """Negative log-likelihood of a normal distribution with given variance."""

    def __init__(
        self,
        *,
        full: bool = False,
        eps: float = 1e-6,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        """Compare."""
        return gaussian_nll_loss(input, target, var, self.full, self.eps, self.reduction)


class KLDivLoss(Loss):
    """Divergence of log-probabilities from probabilities, or from their logs."""

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compare."""
        return kl_div(input, target, reduction=self.reduction, log_target=self.log_target)
