"""One-hot vectors smoothed into the simplex, with gradients."""

from __future__ import annotations

from collections.abc import Sequence

from lamina import _core
from lamina._core import Size, Tensor
from lamina.distributions import constraints
from lamina.distributions.categorical import Categorical
from lamina.distributions.distribution import EMPTY, Distribution
from lamina.distributions.parameters import clamp_probs
from lamina.distributions.transformed_distribution import TransformedDistribution
from lamina.distributions.transforms import ExpTransform

__all__ = ["ExpRelaxedCategorical", "RelaxedOneHotCategorical"]


class ExpRelaxedCategorical(Distribution):
    """The logarithm of a relaxed one-hot vector: a softmax of logits with Gumbel noise."""

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        temperature: Tensor,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        self._categorical = Categorical(probs, logits)
        shape = self._categorical.param_shape
        self.temperature = temperature.expand(shape)
        super().__init__(shape[:-1], shape[-1:], validate_args)

    @property
    def param_shape(self) -> Size:
        """The shape of the probabilities."""
        return self._categorical.param_shape

    @property
    def probs(self) -> Tensor:
        """The probabilities of the categories at the temperature 0."""
        return self._categorical.probs

    @property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities."""
        return self._categorical.logits

    def rsample(self, sample_shape: Sequence[int] = EMPTY) -> Tensor:
        shape = self._extended_shape(sample_shape)
        uniform = clamp_probs(_core.rand(shape, dtype=self.logits.dtype))
        noise = -(-uniform.log()).log()
        return _core.log_softmax((self.logits + noise) / self.temperature, -1)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        count, temperature = self._event_shape[0], self.temperature[..., 0]
        score = _core.log_softmax(self.logits - value * self.temperature, -1).sum(-1)
        factorial = _core.full_like(temperature, float(count)).lgamma()
        return score + factorial + (count - 1) * temperature.log()


class RelaxedOneHotCategorical(TransformedDistribution):
    """Nearer to the corners of the simplex the lower the temperature is."""

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.simplex
    has_rsample = True
    base_dist: ExpRelaxedCategorical

    def __init__(
        self,
        temperature: Tensor,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args)
        super().__init__(base, ExpTransform(), validate_args)

    @property
    def temperature(self) -> Tensor:
        """How smooth it is."""
        return self.base_dist.temperature

    @property
    def probs(self) -> Tensor:
        """The probabilities of the categories at the temperature 0."""
        return self.base_dist.probs

    @property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities."""
        return self.base_dist.logits
