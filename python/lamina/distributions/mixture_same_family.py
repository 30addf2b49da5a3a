"""Mixtures of distributions of one family."""

from __future__ import annotations

from collections.abc import Sequence

from lamina import _core
from lamina._core import Tensor
from lamina.distributions import constraints
from lamina.distributions.categorical import Categorical
from lamina.distributions.distribution import EMPTY, Distribution

__all__ = ["MixtureSameFamily"]


class MixtureSameFamily(Distribution):
    """Draws a component, the last dimension of a batch, and then from that."""

    arg_constraints: dict[str, constraints.Constraint] = {}

    def __init__(
        self,
        mixture_distribution: Categorical,
        component_distribution: Distribution,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(mixture_distribution, Categorical):
            kind = type(mixture_distribution).__name__
            raise ValueError(f"[MixtureSameFamily] expected a Categorical mixture; got {kind}")
        if not isinstance(component_distribution, Distribution):
            kind = type(component_distribution).__name__
            raise ValueError(f"[MixtureSameFamily] expected a distribution; got {kind}")
        weights, batch = mixture_distribution.param_shape, component_distribution.batch_shape
        fits = all(
            i == j or 1 in (i, j)
            for i, j in zip(reversed(weights[:-1]), reversed(batch[:-1]), strict=False)
        )
        if not batch or weights[-1] != batch[-1] or not fits:
            raise ValueError(
                "[MixtureSameFamily] expected a batch of components that fits weights of shape "
                f"{tuple(weights)}; got batch_shape {tuple(batch)}"
            )
        self._component_distribution = component_distribution
        self._mixture_distribution = mixture_distribution.expand(batch[:-1])
        super().__init__(batch[:-1], component_distribution.event_shape, validate_args)

    @property
    def mixture_distribution(self) -> Categorical:
        """The distribution of the components' numbers."""
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Distribution:
        """The distributions of the components."""
        return self._component_distribution

    @constraints.dependent_property
    def support(self) -> constraints.Constraint:
        return constraints.MixtureSameFamilyConstraint(self._component_distribution.support)

    def _averaged(self, values: Tensor) -> Tensor:
        """Weigh what each component has for an event."""
        events = len(self._event_shape)
        probs = self._mixture_distribution.probs
        return (probs.reshape(*probs.shape, *(1,) * events) * values).sum(-1 - events)

    def _to_components(self, value: Tensor) -> Tensor:
        return value.unsqueeze(-1 - len(self._event_shape))

    @property
    def mean(self) -> Tensor:
        return self._averaged(self._component_distribution.mean)

    @property
    def variance(self) -> Tensor:
        components = self._component_distribution
        between = (components.mean - self._to_components(self.mean)).square()
        return self._averaged(components.variance + between)

    def sample(self, sample_shape: Sequence[int] = EMPTY) -> Tensor:
        chosen = self._mixture_distribution.sample(sample_shape)
        drawn = self._component_distribution.sample(sample_shape)
        events = (1,) * len(self._event_shape)
        index = chosen.reshape(*chosen.shape, 1, *events)
        dim = chosen.dim()
        return drawn.gather(dim, index.expand(*chosen.shape, 1, *self._event_shape)).squeeze(dim)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        each = self._component_distribution.log_prob(self._to_components(value))
        return _core.logsumexp(each + self._mixture_distribution.logits, -1)

    def cdf(self, value: Tensor) -> Tensor:
        each = self._component_distribution.cdf(self._to_components(value))
        return (each * self._mixture_distribution.probs).sum(-1)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(\n"
            f"  {self._mixture_distribution},\n  {self._component_distribution})"
        )
