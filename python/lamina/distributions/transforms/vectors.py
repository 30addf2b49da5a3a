"""Transforms of vectors and matrices."""

from __future__ import annotations

from collections.abc import Sequence

from lamina import _core
from lamina._core import Tensor
from lamina.distributions import constraints
from lamina.distributions.parameters import above_zero_below_one, softplus, tiny
from lamina.distributions.transforms.base import Transform


class _Plain(Transform):
    """Has no parameters."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    __hash__ = Transform.__hash__


def _checked(shape: Sequence[int]) -> Sequence[int]:
    if len(shape) < 1:
        raise ValueError("[Transform] expected at least one dimension; got a scalar")
    return shape


class SoftmaxTransform(_Plain):
    """Real numbers to probabilities; one of the many inverses is the logarithm."""

    domain = constraints.real_vector
    codomain = constraints.simplex

    def _call(self, x: Tensor) -> Tensor:
        return _core.softmax(x, -1)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()

    def forward_shape(self, shape: Sequence[int]) -> Sequence[int]:
        return _checked(shape)

    inverse_shape = forward_shape


class StickBreakingTransform(_Plain):
    """n real numbers to n + 1 probabilities: each breaks off a share of what is left.

    The shares are sigmoids, shifted so that zeros give equal probabilities.
    """

    domain = constraints.real_vector
    codomain = constraints.simplex
    bijective = True

    @staticmethod
    def _shift(x: Tensor) -> Tensor:
        return _core.arange(x.size(-1), 0, -1, dtype=x.dtype).log()

    def _call(self, x: Tensor) -> Tensor:
        share = above_zero_below_one((x - self._shift(x)).sigmoid())
        left = (1 - share).cumprod(-1)
        return _core.pad(share, [0, 1], value=1) * _core.pad(left, [1, 0], value=1)

    def _inverse(self, y: Tensor) -> Tensor:
        broken = y[..., :-1]
        left = (1 - broken.cumsum(-1)).clamp(min=tiny(y.dtype))
        return broken.log() - left.log() + self._shift(broken)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        shifted = x - self._shift(x)
        return (y[..., :-1].log() - softplus(shifted)).sum(-1)

    def forward_shape(self, shape: Sequence[int]) -> Sequence[int]:
        return (*_checked(shape)[:-1], shape[-1] + 1)

    def inverse_shape(self, shape: Sequence[int]) -> Sequence[int]:
        return (*_checked(shape)[:-1], shape[-1] - 1)


class LowerCholeskyTransform(_Plain):
    """Square matrices to lower triangular ones with a positive diagonal."""

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.lower_cholesky

    def _call(self, x: Tensor) -> Tensor:
        return x.tril(-1) + _core.diag_embed(_core.diagonal(x, 0, -2, -1).exp())

    def _inverse(self, y: Tensor) -> Tensor:
        return y.tril(-1) + _core.diag_embed(_core.diagonal(y, 0, -2, -1).log())
