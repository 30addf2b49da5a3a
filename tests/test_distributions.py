"""Distributions: densities, draws, gradients, entropy and divergences, row by row of the table."""

import itertools
import math

import numpy as np
import pytest
from distribution_rows import COVARIANCE, ROWS

import lamina as lm
from lamina import distributions as D

N = 50_000
by_row = pytest.mark.parametrize("row", ROWS, ids=str)


def rows(kind):
    return pytest.mark.parametrize("row", [r for r in ROWS if r.kind == kind], ids=str)


def expect_mean(values, expected, errors=4.5):
    """The mean of draws, along the first dimension, is what is expected."""
    values = np.asarray(values, np.float64)
    bound = errors * values.std(0) / math.sqrt(len(values)) + 1e-12
    assert np.all(abs(values.mean(0) - expected) <= bound)


def has(method, *arguments):
    try:
        method(*arguments)
    except NotImplementedError:
        return False
    return True


@pytest.mark.parametrize(("dtype", "rtol"), [("float32", 2e-5), ("float64", 1e-11)])
@by_row
def test_log_prob(row, dtype, rtol):
    lm.manual_seed(1)
    p = row.make(dtype=dtype)
    value = p.sample((7,))
    expected = row.log_prob(value.numpy().astype(np.float64), **row.parameters)
    got = p.log_prob(value)
    assert got.dtype == getattr(lm, dtype)
    assert got.shape == (7, *p.batch_shape)
    np.testing.assert_allclose(got.numpy(), expected, rtol=rtol, atol=10 * rtol)


def cumulative(p, draws):
    """Return the probability of less than each draw, sorted by columns."""
    if has(p.cdf, p.sample()):
        return p.cdf(lm.tensor(draws)).numpy()
    t = np.linspace(0, 1, 100_001)[1:-1, None]
    share = t**4 / (t**4 + (1 - t) ** 4)  # dense at the ends, where densities may have poles
    span = draws.max(0) - draws.min(0)
    low, high = draws.min(0) - span, draws.max(0) + span
    low = np.maximum(low, getattr(p.support, "lower_bound", -math.inf))
    high = np.minimum(high, getattr(p.support, "upper_bound", math.inf))
    grid = low + (high - low) * share
    density = p.log_prob(lm.tensor(grid)).exp().numpy()
    steps = np.diff(grid, axis=0) * (density[1:] + density[:-1]) / 2
    sums = np.concatenate([np.zeros((1, 2)), np.cumsum(steps, 0)])
    np.testing.assert_allclose(sums[-1], 1, atol=2e-3)
    columns = [np.interp(draws[:, i], grid[:, i], sums[:, i]) for i in range(2)]
    return np.stack(columns, -1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@rows("continuous")
def test_draws_follow_the_density(row, dtype):
    lm.manual_seed(2)
    draws = np.sort(row.make(dtype=dtype).sample((N,)).numpy().astype(np.float64), 0)
    expected, steps = cumulative(row.make(), draws), np.arange(N + 1)[:, None] / N
    distance = np.maximum(abs(expected - steps[:-1]), abs(expected - steps[1:])).max()
    assert distance < 1.63 / math.sqrt(N) + 1e-3  # Kolmogorov and Smirnov, 1 in 100


@rows("continuous")
def test_cdf_integrates_the_density_and_icdf_inverts_it(row):
    lm.manual_seed(3)
    p, step = row.make(), 1e-6
    value = p.sample((9,))
    if has(p.cdf, value):
        low, high = p.cdf(value - value.abs() * step), p.cdf(value + value.abs() * step)
        density = (high - low) / (2 * step * value.abs())
        np.testing.assert_allclose(density.numpy(), p.log_prob(value).exp().numpy(), rtol=1e-4)
        if has(p.icdf, p.cdf(value)):
            np.testing.assert_allclose(p.icdf(p.cdf(value)).numpy(), value.numpy(), rtol=1e-6)


@rows("discrete")
def test_draws_follow_the_probabilities(row):
    lm.manual_seed(4)
    draws = row.make().sample((N,)).numpy().astype(int)
    last = draws.max()
    probs = np.exp(row.log_prob(np.stack([np.arange(last + 1)] * 2, -1), **row.parameters))
    for counts, expected in zip(map(np.bincount, draws.T), N * probs.T, strict=True):
        likely = expected[: len(counts)] > 5
        counts, expected = counts[likely], expected[: len(counts)][likely]
        freedom = len(counts) - 1
        assert ((counts - expected) ** 2 / expected).sum() < freedom + 4 * math.sqrt(
            2 * freedom
        ) + 4


@pytest.mark.parametrize("row", [row for row in ROWS if row.moments], ids=str)
def test_moments(row):
    lm.manual_seed(5)
    p = row.make()
    draws = p.sample((N,)).numpy()
    expect_mean(draws, p.mean.numpy())
    expect_mean((draws - p.mean.numpy()) ** 2, p.variance.numpy())
    np.testing.assert_allclose(p.stddev.numpy() ** 2, p.variance.numpy())


@by_row
def test_entropy_is_the_mean_of_minus_log_prob(row):
    p = row.make()
    if row.name in ("Poisson", "RelaxedBernoulli", "RelaxedOneHotCategorical"):
        assert not has(p.entropy)
        return
    lm.manual_seed(6)
    expect_mean(-p.log_prob(p.sample((N,))).numpy(), p.entropy().numpy())
    np.testing.assert_allclose(p.perplexity().numpy(), np.exp(p.entropy().numpy()))


@by_row
def test_gradients_of_log_prob(row):
    lm.manual_seed(7)
    value = row.make().sample((3,))
    tensors = {name: x.requires_grad_() for name, x in row.tensors().items()}

    def log_prob(*changed):
        # A finite difference must stay among the symmetric matrices.
        even = [
            (x + x.mT) / 2 if "matrix" in k else x for k, x in zip(tensors, changed, strict=True)
        ]
        return row.make(**dict(zip(tensors, even, strict=True))).log_prob(value)

    if "scale_tril" not in tensors:  # whose upper half is not a parameter
        assert lm.autograd.gradcheck(log_prob, tuple(tensors.values()))
    if row.kind == "continuous":
        inside = (value.requires_grad_(),)
        assert lm.autograd.gradcheck(lambda x: row.make().log_prob(x), inside)


@pytest.mark.parametrize("row", [r for r in ROWS if r.moments and r.make().has_rsample], ids=str)
def test_gradients_of_draws(row):
    """The gradient of the mean is the mean of gradients."""
    # The gradient of a symmetric matrix is right only after it is made symmetric.
    for name in (name for name in row.parameters if "matrix" not in name):
        lm.manual_seed(8)
        tensors = row.tensors()
        start = tensors[name]
        repeated = start.expand(N, *start.shape).clone().requires_grad_()
        drawn = row.make(**tensors | {name: repeated}).rsample()
        [each] = lm.autograd.grad(drawn.square().sum(), repeated)
        once = start.clone().requires_grad_()
        p = row.make(**tensors | {name: once})
        [expected] = lm.autograd.grad((p.variance + p.mean.square()).sum(), once)
        each = each.tril() if name == "scale_tril" else each
        expect_mean(each.numpy(), expected.numpy())


def slope_by_quadrature(a, log_x):
    """-(dP/da) / (x f(x)): the integral of (digamma(a) - log(x t)) t^(a - 1) e^(x (1 - t))."""
    s = np.linspace(-60 / min(a, 1), 0, 400_001)  # t = e^s
    x = math.exp(log_x)
    digamma = lm.digamma(lm.tensor(a, dtype=lm.float64)).item()
    values = (digamma - log_x - s) * np.exp(a * s + x * -np.expm1(s))
    return np.trapezoid(values, s) if hasattr(np, "trapezoid") else np.trapz(values, s)


@pytest.mark.parametrize("a", [0.02, 0.7, 1.0, 5.0, 40.0])
def test_gamma_draws_move_with_their_concentration_as_the_integral_says(a):
    lm.manual_seed(9)
    concentration = lm.full((6,), a, dtype=lm.float64, requires_grad=True)
    y = lm._core._log_gamma_variable(concentration)
    y.sum().backward()
    expected = [slope_by_quadrature(a, value) for value in y.tolist()]
    np.testing.assert_allclose(concentration.grad.numpy(), expected, rtol=1e-6)


def test_gamma_slopes_fit_together_where_the_method_changes():
    lm.manual_seed(10)
    slopes = []
    for a in (9999.9, 10000.1):
        lm.manual_seed(10)
        concentration = lm.full((100,), a, dtype=lm.float64, requires_grad=True)
        lm._core._log_gamma_variable(concentration).sum().backward()
        slopes.append(concentration.grad.numpy() * a)
    np.testing.assert_allclose(*slopes, rtol=1e-6)


def test_small_concentrations_do_not_underflow():
    lm.manual_seed(11)
    x = D.Dirichlet(lm.full((1000, 3), 1e-3)).sample()
    assert lm.isfinite(x).all()
    np.testing.assert_allclose(x.sum(-1).numpy(), 1, rtol=1e-5)
    assert (D.Gamma(lm.full((1000,), 1e-3), 1.0).sample() > 0).all()


@pytest.mark.parametrize("draw", ["gamma", "poisson", "binomial"])
def test_draws_do_not_depend_on_threads(draw):
    before, results = lm.get_num_threads(), []
    for threads in (1, 2, 4):
        lm.set_num_threads(threads)
        lm.manual_seed(12)
        a = lm.linspace(0.1, 30, 20_001)
        drawn = {
            "gamma": lambda a: lm._core._log_gamma_variable(a),
            "poisson": lm.poisson,
            "binomial": lambda a: lm.binomial(a.ceil(), a / 31),
        }[draw](a)
        results.append(drawn.numpy().tobytes())
    lm.set_num_threads(before)
    assert len(set(results)) == 1


@by_row
def test_expand(row):
    lm.manual_seed(13)
    p = row.make()
    wide = p.expand((4, *p.batch_shape))
    assert type(wide) is type(p)
    assert (wide.batch_shape, wide.event_shape) == ((4, *p.batch_shape), p.event_shape)
    value = p.sample((4,))
    np.testing.assert_array_equal(wide.log_prob(value).numpy(), p.log_prob(value).numpy())
    assert wide.sample((3,)).shape == (3, 4, *p.batch_shape, *p.event_shape)
    assert p.sample((3, 0)).shape == (3, 0, *p.batch_shape, *p.event_shape)
    assert p.batch_shape == row.make().batch_shape


@by_row
def test_support_holds_draws_and_lists_values(row):
    lm.manual_seed(14)
    p = row.make()
    assert p.support.check(p.sample((100,))).all()
    if p.has_enumerate_support:
        listed = p.enumerate_support()
        np.testing.assert_allclose(p.log_prob(listed).exp().sum(0).numpy(), 1)
        assert listed.shape[1:] == (*p.batch_shape, *p.event_shape)
        assert p.enumerate_support(expand=False).shape[0] == listed.shape[0]


PAIRS = {(p.name, q.name): (p, q) for p, q in itertools.product(ROWS, ROWS)}


@pytest.mark.parametrize("names", PAIRS, ids="-".join)
def test_divergence_is_the_mean_of_the_difference(names):
    first, second = PAIRS[names]
    p, q = first.make(), second.make()
    if not has(D.kl_divergence, p, q):
        return
    divergence = D.kl_divergence(p, q).numpy()
    lm.manual_seed(15)
    value = p.sample((N,))
    q = second.make(validate_args=False)
    with np.errstate(invalid="ignore"):
        difference = (p.log_prob(value) - q.log_prob(value)).numpy()
    finite = np.isfinite(divergence)
    expect_mean(difference[:, finite], divergence[finite])
    inside = second.make().support.check(value).numpy()
    assert not inside[:, ~finite].all(0).any()


def test_divergence_dispatch():
    class Child(D.Normal):
        pass

    p, q = Child(0.0, 1.0), D.Normal(1.0, 2.0)
    assert D.kl_divergence(p, q) == D.kl_divergence(D.Normal(0.0, 1.0), q)
    D.register_kl(Child, D.Normal)(lambda p, q: "left")
    assert D.kl_divergence(p, q) == "left"
    D.register_kl(D.Normal, Child)(lambda p, q: "right")
    with pytest.warns(RuntimeWarning, match="Child, Child"):
        D.kl_divergence(p, p)
    with pytest.raises(NotImplementedError, match="Normal, Poisson"):
        D.kl_divergence(q, D.Poisson(1.0))
    with pytest.raises(TypeError, match="subclasses"):
        D.register_kl(int, D.Normal)


def test_independent():
    base = D.Normal(lm.zeros(2, 3), lm.ones(2, 3))
    p = D.Independent(base, 1)
    assert (p.batch_shape, p.event_shape) == ((2,), (3,))
    value = p.rsample((5,))
    assert p.log_prob(value).allclose(base.log_prob(value).sum(-1))
    assert p.entropy().allclose(base.entropy().sum(-1))
    assert p.expand((4, 2)).base_dist.batch_shape == (4, 2, 3)
    other = D.Independent(D.Normal(lm.ones(2, 3), 2.0), 1)
    expected = D.kl_divergence(base, other.base_dist).sum(-1)
    assert D.kl_divergence(p, other).allclose(expected)
    assert repr(p) == f"Independent({base!r}, 1)"
    with pytest.raises(ValueError, match="at most 2"):
        D.Independent(base, 3)


def test_mixture():
    weights, loc = lm.tensor([0.3, 0.7]), lm.tensor([-1.0, 2.0])
    p = D.MixtureSameFamily(D.Categorical(weights), D.Normal(loc, 0.5))
    lm.manual_seed(16)
    draws = p.sample((N,)).numpy().astype(np.float64)
    expect_mean(draws, p.mean.item())
    expect_mean((draws - p.mean.item()) ** 2, p.variance.item())
    x = lm.linspace(-4, 5, 2001)
    assert np.sum(p.log_prob(x).exp().numpy()) * 9 / 2000 == pytest.approx(1, abs=1e-4)
    assert p.cdf(x)[-1].item() == pytest.approx(1)
    vectors = D.MixtureSameFamily(
        D.Categorical(lm.ones(3, 2)), D.Independent(D.Normal(lm.zeros(3, 2, 4), 1.0), 1)
    )
    assert vectors.sample((5,)).shape == (5, 3, 4)
    assert vectors.log_prob(vectors.sample()).shape == (3,)
    assert vectors.expand((6, 3)).sample().shape == (6, 3, 4)
    with pytest.raises(ValueError, match="fits weights"):
        D.MixtureSameFamily(D.Categorical(weights), D.Normal(lm.zeros(3), 1.0))


def test_straight_through():
    logits = lm.tensor([0.5, -1.0, 0.2], requires_grad=True)
    drawn = D.OneHotCategoricalStraightThrough(logits=logits).rsample()
    assert sorted(drawn.detach().round().tolist()) == [0, 0, 1]
    [grad] = lm.autograd.grad((drawn * lm.tensor([1.0, 2.0, 3.0])).sum(), logits)
    probs = lm.softmax(logits, -1)
    [expected] = lm.autograd.grad((probs * lm.tensor([1.0, 2.0, 3.0])).sum(), logits)
    assert grad.allclose(expected)


def test_normal_vectors_by_each_matrix_are_one():
    matrix = lm.tensor(COVARIANCE)
    loc = lm.zeros(3, dtype=lm.float64)
    forms = [
        D.MultivariateNormal(loc, matrix),
        D.MultivariateNormal(loc, precision_matrix=lm.inverse(matrix)),
        D.MultivariateNormal(loc, scale_tril=lm.linalg.cholesky(matrix)),
    ]
    for p in forms:
        assert p.covariance_matrix.allclose(matrix)
        assert (p.precision_matrix @ matrix).allclose(lm.eye(3, dtype=lm.float64))
        assert p.scale_tril.allclose(lm.linalg.cholesky(matrix))


ERRORS = [
    (lambda: D.Normal(0.0, -1.0), "scale.*GreaterThan"),
    (lambda: D.Normal(math.nan, 1.0), "loc.*Real"),
    (lambda: D.Normal("0", 1.0), "tensors and numbers"),
    (lambda: D.Categorical(probs=lm.tensor([-0.5, 1.5])), "probs.*Simplex"),
    (lambda: D.Categorical(lm.ones(2), lm.ones(2)), "either probs or logits; got both"),
    (lambda: D.Categorical(), "got neither"),
    (lambda: D.Categorical(lm.tensor(1.0)), "at least one dimension"),
    (lambda: D.Bernoulli(1.5), "probs.*Interval"),
    (lambda: D.Geometric(0.0), "above zero"),
    (lambda: D.Uniform(1.0, 0.0), "low.*LessThan"),
    (lambda: D.Gamma(-1.0, 1.0), "concentration"),
    (lambda: D.Beta(1.0, 0.0), "concentration"),
    (lambda: D.Poisson(-1.0), "rate"),
    (lambda: D.MultivariateNormal(lm.zeros(2), -lm.eye(2)), "covariance_matrix.*PositiveDefinite"),
    (lambda: D.MultivariateNormal(lm.zeros(2)), "expected one of"),
    (lambda: D.MultivariateNormal(lm.zeros(2), scale_tril=lm.ones(2, 2)), "LowerCholesky"),
    (lambda: D.Normal(0.0, 1.0).log_prob(lm.tensor(math.nan)), "within the support Real"),
    (lambda: D.Normal(0.0, 1.0).log_prob(0.5), "expected a tensor as value; got float"),
    (lambda: D.Normal(lm.zeros(3), 1.0).log_prob(lm.zeros(2)), r"\(3,\); got shape \(2,\)"),
    (lambda: D.Categorical(lm.ones(3)).log_prob(lm.tensor(3)), "IntegerInterval"),
    (lambda: D.Bernoulli(0.5).log_prob(lm.tensor(0.3)), "Boolean"),
    (lambda: D.Exponential(1.0).log_prob(lm.tensor(-1.0)), "GreaterThanEq"),
    (lambda: D.Dirichlet(lm.ones(3)).log_prob(lm.ones(3)), "Simplex"),
    (lambda: D.Distribution.set_default_validate_args(3), "expected a bool"),
]


@pytest.mark.parametrize(("make", "message"), ERRORS, ids=[message for _, message in ERRORS])
def test_errors(make, message):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        make()


def test_validation_can_be_switched_off():
    assert D.Normal(0.0, -1.0, validate_args=False).scale == -1
    D.Distribution.set_default_validate_args(False)
    try:
        assert D.Normal(0.0, -1.0).scale == -1
        with pytest.raises(ValueError, match="scale"):
            D.Normal(0.0, -1.0, validate_args=True)
    finally:
        D.Distribution.set_default_validate_args(True)


def test_lazy_parameters_keep_their_history():
    logits = lm.zeros(3, requires_grad=True)
    p = D.Categorical(logits=logits)
    with lm.no_grad():
        p.sample()
    assert p.probs.requires_grad
    p.entropy().backward()
    assert logits.grad is not None
    assert not D.Normal(logits, 1.0).sample().requires_grad


def test_repr():
    assert repr(D.Normal(0.0, 1.0)) == "Normal(loc: 0.0, scale: 1.0)"
    shown = repr(D.Categorical(logits=lm.zeros(2, 3)))
    assert shown == "Categorical(logits: lamina.Size([2, 3]))"
    assert repr(D.constraints.interval(0, 1)) == "Interval(lower_bound=0, upper_bound=1)"
    assert repr(D.constraints.real_vector) == "IndependentConstraint(Real(), 1)"
