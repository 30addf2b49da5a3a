"""The gamma distribution."""

from __future__ import annotations

from collections.abc import Sequence

from lamina import _core
from lamina._core import Tensor
from lamina.distributions import constraints
from lamina.distributions.distribution import EMPTY, Distribution
from lamina.distributions.parameters import broadcast_all, tiny
from lamina.functional.elementwise import xlogy

__all__ = ["Gamma"]


class Gamma(Distribution):
    """Density `rate^c x^(c - 1) exp(-rate x) / gamma(c)` with c the concentration."""

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(
        self,
        concentration: Tensor | float,
        rate: Tensor | float,
        validate_args: bool | None = None,
    ) -> None:
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(self.concentration.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.rate

    @property
    def mode(self) -> Tensor:
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    @property
    def variance(self) -> Tensor:
        return self.concentration / self.rate.square()

    def rsample(self, sample_shape: Sequence[int] = EMPTY) -> Tensor:
        concentration = self.concentration.expand(self._extended_shape(sample_shape))
        value = _core._log_gamma_variable(concentration).exp() / self.rate
        return value.clamp(min=tiny(value.dtype))

    def log_prob(self, value: Tensor) -> Tensor:
        value = _core.as_tensor(value, dtype=self.rate.dtype)
        if self._validate_args:
            self._validate_sample(value)
        return (
            xlogy(self.concentration, self.rate)
            + xlogy(self.concentration - 1, value)
            - self.rate * value
            - self.concentration.lgamma()
        )

    def entropy(self) -> Tensor:
        c = self.concentration
        return c - self.rate.log() + c.lgamma() + (1 - c) * c.digamma()
