"""One row a distribution: parameters, and its density or probability in NumPy."""

import math
from dataclasses import dataclass, field

import numpy as np

import lamina as lm

lgamma = np.vectorize(math.lgamma, otypes=[float])


@dataclass
class Row:
    name: str
    parameters: dict  # arrays become tensors
    log_prob: object  # of a value and the parameters
    kind: str = "continuous"  # or "discrete", numbers from 0 on; "vector"
    grad: bool = True  # may log_prob be differentiated by the value?
    moments: bool = True
    fixed: dict = field(default_factory=dict)

    def make(self, module=lm, dtype="float64", **changed):
        """Build the distribution, in lamina or PyTorch."""
        parameters = self.tensors(module, dtype) | changed
        return getattr(module.distributions, self.name)(**parameters, **self.fixed)

    def tensors(self, module=lm, dtype="float64"):
        kind = getattr(module, dtype)
        return {name: module.tensor(a.tolist(), dtype=kind) for name, a in self.parameters.items()}

    def __str__(self):
        return f"{self.name}-{'-'.join(self.parameters)}"


def row(name, log_prob, kind="continuous", **more):
    settings = {key: more.pop(key) for key in ("grad", "moments", "fixed") if key in more}
    parameters = {key: np.asarray(value, np.float64) for key, value in more.items()}
    return Row(name, parameters, log_prob, kind, **settings)


def softmax(logits):
    return np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def normal(x, loc, scale):
    return -(((x - loc) / scale) ** 2) / 2 - np.log(scale * math.sqrt(2 * math.pi))


def gamma(x, concentration, rate):
    c = concentration
    return c * np.log(rate) + (c - 1) * np.log(x) - rate * x - lgamma(c)


def dirichlet(x, concentration):
    c = concentration
    return ((c - 1) * np.log(x)).sum(-1) + lgamma(c.sum(-1)) - lgamma(c).sum(-1)


def beta(x, concentration1, concentration0):
    both = np.stack(np.broadcast_arrays(concentration1, concentration0), -1)
    return dirichlet(np.stack([x, 1 - x], -1), both)


def student(x, df, loc, scale):
    constant = lgamma((df + 1) / 2) - lgamma(df / 2) - np.log(df * math.pi) / 2
    return constant - np.log(scale) - (df + 1) / 2 * np.log1p(((x - loc) / scale) ** 2 / df)


def gumbel(x, loc, scale):
    z = (x - loc) / scale
    return -z - np.exp(-z) - np.log(scale)


def binomial(k, p, n=6):
    choices = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
    return choices + k * np.log(p) + (n - k) * np.log1p(-p)


def multinomial(k, probs, n=5):
    p = probs / probs.sum(-1, keepdims=True)
    return lgamma(n + 1) - lgamma(k + 1).sum(-1) + (k * np.log(p)).sum(-1)


def choice(k, probs):
    p = np.broadcast_to(probs / probs.sum(-1, keepdims=True), (*k.shape, probs.shape[-1]))
    return np.log(np.take_along_axis(p, k[..., None].astype(int), -1)[..., 0])


def one_hot(x, probs):
    return choice(x.argmax(-1), probs)


def multivariate(x, loc, covariance_matrix):
    away = x - loc
    squares = (away * np.linalg.solve(covariance_matrix, away[..., None])[..., 0]).sum(-1)
    return -(squares + np.linalg.slogdet(2 * math.pi * covariance_matrix)[1]) / 2


def relaxed_bernoulli(x, temperature, probs):
    t, odds = temperature, probs / (1 - probs)
    below = odds * x ** (-t) + (1 - x) ** (-t)
    return np.log(t * odds) - (t + 1) * (np.log(x) + np.log1p(-x)) - 2 * np.log(below)


def relaxed_one_hot(x, temperature, probs):
    t, n = temperature, probs.shape[-1]
    weights = probs * x ** (-t)
    shares = np.log(weights / x).sum(-1) - n * np.log(weights.sum(-1))
    return lgamma(n) + (n - 1) * np.log(t) + shares


COVARIANCE = np.array([[2.0, 0.6, -0.3], [0.6, 1.0, 0.2], [-0.3, 0.2, 0.5]])
FACTOR = np.linalg.cholesky(COVARIANCE)
WEIGHTS = np.array([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]])
CHANCES, ODDS = np.array([0.2, 0.7]), np.array([-1.2, 0.4])
LOC, SCALE = np.array([-0.5, 1.0]), np.array([0.7, 1.6])

ROWS = [
    row("Normal", normal, loc=LOC, scale=SCALE),
    row(
        "LogNormal",
        lambda x, loc, scale: normal(np.log(x), loc, scale) - np.log(x),
        loc=LOC,
        scale=[0.5, 0.8],
    ),
    row("HalfNormal", lambda x, scale: normal(x, 0, scale) + math.log(2), scale=SCALE),
    row(
        "Uniform",
        lambda x, low, high: -np.log(high - low) + 0 * x,
        low=[-1.0, 0.2],
        high=[1.5, 0.9],
    ),
    row("Exponential", lambda x, rate: np.log(rate) - rate * x, rate=SCALE),
    row(
        "Laplace",
        lambda x, loc, scale: -abs(x - loc) / scale - np.log(2 * scale),
        loc=LOC,
        scale=SCALE,
    ),
    row(
        "Cauchy",
        lambda x, loc, scale: -np.log(math.pi * scale * (1 + ((x - loc) / scale) ** 2)),
        loc=LOC,
        scale=SCALE,
        moments=False,
    ),
    row("Gumbel", gumbel, loc=LOC, scale=SCALE),
    row("Gamma", gamma, concentration=[1.3, 4.0], rate=[0.6, 2.0]),
    row("Gamma", gamma, concentration=[0.4, 30.0], rate=[1.0, 5.0]),
    row("Chi2", lambda x, df: gamma(x, df / 2, 0.5), df=[1.7, 5.0]),
    row("StudentT", student, df=[4.5, 9.0], loc=LOC, scale=SCALE),
    row("Beta", beta, concentration1=[1.4, 3.0], concentration0=[2.5, 1.2]),
    row(
        "Dirichlet",
        dirichlet,
        "vector",
        concentration=[[1.4, 3.0, 2.0], [0.6, 0.8, 2.5]],
        grad=False,
    ),
    row(
        "MultivariateNormal",
        multivariate,
        "vector",
        loc=[LOC[[0, 1, 0]], LOC[[1, 1, 0]]],
        covariance_matrix=COVARIANCE,
    ),
    row(
        "MultivariateNormal",
        lambda x, loc, scale_tril: multivariate(x, loc, scale_tril @ scale_tril.T),
        "vector",
        loc=LOC[[0, 1, 0]],
        scale_tril=FACTOR,
    ),
    row(
        "MultivariateNormal",
        lambda x, loc, precision_matrix: multivariate(x, loc, np.linalg.inv(precision_matrix)),
        "vector",
        loc=LOC[[0, 1, 0]],
        precision_matrix=COVARIANCE,
    ),
    row("RelaxedBernoulli", relaxed_bernoulli, temperature=0.8, probs=CHANCES, moments=False),
    row(
        "RelaxedOneHotCategorical",
        relaxed_one_hot,
        "vector",
        temperature=0.8,
        probs=WEIGHTS,
        moments=False,
        grad=False,
    ),
    row(
        "Bernoulli",
        lambda k, probs: np.where(k == 1, np.log(probs), np.log1p(-probs)),
        "discrete",
        probs=CHANCES,
    ),
    row(
        "Bernoulli",
        lambda k, logits: k * logits - np.log1p(np.exp(logits)),
        "discrete",
        logits=ODDS,
    ),
    row(
        "Geometric",
        lambda k, probs: np.log(probs) + k * np.log1p(-probs),
        "discrete",
        probs=CHANCES,
    ),
    row(
        "Poisson",
        lambda k, rate: k * np.log(rate) - rate - lgamma(k + 1),
        "discrete",
        rate=[4.0, 14.0],
    ),
    row(
        "Binomial",
        lambda k, logits: binomial(k, sigmoid(logits), 40),
        "discrete",
        logits=ODDS,
        fixed={"total_count": 40},
    ),
    row("Categorical", choice, "discrete", probs=WEIGHTS, moments=False, grad=False),
    row(
        "Binomial",
        lambda k, probs: binomial(k, probs),
        "discrete",
        probs=CHANCES,
        fixed={"total_count": 6},
    ),
    row(
        "Categorical",
        lambda k, logits: choice(k, softmax(logits)),
        "discrete",
        logits=[ODDS[[0, 1, 0]], LOC[[1, 0, 0]]],
        moments=False,
        grad=False,
    ),
    row("OneHotCategorical", one_hot, "vector", probs=WEIGHTS, grad=False),
    row("Multinomial", multinomial, "vector", probs=WEIGHTS, fixed={"total_count": 5}),
]
