"""The normal distribution of vectors."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lamina import _core
from lamina._core import Tensor
from lamina.distributions import constraints
from lamina.distributions.distribution import EMPTY, Distribution
from lamina.distributions.parameters import lazy_property
from lamina.functional.solvers import cholesky, inv, solve_triangular

__all__ = ["MultivariateNormal"]


def squared_distance(scale_tril: Tensor, difference: Tensor) -> Tensor:
    """Return `d^T (L L^T)^-1 d` for vectors d and triangular matrices L, which broadcast."""
    return (
        solve_triangular(scale_tril, difference.unsqueeze(-1), upper=False).square().sum((-2, -1))
    )


def half_log_determinant(scale_tril: Tensor) -> Tensor:
    """Return the logarithm of the determinant of triangular matrices."""
    return _core.diagonal(scale_tril, 0, -2, -1).log().sum(-1)


def _tril_of_precision(precision: Tensor) -> Tensor:
    # Reversed, the factor of P turns into one of the inverse of P that is lower triangular.
    factor = cholesky(precision.flip(-2, -1)).flip(-2, -1).mT
    identity = _core.eye(precision.size(-1), dtype=precision.dtype)
    return solve_triangular(factor, identity, upper=False)


class MultivariateNormal(Distribution):
    """Normal vectors by their covariance, its inverse or its lower Cholesky factor."""

    arg_constraints = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Tensor,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        forms = {
            "covariance_matrix": covariance_matrix,
            "precision_matrix": precision_matrix,
            "scale_tril": scale_tril,
        }
        given = [(name, matrix) for name, matrix in forms.items() if matrix is not None]
        if len(given) != 1:
            names = [name for name, _ in given]
            raise ValueError(f"[MultivariateNormal] expected one of {[*forms]}; got {names}")
        [(name, matrix)] = given
        if loc.dim() < 1 or matrix.dim() < 2:
            raise ValueError(
                f"[MultivariateNormal] expected vectors loc and matrices {name}; "
                f"got shapes {tuple(loc.shape)} and {tuple(matrix.shape)}"
            )
        batch = _core.broadcast_shapes(loc.shape[:-1], matrix.shape[:-2])
        self.loc = loc.expand(*batch, -1)
        setattr(self, name, matrix.expand(*batch, -1, -1))
        super().__init__(batch, self.loc.shape[-1:], validate_args)
        if scale_tril is None:
            factorize = cholesky if precision_matrix is None else _tril_of_precision
            self._tril = factorize(matrix).expand(*batch, -1, -1)
        else:
            self._tril = self.scale_tril

    @lazy_property
    def scale_tril(self) -> Tensor:
        return self._tril

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        return self._tril @ self._tril.mT

    @lazy_property
    def precision_matrix(self) -> Tensor:
        inverse = inv(self._tril)
        return inverse.mT @ inverse

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return self._tril.square().sum(-1)

    def rsample(self, sample_shape: Sequence[int] = EMPTY) -> Tensor:
        noise = _core.randn(self._extended_shape(sample_shape), dtype=self.loc.dtype)
        return self.loc + (self._tril @ noise.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        squares = squared_distance(self._tril, value - self.loc)
        constant = self._event_shape[0] * math.log(2 * math.pi)
        return -0.5 * (squares + constant) - half_log_determinant(self._tril)

    def entropy(self) -> Tensor:
        constant = 0.5 * self._event_shape[0] * (1 + math.log(2 * math.pi))
        return half_log_determinant(self._tril) + constant
