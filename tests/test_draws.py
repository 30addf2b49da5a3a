"""The distributions of random numbers, on a million draws of a fixed seed."""

import math

import numpy as np
import pytest

import lamina as lm

N = 1_000_000


def normal_cdf(x):
    grid = np.linspace(-9, 9, 36_001)
    return np.interp(x, grid, [0.5 * math.erfc(-value / math.sqrt(2)) for value in grid])


DISTRIBUTIONS = {
    "uniform": (lambda x: x.uniform_(-2, 3), lambda x: (x + 2) / 5, 0.5, 25 / 12),
    "normal": (lambda x: x.normal_(1, 2), lambda x: normal_cdf((x - 1) / 2), 1, 4),
    "exponential": (lambda x: x.exponential_(2), lambda x: 1 - np.exp(-2 * x), 0.5, 0.25),
    "cauchy": (
        lambda x: x.cauchy_(1, 2),
        lambda x: np.arctan((x - 1) / 2) / np.pi + 0.5,
        None,
        None,
    ),
    "log_normal": (
        lambda x: x.log_normal_(0, 0.5),
        lambda x: normal_cdf(np.log(x) / 0.5),
        math.exp(0.125),
        math.exp(0.25) * math.expm1(0.25),
    ),
}


@pytest.mark.parametrize("dtype", [lm.float32, lm.float64], ids=str)
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_continuous_distributions(name, dtype):
    draw, cdf, mean, variance = DISTRIBUTIONS[name]
    lm.manual_seed(1)
    x = np.sort(draw(lm.empty(N, dtype=dtype)).numpy().astype(np.float64))
    steps = np.arange(N + 1) / N
    distance = max(np.abs(cdf(x) - steps[:-1]).max(), np.abs(cdf(x) - steps[1:]).max())
    assert distance < 1.63 / math.sqrt(N)  # Kolmogorov and Smirnov, 1 in 100
    if mean is not None:
        assert abs(x.mean() - mean) < 4 * math.sqrt(variance / N)
        assert x.var() == pytest.approx(variance, rel=0.02)


@pytest.mark.parametrize("dtype", [lm.float32, lm.float64], ids=str)
def test_normal_numbers_are_independent(dtype):
    lm.manual_seed(2)
    x = lm.randn(N, dtype=dtype).numpy().astype(np.float64)
    assert abs((x**3).mean()) < 4 * math.sqrt(15 / N)
    assert abs((x**4).mean() - 3) < 4 * math.sqrt(96 / N)
    for lag in (1, 2, 16, 32, 64):  # neighbours, the halves of a block, blocks
        assert abs((x[lag:] * x[:-lag]).mean()) < 4 / math.sqrt(N)


@pytest.mark.parametrize(
    ("draw", "values", "chances"),
    [
        (lambda: lm.randint(3, 9, (N,)), range(3, 9), [1 / 6] * 6),
        (lambda: lm.empty(N, dtype=lm.int32).random_(-2, 2), range(-2, 2), [1 / 4] * 4),
        (lambda: lm.empty(N, dtype=lm.bool).random_(), [0, 1], [0.5, 0.5]),
        (lambda: lm.empty(N).bernoulli_(0.3), [0, 1], [0.7, 0.3]),
        (lambda: lm.bernoulli(lm.full((N,), 0.3)), [0, 1], [0.7, 0.3]),
        (lambda: lm.empty(N, dtype=lm.uint8).bernoulli_(), [0, 1], [0.5, 0.5]),
        (lambda: lm.empty(N).geometric_(0.5), [1, 2, 3], [0.5, 0.25, 0.125]),
        (lambda: lm.multinomial(lm.tensor([1.0, 0, 3]), N, True), [0, 1, 2], [0.25, 0, 0.75]),
        (lambda: lm.multinomial(lm.ones(N // 4, 4), 1), range(4), [0.25] * 4),
        (lambda: lm.dropout(lm.ones(N), 0.2), [0, 1.25], [0.2, 0.8]),
    ],
)
def test_discrete_distributions(draw, values, chances):
    lm.manual_seed(3)
    x = draw().numpy().ravel()
    for value, chance in zip(values, chances, strict=True):
        spread = math.sqrt(chance * (1 - chance) / x.size)
        assert abs((x == value).mean() - chance) <= 4 * spread


def test_multinomial_without_replacement():
    lm.manual_seed(4)
    weights = lm.tensor([1.0, 2.0, 0.0, 5.0])
    rows = lm.multinomial(weights.expand(100_000, 4), 3).numpy()
    assert (np.sort(rows, axis=1) == [0, 1, 3]).all()
    first = np.bincount(rows[:, 0], minlength=4) / len(rows)
    np.testing.assert_allclose(first, weights.numpy() / 8, atol=0.01)
    second = (rows[rows[:, 0] == 3][:, 1] == 1).mean()
    assert second == pytest.approx(2 / 3, abs=0.01)


def test_randperm():
    lm.manual_seed(5)
    for n in (0, 1, 2, 31, 33, 1000):
        assert sorted(lm.randperm(n).tolist()) == list(range(n))
    places = np.array([lm.randperm(5).tolist() for _ in range(20_000)])
    counts = np.array([np.bincount(column, minlength=5) for column in places.T])
    assert np.abs(counts / len(places) - 0.2).max() < 0.013


def test_bounds():
    lm.manual_seed(6)
    x = lm.rand(N)
    assert (x >= 0).all()
    assert (x < 1).all()
    # 1 + u rounds up to 2 for the largest u, which is outside.
    assert (lm.empty(N).uniform_(1, 2) < 2).all()
    assert (lm.empty(1000).uniform_(3, 3) == 3).all()
    assert (lm.empty(N).exponential_() > 0).all()
    assert lm.empty(N, dtype=lm.uint8).random_().max().item() == 255
    full = lm.empty(1000, dtype=lm.int64).random_(-(2**63), 2**63 - 1)
    assert (full < 0).any()
    assert (full > 2**60).any()
