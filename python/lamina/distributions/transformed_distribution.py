"""Distributions of transformed variables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamina._core import Size, Tensor
from lamina.autograd import no_grad
from lamina.distributions import constraints
from lamina.distributions.distribution import EMPTY, Distribution
from lamina.distributions.independent import Independent
from lamina.distributions.parameters import sum_rightmost
from lamina.distributions.transforms import ComposeTransform, Transform

__all__ = ["TransformedDistribution"]


class TransformedDistribution(Distribution):
    """The distribution of `y = transforms[-1](...transforms[0](x))`, x of the base distribution."""

    arg_constraints: dict[str, constraints.Constraint] = {}

    def __init__(
        self,
        base_distribution: Distribution,
        transforms: Transform | list[Transform],
        validate_args: bool | None = None,
    ) -> None:
        self.transforms = [transforms] if isinstance(transforms, Transform) else transforms
        if not isinstance(transforms, (Transform, list)) or not all(
            isinstance(transform, Transform) for transform in self.transforms
        ):
            raise ValueError(f"[TransformedDistribution] expected transforms; got {transforms}")
        whole = ComposeTransform(self.transforms)
        domain_dim, codomain_dim = whole.domain.event_dim, whole.codomain.event_dim
        event_dim = len(base_distribution.event_shape)
        shape = Size(base_distribution.batch_shape + base_distribution.event_shape)
        if len(shape) < domain_dim:
            raise ValueError(
                f"[TransformedDistribution] expected a base distribution of at least {domain_dim} "
                f"dimensions; got shape {tuple(shape)}"
            )
        forward_shape = whole.forward_shape(shape)
        expanded = whole.inverse_shape(forward_shape)
        if tuple(shape) != tuple(expanded):
            base_distribution = base_distribution.expand(expanded[: len(expanded) - event_dim])
        if domain_dim > event_dim:
            base_distribution = Independent(base_distribution, domain_dim - event_dim)
        self.base_dist = base_distribution
        cut = len(forward_shape) - max(codomain_dim, event_dim + codomain_dim - domain_dim)
        super().__init__(forward_shape[:cut], forward_shape[cut:], validate_args)

    @property
    def has_rsample(self) -> Any:
        """Whether the base distribution has differentiable draws."""
        return self.base_dist.has_rsample

    @constraints.dependent_property(is_discrete=False)
    def support(self) -> constraints.Constraint:
        if not self.transforms:
            base: constraints.Constraint = self.base_dist.support
            return base
        support = self.transforms[-1].codomain
        more = len(self._event_shape) - support.event_dim
        return constraints.independent(support, more) if more > 0 else support

    def _transformed(self, value: Tensor) -> Tensor:
        for transform in self.transforms:
            value = transform(value)
        return value

    def sample(self, sample_shape: Sequence[int] = EMPTY) -> Tensor:
        with no_grad():
            return self._transformed(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Sequence[int] = EMPTY) -> Tensor:
        return self._transformed(self.base_dist.rsample(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        event_dim = len(self._event_shape)
        logarithms = []
        for transform in reversed(self.transforms):
            before = transform.inv(value)
            event_dim += transform.domain.event_dim - transform.codomain.event_dim
            stretch = transform.log_abs_det_jacobian(before, value)
            logarithms.append(sum_rightmost(stretch, event_dim - transform.domain.event_dim))
            value = before
        extra = event_dim - len(self.base_dist.event_shape)
        result = sum_rightmost(self.base_dist.log_prob(value), extra)
        for stretch in logarithms:
            result = result - stretch
        return result

    def _rising(self, probability: Tensor) -> Tensor:
        """Exchange the tails where the transforms fall."""
        sign: Any = 1
        for transform in self.transforms:
            sign = sign * transform.sign
        return (
            sign * (probability - 0.5) + 0.5
            if isinstance(sign, Tensor) or sign < 0
            else probability
        )

    def cdf(self, value: Tensor) -> Tensor:
        for transform in reversed(self.transforms):
            value = transform.inv(value)
        return self._rising(self.base_dist.cdf(value))

    def icdf(self, value: Tensor) -> Tensor:
        return self._transformed(self.base_dist.icdf(self._rising(value)))
