"""The Dirichlet distribution."""

from __future__ import annotations

from collections.abc import Sequence

from lamina import _core
from lamina._core import Tensor
from lamina.distributions import constraints
from lamina.distributions.distribution import EMPTY, Distribution
from lamina.functional.elementwise import xlogy

__all__ = ["Dirichlet"]


class Dirichlet(Distribution):
    """Probabilities of k categories, with a density in proportion to `prod x^(c - 1)`."""

    arg_constraints = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex
    has_rsample = True

    def __init__(self, concentration: Tensor, validate_args: bool | None = None) -> None:
        if concentration.dim() < 1:
            raise ValueError("[Dirichlet] expected at least one dimension; got a scalar")
        self.concentration = concentration
        shape = concentration.shape
        super().__init__(shape[:-1], shape[-1:], validate_args)

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.concentration.sum(-1, keepdim=True)

    @property
    def mode(self) -> Tensor:
        above = (self.concentration - 1).clamp(min=0)
        inner = above / above.sum(-1, keepdim=True)
        # Where all are below 1 the density grows without bound towards the corners.
        corner = _core.arange(above.shape[-1]) == inner.argmax(-1, keepdim=True)
        at_corner = (self.concentration < 1).all(-1, keepdim=True)
        return _core.where(at_corner, corner.to(inner.dtype), inner)

    @property
    def variance(self) -> Tensor:
        total = self.concentration.sum(-1, keepdim=True)
        rest = total - self.concentration
        return self.concentration * rest / (total.square() * (total + 1))

    def rsample(self, sample_shape: Sequence[int] = EMPTY) -> Tensor:
        # Shares of gamma variables, from their logarithms, which do not underflow.
        concentration = self.concentration.expand(self._extended_shape(sample_shape))
        return _core.softmax(_core._log_gamma_variable(concentration), -1)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        c = self.concentration
        return xlogy(c - 1, value).sum(-1) + c.sum(-1).lgamma() - c.lgamma().sum(-1)

    def entropy(self) -> Tensor:
        c = self.concentration
        total = c.sum(-1)
        return (
            c.lgamma().sum(-1)
            - total.lgamma()
            - (c.shape[-1] - total) * total.digamma()
            - ((c - 1) * c.digamma()).sum(-1)
        )
