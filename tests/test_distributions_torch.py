"""Distributions beside PyTorch: what they compute of the same draws, their divergences and repr."""

import itertools

import numpy as np
import pytest
from distribution_rows import ROWS

import lamina as lm

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

ABSENT = {("Gamma", "cdf"), ("Chi2", "cdf")}


def agree(ours, theirs):
    ours, theirs = ours.detach().numpy(), theirs.detach().numpy()
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    # PyTorch computes some constants in float32.
    np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-7)


def same(row, name, compute, p, q, *arguments):
    """Compare, unless PyTorch lacks it."""
    try:
        expected = compute(q, *arguments)
    except NotImplementedError:
        return
    if (row.name, name) not in ABSENT:
        agree(compute(p, *(lm.from_numpy(x.numpy().copy()) for x in arguments)), expected)


@pytest.mark.parametrize("row", ROWS, ids=str)
@pytest.mark.parametrize("expanded", [False, True])
def test_distribution(row, expanded):
    torch.manual_seed(1)
    p, q = row.make(), row.make(torch)
    if expanded:
        p, q = p.expand((4, *p.batch_shape)), q.expand((4, *q.batch_shape))
    assert repr(p).replace("lamina.", "torch.") == repr(q)
    assert (p.batch_shape, p.event_shape) == (tuple(q.batch_shape), tuple(q.event_shape))
    assert bool(p.has_rsample) == bool(q.has_rsample)
    assert repr(p.support).split("(")[0] == repr(q.support).split("(")[0]
    for name in ("mean", "mode", "variance", "stddev"):
        same(row, name, lambda d, name=name: getattr(d, name), p, q)
    if not (expanded and row.name == "Multinomial"):  # fails in PyTorch
        same(row, "entropy", lambda d: d.entropy(), p, q)
    value = q.sample((5,))
    assert p.sample((5,)).dtype == lm.from_numpy(value.numpy()).dtype
    same(row, "log_prob", lambda d, x: d.log_prob(x), p, q, value)
    same(row, "cdf", lambda d, x: d.cdf(x), p, q, value)
    chance = torch.rand(value.shape, dtype=torch.float64)
    same(row, "icdf", lambda d, x: d.icdf(x), p, q, chance)
    if q.has_enumerate_support:
        same(row, "enumerate_support", lambda d: d.enumerate_support(), p, q)


@pytest.mark.parametrize(("first", "second"), [*itertools.product(ROWS, ROWS)], ids=str)
def test_divergence(first, second):
    try:
        expected = torch.distributions.kl_divergence(first.make(torch), second.make(torch))
    except (NotImplementedError, ValueError, RuntimeError):
        return
    got = lm.distributions.kl_divergence(first.make(), second.make())
    np.testing.assert_allclose(
        got.numpy(), expected.expand(got.shape).numpy(), rtol=1e-9, atol=1e-12
    )


TRANSFORMS = [
    lambda d, t: d.ExpTransform(),
    lambda d, t: d.SigmoidTransform(),
    lambda d, t: d.TanhTransform(),
    lambda d, t: d.SoftplusTransform(),
    lambda d, t: d.StickBreakingTransform(),
    lambda d, t: d.AffineTransform(t([1.0, 2.0, -1.0]), t([0.5, -2.0, 1.0])),
    lambda d, t: d.AffineTransform(1.0, -3.0, event_dim=1),
    lambda d, t: d.ComposeTransform([d.AffineTransform(1.0, 2.0), d.TanhTransform()]),
    lambda d, t: d.ComposeTransform([d.ExpTransform(), d.PowerTransform(t(0.5))]),
    lambda d, t: d.IndependentTransform(d.ExpTransform(), 1),
]


@pytest.mark.parametrize("make", TRANSFORMS)
def test_transform(make):
    def of(module):
        kind = module.float64
        return make(module.distributions, lambda x: module.tensor(x, dtype=kind))

    ours, theirs = of(lm), of(torch)
    x = np.random.default_rng(0).normal(size=(4, 3))
    a, b = lm.tensor(x), torch.tensor(x)
    agree(ours(a), theirs(b))
    agree(ours.inv(ours(a)), theirs.inv(theirs(b)))
    agree(ours.log_abs_det_jacobian(a, ours(a)), theirs.log_abs_det_jacobian(b, theirs(b)))
    assert ours.domain.event_dim == theirs.domain.event_dim
    assert ours.codomain.event_dim == theirs.codomain.event_dim
    assert repr(ours) == repr(theirs)
    for module, transform in ((lm, ours), (torch, theirs)):
        d = module.distributions
        base = d.Normal(module.zeros(3, dtype=module.float64), 1.0)
        transformed = d.TransformedDistribution(base, [transform])
        module.manual_seed(0)
        assert transformed.log_prob(transformed.sample((5,))).shape[0] == 5
    y = theirs(b)
    base = torch.distributions.Normal(torch.zeros(3, dtype=torch.float64), 1.0)
    expected = torch.distributions.TransformedDistribution(base, theirs).log_prob(y)
    base = lm.distributions.Normal(lm.zeros(3, dtype=lm.float64), 1.0)
    got = lm.distributions.TransformedDistribution(base, ours).log_prob(lm.tensor(y.numpy()))
    agree(got, expected)
