"""The Cauchy distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lamina import _core
from lamina._core import Tensor
from lamina.distributions import constraints
from lamina.distributions.distribution import EMPTY, Distribution
from lamina.distributions.parameters import broadcast_all

__all__ = ["Cauchy"]


class Cauchy(Distribution):
    """Density `1 / (pi scale (1 + ((x - loc) / scale)^2))`."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(
        self, loc: Tensor | float, scale: Tensor | float, validate_args: bool | None = None
    ) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return _core.full_like(self.loc, math.nan)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return _core.full_like(self.loc, math.inf)

    def rsample(self, sample_shape: Sequence[int] = EMPTY) -> Tensor:
        drawn = _core.empty(self._extended_shape(sample_shape), dtype=self.loc.dtype)
        return self.loc + drawn.cauchy_() * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        squares = ((value - self.loc) / self.scale).square()
        return -math.log(math.pi) - self.scale.log() - _core.log1p(squares)

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return _core.atan((value - self.loc) / self.scale) / math.pi + 0.5

    def icdf(self, value: Tensor) -> Tensor:
        return _core.tan(math.pi * (value - 0.5)) * self.scale + self.loc

    def entropy(self) -> Tensor:
        return self.scale.log() + math.log(4 * math.pi)
