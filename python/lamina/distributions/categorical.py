"""The categorical distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lamina import _core
from lamina._core import Size, Tensor
from lamina.distributions import constraints
from lamina.distributions.distribution import EMPTY, Distribution
from lamina.distributions.parameters import clamp_logits, clamp_probs, lazy_property, one_of
from lamina.functional.shape import broadcast_tensors

__all__ = ["Categorical"]


class Categorical(Distribution):
    """The categories 0, 1, ..., n - 1, by probabilities or by logits, which are normalized."""

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    has_enumerate_support = True

    def __init__(
        self,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        given = one_of("Categorical", probs, logits)
        if given.dim() < 1:
            raise ValueError("[Categorical] expected at least one dimension; got a scalar")
        if logits is None:
            self.probs = given / given.sum(-1, keepdim=True)
        else:
            self.logits = _core.log_softmax(given, -1)
        shape = given.shape
        self._num_events = shape[-1]
        super().__init__(shape[:-1], validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> constraints.Constraint:
        return constraints.integer_interval(0, self._num_events - 1)

    @lazy_property
    def logits(self) -> Tensor:
        return clamp_probs(self.probs).log()

    @lazy_property
    def probs(self) -> Tensor:
        return self.logits.exp()

    @property
    def param_shape(self) -> Size:
        """The shape of the probabilities."""
        return Size((*self._batch_shape, self._num_events))

    @property
    def mean(self) -> Tensor:
        return _core.full(self._batch_shape, math.nan, dtype=self.probs.dtype)

    @property
    def mode(self) -> Tensor:
        return self.probs.argmax(-1)

    @property
    def variance(self) -> Tensor:
        return self.mean

    def sample(self, sample_shape: Sequence[int] = EMPTY) -> Tensor:
        count = math.prod(sample_shape)
        weights = self.probs.detach().reshape(-1, self._num_events)
        if count == 0:
            return _core.empty(self._extended_shape(sample_shape), dtype=_core.int64)
        drawn = _core.multinomial(weights, count, True)
        return drawn.T.reshape(self._extended_shape(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        index = value.to(_core.int64).unsqueeze(-1)
        logits = self.logits
        if index.shape[:-1] != logits.shape[:-1]:
            index, logits = broadcast_tensors(index, logits)
            index = index[..., :1]
        return logits.gather(-1, index).squeeze(-1)

    def entropy(self) -> Tensor:
        return -(clamp_logits(self.logits) * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return self._listed(_core.arange(self._num_events), expand)
