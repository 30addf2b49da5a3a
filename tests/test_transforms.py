"""Transforms: inverses, the logarithm of their stretch, shapes, chains and caches."""

import math

import numpy as np
import pytest

import lamina as lm
from lamina import distributions as D

REAL = np.random.default_rng(0).normal(size=(4, 3))
SQUARE = np.random.default_rng(1).normal(size=(2, 3, 3))


def f64(x):
    return lm.tensor(x, dtype=lm.float64)


ELEMENTWISE = [
    (D.ExpTransform(), REAL, np.exp),
    (D.SigmoidTransform(), REAL, lambda x: 1 / (1 + np.exp(-x))),
    (D.TanhTransform(), REAL, np.tanh),
    (D.SoftplusTransform(), REAL, lambda x: np.log1p(np.exp(x))),
    (D.AffineTransform(1.0, -3.0), REAL, lambda x: 1 - 3 * x),
    (D.AffineTransform(f64([1.0, 0.0, 2.0]), 2.0), REAL, lambda x: 2 * x + [1, 0, 2]),
    (D.PowerTransform(f64(-1.5)), abs(REAL) + 0.1, lambda x: x**-1.5),
    (
        D.ComposeTransform([D.ExpTransform(), D.AffineTransform(1.0, 2.0)]),
        REAL,
        lambda x: 1 + 2 * np.exp(x),
    ),
    (D.ExpTransform().inv, np.exp(REAL), np.log),
    (D.identity_transform, REAL, lambda x: x),
]


@pytest.mark.parametrize(("transform", "x", "formula"), ELEMENTWISE)
def test_elementwise(transform, x, formula):
    x = f64(x).requires_grad_()
    y = transform(x)
    np.testing.assert_allclose(y.detach().numpy(), formula(x.detach().numpy()), rtol=1e-12)
    np.testing.assert_allclose(transform.inv(y).detach().numpy(), x.detach().numpy(), rtol=1e-8)
    [slope] = lm.autograd.grad(y.sum(), x)
    stretch = transform.log_abs_det_jacobian(x, y).detach()
    np.testing.assert_allclose(stretch.numpy(), slope.abs().log().numpy(), rtol=1e-8, atol=1e-12)
    if not isinstance(transform.sign, int) or transform is not D.identity_transform:
        assert (slope.sign() == transform.sign).all()
    assert transform.inv.inv is transform
    assert transform.codomain.check(y).all()


def test_stick_breaking():
    transform, x = D.StickBreakingTransform(), f64(REAL)
    y = transform(x)
    assert y.shape == (4, 4)
    assert transform.codomain.check(y).all()
    np.testing.assert_allclose(transform.inv(y).numpy(), REAL, rtol=1e-9)
    np.testing.assert_allclose(transform(f64([0.0, 0, 0])).numpy(), 0.25)
    row = x[0].requires_grad_()
    slopes = [lm.autograd.grad(transform(row)[i], row)[0].numpy() for i in range(3)]
    expected = np.linalg.slogdet(np.stack(slopes))[1]
    assert transform.log_abs_det_jacobian(row, transform(row)).item() == pytest.approx(expected)
    assert transform.forward_shape((2, 3)) == (2, 4)
    assert transform.inverse_shape((2, 4)) == (2, 3)


def test_softmax_and_cholesky():
    softmax, cholesky = D.SoftmaxTransform(), D.LowerCholeskyTransform()
    y = softmax(f64(REAL))
    assert softmax.codomain.check(y).all()
    assert softmax(softmax.inv(y)).allclose(y)
    factor = cholesky(f64(SQUARE))
    assert cholesky.codomain.check(factor).all()
    assert cholesky(cholesky.inv(factor)).allclose(factor)


def test_cache_gives_the_origin_back():
    cached, x = D.TanhTransform(cache_size=1), lm.tensor([50.0])
    assert cached.inv(cached(x)) is x
    assert cached(x) is cached(x)
    assert lm.isinf(D.TanhTransform().inv(D.TanhTransform()(x))).all()
    chain = D.ComposeTransform([D.AffineTransform(0.0, 2.0), D.TanhTransform()], cache_size=1)
    assert chain.inv(chain(x)) is x
    with pytest.raises(ValueError, match="0 or 1; got 2"):
        D.ExpTransform(cache_size=2)


def test_equality():
    assert D.ExpTransform() == D.ExpTransform()
    assert D.ExpTransform() != D.TanhTransform()
    assert D.ExpTransform().inv == D.ExpTransform().inv
    assert D.AffineTransform(1.0, 2.0) == D.AffineTransform(f64(1.0), 2.0)
    assert D.AffineTransform(1.0, 2.0) != D.AffineTransform(1.0, 3.0)
    assert D.ComposeTransform([D.ExpTransform()]) == D.ComposeTransform([D.ExpTransform()])


def test_squashed_normal_as_policies_use_it():
    p = D.Independent(D.Normal(lm.zeros(5, 2), lm.ones(5, 2)), 1)
    squashed = D.TransformedDistribution(p, [D.TanhTransform(cache_size=1)])
    action = squashed.rsample()
    assert (squashed.batch_shape, squashed.event_shape) == ((5,), (2,))
    x = action.atanh()
    expected = p.log_prob(x) - (1 - action.square()).log().sum(-1)
    assert squashed.log_prob(action).allclose(expected, atol=1e-4)
    assert squashed.expand((3, 5)).sample().shape == (3, 5, 2)


def test_shapes_of_transformed_distributions():
    base = D.Normal(lm.zeros(4, 3), 1.0)
    sticks = D.TransformedDistribution(base, D.StickBreakingTransform())
    assert (sticks.batch_shape, sticks.event_shape) == ((4,), (4,))
    assert sticks.log_prob(sticks.sample((2,))).shape == (2, 4)
    wide = D.TransformedDistribution(D.Normal(0.0, 1.0), D.AffineTransform(lm.zeros(3), 1.0))
    assert wide.batch_shape == (3,)
    falling = D.TransformedDistribution(D.Normal(0.0, 1.0), D.AffineTransform(0.0, -2.0))
    assert falling.cdf(lm.tensor(2.0)).item() == pytest.approx(0.5 * math.erfc(-1 / math.sqrt(2)))
    assert falling.icdf(falling.cdf(lm.tensor(2.0))).item() == pytest.approx(2, rel=1e-5)
    with pytest.raises(ValueError, match="at least 1"):
        D.TransformedDistribution(D.Normal(0.0, 1.0), D.StickBreakingTransform())
    with pytest.raises(ValueError, match="expected transforms"):
        D.TransformedDistribution(base, "exp")


def test_repr():
    chain = D.ComposeTransform([D.ExpTransform(), D.TanhTransform().inv])
    shown = "ComposeTransform(\n    ExpTransform(),\n    _InverseTransform(TanhTransform())\n)"
    assert repr(chain) == shown
