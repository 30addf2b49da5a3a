"""Divergences of two distributions of different families.

They are `-entropy(p)` less the expectation of `log q(x)`, which needs of p only a mean, a variance
or the expectation of a logarithm or an exponential.
"""

from __future__ import annotations

import functools
import math

from lamina import _core
from lamina._core import Tensor
from lamina.distributions.bernoulli import Bernoulli
from lamina.distributions.beta import Beta
from lamina.distributions.binomial import Binomial
from lamina.distributions.distribution import Distribution
from lamina.distributions.exponential import Exponential
from lamina.distributions.gamma import Gamma
from lamina.distributions.gumbel import EULER, Gumbel
from lamina.distributions.kl.registry import register_kl
from lamina.distributions.laplace import Laplace
from lamina.distributions.normal import Normal
from lamina.distributions.poisson import Poisson
from lamina.distributions.uniform import Uniform
from lamina.functional.elementwise import xlogy

# ---- where p has values that q has not ----


def _infinite(p: Distribution, q: Distribution) -> Tensor:
    shape = _core.broadcast_shapes(p.batch_shape, q.batch_shape)
    return _core.full(shape, math.inf, dtype=p.mean.dtype)


for _p, _q in [
    *((p, q) for p in (Exponential, Gamma) for q in (Beta, Uniform)),
    *((p, q) for p in (Gumbel, Laplace, Normal) for q in (Beta, Exponential, Gamma, Uniform)),
    *((Poisson, q) for q in (Bernoulli, Binomial)),
]:
    register_kl(_p, _q)(_infinite)


def _unless(outside: Tensor, divergence: Tensor) -> Tensor:
    return _core.where(outside, math.inf, divergence)


# ---- expectations ----


@functools.singledispatch
def _mean_log(p: Distribution) -> Tensor:
    """Return the expectation of log x."""
    raise NotImplementedError


@_mean_log.register
def _(p: Beta) -> Tensor:
    return p.concentration1.digamma() - (p.concentration1 + p.concentration0).digamma()


@_mean_log.register
def _(p: Exponential) -> Tensor:
    return -p.rate.log() - EULER


@_mean_log.register
def _(p: Uniform) -> Tensor:
    return _mean_log_between(p.low, p.high)


def _mean_log_between(low: Tensor, high: Tensor) -> Tensor:
    return (xlogy(high, high) - xlogy(low, low)) / (high - low) - 1


@functools.singledispatch
def _mean_exp(p: Distribution, t: Tensor) -> Tensor:
    """Return the expectation of exp(-t x)."""
    raise NotImplementedError


@_mean_exp.register
def _(p: Exponential, t: Tensor) -> Tensor:
    return p.rate / (p.rate + t)


@_mean_exp.register
def _(p: Gamma, t: Tensor) -> Tensor:
    return (1 + t / p.rate) ** -p.concentration


@_mean_exp.register
def _(p: Normal, t: Tensor) -> Tensor:
    return (0.5 * (p.scale * t).square() - p.loc * t).exp()


@_mean_exp.register
def _(p: Uniform, t: Tensor) -> Tensor:
    return ((-p.low * t).exp() - (-p.high * t).exp()) / (t * (p.high - p.low))


# ---- by the family of q ----


@register_kl(Bernoulli, Poisson)
def _to_poisson(p: Bernoulli, q: Poisson) -> Tensor:
    return -p.entropy() - (p.probs * q.rate.log() - q.rate)


@register_kl(Beta, Normal)
@register_kl(Exponential, Normal)
@register_kl(Gamma, Normal)
@register_kl(Gumbel, Normal)
@register_kl(Laplace, Normal)
@register_kl(Uniform, Normal)
def _to_normal(p: Distribution, q: Normal) -> Tensor:
    variance = q.scale.square()
    squares = p.variance + (p.mean - q.loc).square()
    return 0.5 * (squares / variance + (2 * math.pi * variance).log()) - p.entropy()


@register_kl(Beta, Exponential)
@register_kl(Gamma, Exponential)
def _to_exponential(p: Distribution, q: Exponential) -> Tensor:
    return q.rate * p.mean - q.rate.log() - p.entropy()


@register_kl(Uniform, Exponential)
def _uniform_to_exponential(p: Uniform, q: Exponential) -> Tensor:
    return _unless(p.low < 0, _to_exponential(p, q))


@register_kl(Beta, Gamma)
@register_kl(Exponential, Gamma)
def _to_gamma(p: Distribution, q: Gamma) -> Tensor:
    c = q.concentration
    log_q = c * q.rate.log() - c.lgamma() + (c - 1) * _mean_log(p) - q.rate * p.mean
    return -p.entropy() - log_q


@register_kl(Uniform, Gamma)
def _uniform_to_gamma(p: Uniform, q: Gamma) -> Tensor:
    return _unless(p.low < 0, _to_gamma(p, q))


@register_kl(Exponential, Gumbel)
@register_kl(Gamma, Gumbel)
@register_kl(Normal, Gumbel)
@register_kl(Uniform, Gumbel)
def _to_gumbel(p: Distribution, q: Gumbel) -> Tensor:
    tail = (q.loc / q.scale).exp() * _mean_exp(p, 1 / q.scale)
    return (p.mean - q.loc) / q.scale + tail + q.scale.log() - p.entropy()


@register_kl(Normal, Laplace)
def _to_laplace(p: Normal, q: Laplace) -> Tensor:
    away, root = p.loc - q.loc, p.scale * math.sqrt(2)
    near = root / math.sqrt(math.pi) * (-(away / root).square()).exp()
    distance = near + away * _core.erf(away / root)
    return (2 * q.scale).log() + distance / q.scale - p.entropy()


@register_kl(Beta, Uniform)
def _beta_to_uniform(p: Beta, q: Uniform) -> Tensor:
    return _unless((q.low > 0) | (q.high < 1), (q.high - q.low).log() - p.entropy())


@register_kl(Uniform, Beta)
def _uniform_to_beta(p: Uniform, q: Beta) -> Tensor:
    a, b = q.concentration1, q.concentration0
    log_beta = a.lgamma() + b.lgamma() - (a + b).lgamma()
    log_q = (a - 1) * _mean_log(p) + (b - 1) * _mean_log_between(1 - p.high, 1 - p.low) - log_beta
    return _unless((p.low < 0) | (p.high > 1), -p.entropy() - log_q)
