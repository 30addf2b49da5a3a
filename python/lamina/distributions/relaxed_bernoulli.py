"""Bernoulli variables smoothed into the open interval, with gradients."""

from __future__ import annotations

from collections.abc import Sequence

from lamina import _core
from lamina._core import Tensor
from lamina.distributions import constraints
from lamina.distributions.binary import Binary
from lamina.distributions.distribution import EMPTY
from lamina.distributions.parameters import broadcast_all, clamp_probs, one_of, softplus
from lamina.distributions.transformed_distribution import TransformedDistribution
from lamina.distributions.transforms import SigmoidTransform

__all__ = ["LogitRelaxedBernoulli", "RelaxedBernoulli"]


class LogitRelaxedBernoulli(Binary):
    """The log-odds of a relaxed Bernoulli variable: logistic noise over the temperature."""

    support = constraints.real
    has_rsample = True

    def __init__(
        self,
        temperature: Tensor,
        probs: Tensor | float | None = None,
        logits: Tensor | float | None = None,
        validate_args: bool | None = None,
    ) -> None:
        (given,) = broadcast_all(one_of("LogitRelaxedBernoulli", probs, logits))
        self.temperature = temperature.expand(given.shape)
        self._set_parameter(given, logits is not None)
        super().__init__(given.shape, validate_args=validate_args)

    def rsample(self, sample_shape: Sequence[int] = EMPTY) -> Tensor:
        shape = self._extended_shape(sample_shape)
        uniform = clamp_probs(_core.rand(shape, dtype=self.logits.dtype))
        noise = uniform.log() - _core.log1p(-uniform)
        return (noise + self.logits) / self.temperature

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        away = self.logits - value * self.temperature
        return self.temperature.log() + away - 2 * softplus(away)


class RelaxedBernoulli(TransformedDistribution):
    """Nearer to 0 and 1 the lower the temperature is."""

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True
    base_dist: LogitRelaxedBernoulli

    def __init__(
        self,
        temperature: Tensor,
        probs: Tensor | float | None = None,
        logits: Tensor | float | None = None,
        validate_args: bool | None = None,
    ) -> None:
        base = LogitRelaxedBernoulli(temperature, probs, logits, validate_args)
        super().__init__(base, SigmoidTransform(), validate_args)

    @property
    def temperature(self) -> Tensor:
        """How smooth it is."""
        return self.base_dist.temperature

    @property
    def probs(self) -> Tensor:
        """The probability of 1 at the temperature 0."""
        return self.base_dist.probs

    @property
    def logits(self) -> Tensor:
        """The log-odds of 1 at the temperature 0."""
        return self.base_dist.logits
