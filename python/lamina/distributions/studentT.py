"""Student's t-distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lamina import _core
from lamina._core import Tensor
from lamina.distributions import constraints
from lamina.distributions.chi2 import Chi2
from lamina.distributions.distribution import EMPTY, Distribution
from lamina.distributions.parameters import broadcast_all

__all__ = ["StudentT"]


class StudentT(Distribution):
    """A normal variable over the root of a chi-squared one over its degrees of freedom `df`."""

    arg_constraints = {
        "df": constraints.positive,
        "loc": constraints.real,
        "scale": constraints.positive,
    }
    support = constraints.real
    has_rsample = True

    def __init__(
        self,
        df: Tensor | float,
        loc: Tensor | float = 0.0,
        scale: Tensor | float = 1.0,
        validate_args: bool | None = None,
    ) -> None:
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        super().__init__(self.df.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return _core.where(self.df <= 1, math.nan, self.loc)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        heavy = _core.where(self.df <= 1, math.nan, _core.full_like(self.df, math.inf))
        finite = self.df > 2
        above = _core.where(finite, self.df - 2, 1)
        return _core.where(finite, self.scale.square() * self.df / above, heavy)

    def rsample(self, sample_shape: Sequence[int] = EMPTY) -> Tensor:
        noise = _core.randn(self._extended_shape(sample_shape), dtype=self.df.dtype)
        spread = Chi2(self.df, validate_args=False).rsample(sample_shape) / self.df
        return self.loc + self.scale * noise * spread.rsqrt()

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        df = self.df
        squares = ((value - self.loc) / self.scale).square()
        constant = (0.5 * (df + 1)).lgamma() - (0.5 * df).lgamma() - 0.5 * (math.pi * df).log()
        return constant - self.scale.log() - 0.5 * (df + 1) * _core.log1p(squares / df)

    def entropy(self) -> Tensor:
        half, more = 0.5 * self.df, 0.5 * (self.df + 1)
        log_beta = half.lgamma() + math.lgamma(0.5) - more.lgamma()
        shape = more * (more.digamma() - half.digamma())
        return self.scale.log() + shape + 0.5 * self.df.log() + log_beta
