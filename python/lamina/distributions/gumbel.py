"""The Gumbel distribution."""

from __future__ import annotations

import math

from lamina import _core
from lamina._core import Tensor
from lamina.distributions import constraints
from lamina.distributions.parameters import above_zero_below_one, broadcast_all
from lamina.distributions.transformed_distribution import TransformedDistribution
from lamina.distributions.transforms import AffineTransform, ExpTransform
from lamina.distributions.uniform import Uniform

__all__ = ["EULER", "Gumbel"]

EULER = 0.5772156649015329


class Gumbel(TransformedDistribution):
    """The largest of many: probability `exp(-exp(-(x - loc) / scale))` of at most x."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real

    def __init__(
        self, loc: Tensor | float, scale: Tensor | float, validate_args: bool | None = None
    ) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        low, high = (above_zero_below_one(_core.full_like(self.loc, end)) for end in (0.0, 1.0))
        # loc - scale log(-log u)
        logarithm = ExpTransform().inv
        steps = [
            logarithm,
            AffineTransform(0, -1.0),
            logarithm,
            AffineTransform(self.loc, -self.scale),
        ]
        super().__init__(Uniform(low, high, validate_args), steps, validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc + self.scale * EULER

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return self.scale.square() * (math.pi**2 / 6)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        below = (self.loc - value) / self.scale
        return below - below.exp() - self.scale.log()

    def entropy(self) -> Tensor:
        return self.scale.log() + (1 + EULER)
