"""Divergences of two distributions of one family."""

from __future__ import annotations

import math

from lamina import _core
from lamina._core import Tensor
from lamina.distributions.bernoulli import Bernoulli
from lamina.distributions.beta import Beta
from lamina.distributions.binomial import Binomial
from lamina.distributions.categorical import Categorical
from lamina.distributions.cauchy import Cauchy
from lamina.distributions.dirichlet import Dirichlet
from lamina.distributions.exponential import Exponential
from lamina.distributions.gamma import Gamma
from lamina.distributions.geometric import Geometric
from lamina.distributions.gumbel import EULER, Gumbel
from lamina.distributions.half_normal import HalfNormal
from lamina.distributions.independent import Independent
from lamina.distributions.kl.registry import kl_divergence, register_kl
from lamina.distributions.laplace import Laplace
from lamina.distributions.multivariate_normal import (
    MultivariateNormal,
    half_log_determinant,
    squared_distance,
)
from lamina.distributions.normal import Normal
from lamina.distributions.one_hot_categorical import OneHotCategorical
from lamina.distributions.parameters import softplus, sum_rightmost
from lamina.distributions.poisson import Poisson
from lamina.distributions.transformed_distribution import TransformedDistribution
from lamina.distributions.uniform import Uniform
from lamina.functional.solvers import solve_triangular


def _weighted(p: Tensor, q: Tensor, difference: Tensor) -> Tensor:
    """Return p times the difference of logarithms of p and q: infinite where only q is 0."""
    return _core.where(p == 0, 0, _core.where(q == 0, math.inf, p * difference))


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p: Bernoulli, q: Bernoulli) -> Tensor:
    yes = softplus(-q.logits) - softplus(-p.logits)
    no = softplus(q.logits) - softplus(p.logits)
    return _weighted(p.probs, q.probs, yes) + _weighted(1 - p.probs, 1 - q.probs, no)


@register_kl(Beta, Beta)
def _beta(p: Beta, q: Beta) -> Tensor:
    return _dirichlet(p._dirichlet, q._dirichlet)


@register_kl(Binomial, Binomial)
def _binomial(p: Binomial, q: Binomial) -> Tensor:
    if (p.total_count < q.total_count).any():
        raise NotImplementedError(
            "[kl_divergence] expected no more trials in q than in p; "
            f"got\n{p.total_count} and\n{q.total_count}"
        )
    trial = p.probs * (p.logits - q.logits) + _core.log1p(-p.probs) - _core.log1p(-q.probs)
    return _core.where(p.total_count > q.total_count, math.inf, p.total_count * trial)


@register_kl(Categorical, Categorical)
def _categorical(p: Categorical, q: Categorical) -> Tensor:
    return _weighted(p.probs, q.probs, p.logits - q.logits).sum(-1)


@register_kl(OneHotCategorical, OneHotCategorical)
def _one_hot(p: OneHotCategorical, q: OneHotCategorical) -> Tensor:
    return _categorical(p._categorical, q._categorical)


@register_kl(Cauchy, Cauchy)
def _cauchy(p: Cauchy, q: Cauchy) -> Tensor:
    apart = (p.scale + q.scale).square() + (p.loc - q.loc).square()
    return apart.log() - (4 * p.scale * q.scale).log()


@register_kl(Dirichlet, Dirichlet)
def _dirichlet(p: Dirichlet, q: Dirichlet) -> Tensor:
    a, b = p.concentration, q.concentration
    total = a.sum(-1)
    mean_log = a.digamma() - total.digamma().unsqueeze(-1)
    constants = total.lgamma() - b.sum(-1).lgamma() + (b.lgamma() - a.lgamma()).sum(-1)
    return constants + ((a - b) * mean_log).sum(-1)


@register_kl(Exponential, Exponential)
def _exponential(p: Exponential, q: Exponential) -> Tensor:
    ratio = q.rate / p.rate
    return ratio - 1 - ratio.log()


@register_kl(Gamma, Gamma)
def _gamma(p: Gamma, q: Gamma) -> Tensor:
    a, b = p.concentration, q.concentration
    ratio = q.rate / p.rate
    return b.lgamma() - a.lgamma() + (a - b) * a.digamma() - b * ratio.log() + a * (ratio - 1)


@register_kl(Geometric, Geometric)
def _geometric(p: Geometric, q: Geometric) -> Tensor:
    return -p.entropy() - q.probs.log() - p.mean * _core.log1p(-q.probs)


@register_kl(Gumbel, Gumbel)
def _gumbel(p: Gumbel, q: Gumbel) -> Tensor:
    ratio, apart = p.scale / q.scale, (p.loc - q.loc) / q.scale
    tail = ((1 + ratio).lgamma() - apart).exp()
    return apart - ratio.log() + EULER * (ratio - 1) + tail - 1


@register_kl(HalfNormal, HalfNormal)
def _half_normal(p: HalfNormal, q: HalfNormal) -> Tensor:
    return _normal(p.base_dist, q.base_dist)


@register_kl(Laplace, Laplace)
def _laplace(p: Laplace, q: Laplace) -> Tensor:
    ratio, apart = p.scale / q.scale, (p.loc - q.loc).abs()
    return apart / q.scale + ratio * (-apart / p.scale).exp() - ratio.log() - 1


@register_kl(MultivariateNormal, MultivariateNormal)
def _multivariate_normal(p: MultivariateNormal, q: MultivariateNormal) -> Tensor:
    if p.event_shape != q.event_shape:
        raise ValueError(
            "[kl_divergence] expected events of the same shape; "
            f"got {tuple(p.event_shape)} and {tuple(q.event_shape)}"
        )
    a, b = p.scale_tril, q.scale_tril
    batch = _core.broadcast_shapes(a.shape, b.shape)
    spread = solve_triangular(b.expand(batch), a.expand(batch), upper=False)
    squares = spread.square().sum((-2, -1)) + squared_distance(b, q.loc - p.loc)
    constants = half_log_determinant(b) - half_log_determinant(a)
    return constants + 0.5 * (squares - a.shape[-1])


@register_kl(Normal, Normal)
def _normal(p: Normal, q: Normal) -> Tensor:
    ratio = (p.scale / q.scale).square()
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale).square() - 1 - ratio.log())


@register_kl(Poisson, Poisson)
def _poisson(p: Poisson, q: Poisson) -> Tensor:
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@register_kl(Uniform, Uniform)
def _uniform(p: Uniform, q: Uniform) -> Tensor:
    outside = (q.low > p.low) | (q.high < p.high)
    return _core.where(outside, math.inf, ((q.high - q.low) / (p.high - p.low)).log())


@register_kl(Independent, Independent)
def _independent(p: Independent, q: Independent) -> Tensor:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError(
            "[kl_divergence] expected as many reinterpreted dimensions; "
            f"got {p.reinterpreted_batch_ndims} and {q.reinterpreted_batch_ndims}"
        )
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed(p: TransformedDistribution, q: TransformedDistribution) -> Tensor:
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError(
            f"[kl_divergence] expected the same transforms and event_shape; got {p} and {q}"
        )
    return kl_divergence(p.base_dist, q.base_dist)
