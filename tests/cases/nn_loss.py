"""Losses of numbers, of distributions and of two classes, element by element."""

import math

import numpy as np

from cases import OpCase, call, fails, t, values

LARGE = [call(t(300_007), t(300_007)), call(t(300_007), t(300_007), reduction="none")]
REDUCTIONS = ("none", "mean", "sum")
WRONG_REDUCTION = fails("'none', 'mean' or 'sum'; got 'all'", t(3), t(3), reduction="all")


def reduced(losses, reduction):
    return {"none": lambda x: x, "mean": np.mean, "sum": np.sum}[reduction](losses)


def weighted(losses, weight, reduction):
    if weight is None:
        return reduced(losses, reduction)
    products = losses * weight
    if reduction == "mean":
        return products.sum() / np.broadcast_to(weight, products.shape).sum()
    return reduced(products, reduction)


def scaled(losses, weight, reduction):
    """Weigh, where the mean divides by the number of elements all the same."""
    return reduced(losses if weight is None else losses * weight, reduction)


def calls(*extra, target=lambda *shape: t(*shape), weight=True, **kwargs):
    """Shapes and reductions, further positional arguments after input and target."""
    shapes = [(), (1,), (37,), (3, 5), (2, 0, 3), (2, 3, 4), (1037,)]
    result = [
        call(t(*shape), target(*shape), *extra, reduction="none", **kwargs) for shape in shapes
    ]
    result += [
        call(t(*shape), target(*shape), *extra, reduction=reduction, **kwargs)
        for shape in [(), (37,), (3, 5), (1037,)]
        for reduction in ("mean", "sum")
    ]
    result += [call(t(0, 2), target(0, 2), *extra, reduction="sum", **kwargs)]
    if weight:
        result += [
            call(
                t(3, 5),
                target(3, 5),
                *extra,
                weight=t(3, 5, domain=(0.2, 2), grad=False),
                reduction=reduction,
                **kwargs,
            )
            for reduction in REDUCTIONS
        ]
    return result


def row(name, losses, samples, weigh=weighted, **more):
    def ref(x, target, *extra, weight=None, reduction="mean", **kwargs):
        return weigh(losses(x, target, *extra, **kwargs), weight, reduction)

    settings = {
        "grad": True,
        "gradgrad": True,
        "method": False,
        "large": LARGE,
        "errors": [WRONG_REDUCTION],
        "terms": lambda x, *rest, **kw: x.size,
        "same_errors": False,  # NumPy has no rules about shapes of targets and weights
        "fuzz": False,  # and broadcasts where losses warn
    } | more
    return OpCase(f"nn.functional.{name}", ref, samples, **settings)


def smooth_l1(x, target, beta=1.0):
    d = np.abs(x - target)
    square = d * d / (2 * beta) if beta else d
    return np.where(d < beta, square, d - beta / 2)


def huber(x, target, delta=1.0):
    d = np.abs(x - target)
    return np.where(d <= delta, d * d / 2, delta * (d - delta / 2))


def log_cosh(x, target):
    d = x - target
    return np.logaddexp(d, -d) - math.log(2)


def quantile(x, target, q=0.5):
    d = target - x
    return np.maximum(q * d, (q - 1) * d)


def mape(x, target, eps=1e-8):
    return 100 * np.abs(x - target) / np.maximum(np.abs(target), eps)


def poisson(x, target, log_input=True, full=False, eps=1e-8):
    losses = np.exp(x) - target * x if log_input else x - target * np.log(x + eps)
    if full:
        many = np.where(target > 1, target, 2)
        stirling = many * np.log(many) - many + 0.5 * np.log(2 * np.pi * many)
        losses = losses + np.where(target > 1, stirling, 0)
    return losses


def gaussian(x, target, var, full=False, eps=1e-6):
    var = np.asarray(var, np.float64)
    if var.ndim == x.ndim - 1 and var.ndim:
        var = var[..., None]
    var = np.maximum(var, eps)
    return 0.5 * (np.log(var) + (x - target) ** 2 / var) + full * 0.5 * math.log(2 * math.pi)


def kl_div(x, target, reduction="mean", log_target=False):
    if log_target:
        losses = np.exp(target) * (target - x)
    else:
        losses = target * np.log(np.where(target == 0, 1, target)) - target * x
    if reduction == "batchmean":
        return losses.sum() / (len(x) if x.ndim else 1)
    return reduced(losses, reduction)


def bce(x, target):
    with np.errstate(divide="ignore"):
        yes, no = np.maximum(np.log(x), -100), np.maximum(np.log1p(-x), -100)
    return -(target * yes + (1 - target) * no)


def logistic(x, target, pos_weight=1.0):
    return pos_weight * target * np.logaddexp(0, -x) + (1 - target) * np.logaddexp(0, x)


def signed(target):
    return np.where(target > 0, 1.0, -1.0)


def fixed(*shape):
    return t(*shape, grad=False)


SIZES_APART = [fails("weights of the input's shape", t(3), t(3), weight=t(2))]
REGRESSION = [
    row("l1_loss", lambda x, target: np.abs(x - target), calls(), gradgrad=False),
    row("mse_loss", lambda x, target: (x - target) ** 2, calls()),
    row(
        "smooth_l1_loss",
        smooth_l1,
        [*calls(weight=False), *calls(weight=False, beta=0.5), *calls(weight=False, beta=0.0)],
        errors=[fails("beta of 0 or more; got -1", t(3), t(3), beta=-1.0)],
    ),
    row(
        "huber_loss",
        huber,
        [*calls(), *calls(delta=2.5)],
        weigh=scaled,
        errors=[fails("delta above 0; got 0", t(3), t(3), delta=0.0), *SIZES_APART],
    ),
    row("log_cosh_loss", log_cosh, calls(), torch=None, tol=4.0),  # a difference, just above 1
    row("quantile_loss", quantile, [*calls(), *calls(q=0.9)], torch=None),
    row(
        "mape_loss",
        mape,
        [*calls(target=fixed), *calls(target=fixed, eps=1.0)],
        torch=None,
        large=[call(t(300_007), t(300_007, grad=False), reduction="none")],
    ),
]


def positive(*shape):
    return t(*shape, domain=(0.1, 0.9))


DISTRIBUTIONS = [
    row(
        "poisson_nll_loss",
        poisson,
        [
            *calls(weight=False),
            *calls(weight=False, log_input=False, eps=0.01),
            *calls(weight=False, full=True),
        ],
        domain=(1.1, 4),
    ),
    row(
        "gaussian_nll_loss",
        gaussian,
        [
            call(t(3, 4), t(3, 4), t(3, 4, domain=(0.2, 2))),
            call(t(3, 4), t(3, 4), t(3, domain=(0.2, 2)), full=True),
            call(t(3, 4), t(3, 4), t(3, 1, domain=(0.2, 2)), reduction="sum"),
            call(t(3, 4), t(3, 4), 0.7, reduction="none"),
            call(t(5), t(5), t(5, domain=(0.2, 2)), eps=0.1, reduction="none"),
        ],
        large=[call(t(300_007), t(300_007), t(300_007, domain=(0.2, 2)), reduction="none")],
        errors=[
            fails("at least 0; got -1", t(2), t(2), values([1.0, -1.0])),
            fails(r"variance of shape \(3, 4\)", t(3, 4), t(3, 4), t(4, domain=(1, 2))),
        ],
    ),
    OpCase(
        "nn.functional.kl_div",
        kl_div,
        [
            call(t(*shape), positive(*shape), reduction=reduction)
            for shape in [(), (5,), (3, 4), (0, 3)]
            for reduction in ("none", "sum", "batchmean")
            if shape != (0, 3) or reduction != "batchmean"
        ]
        + [call(t(3, 4), t(3, 4), log_target=True, reduction=r) for r in (*REDUCTIONS, "batchmean")]
        + [call(t(3), values([0.0, 0.5, 1.0], grad=False), reduction="none")],
        method=False,
        grad=True,
        gradgrad=True,
        large=[call(t(300_007), t(300_007, domain=(0.1, 0.9)), reduction="sum")],
        errors=[fails("got 'all'", t(3), t(3), reduction="all")],
        fuzz=False,  # shapes of input and target belong together
        terms=lambda x, *rest, **kw: x.size,
    ),
]

ONES = [
    call(values([-1e4, 1e4, 0.0, -1e4, 1e4]), values([0.0, 0.0, 1.0, 1.0, 1.0]), reduction="none")
]
TWO_CLASSES = [
    row(
        "binary_cross_entropy",
        bce,
        [
            *calls(target=positive),
            call(values([0.0, 1.0, 0.0], grad=False), values([0.0, 1.0, 1.0], grad=False)),
        ],
        weigh=scaled,
        domain=(0.1, 0.9),
        errors=[
            fails("between 0 and 1; got 1.5", values([0.5, 1.5]), t(2)),
            fails("between 0 and 1; got nan", values([0.5, math.nan]), t(2)),
            fails("target of the input's shape", t(2), t(1, 2)),
            fails(
                "floating tensor; got", t(2), t(2, dtype="int64", domain=(0, 2)), error=TypeError
            ),
        ],
    ),
    row(
        "binary_cross_entropy_with_logits",
        logistic,
        [
            *calls(target=positive),
            *ONES,
            call(t(3, 5), positive(3, 5), pos_weight=t(5, domain=(0.5, 2), grad=False)),
            call(
                t(3, 5),
                positive(3, 5),
                weight=t(3, 1, domain=(0.5, 2), grad=False),
                pos_weight=t(5, domain=(0.5, 2), grad=False),
                reduction="none",
            ),
        ],
        weigh=scaled,
        errors=[
            fails("target of the input's shape", t(2), t(1, 2)),
            fails(
                "floating tensor; got", t(2), t(2, dtype="int64", domain=(0, 2)), error=TypeError
            ),
        ],
    ),
    row(
        "soft_margin_loss",
        lambda x, target: np.logaddexp(0, -target * x),
        calls(weight=False, target=fixed),
    ),
    row(
        "hinge_loss",
        lambda x, target: np.maximum(0, 1 - signed(target) * x),
        calls(target=fixed),
        torch=None,
    ),
    row(
        "squared_hinge_loss",
        lambda x, target: np.maximum(0, 1 - signed(target) * x) ** 2,
        calls(target=fixed),
        torch=None,
    ),
    row(
        "perceptron_loss",
        lambda x, target: np.maximum(0, -signed(target) * x),
        calls(target=fixed),
        torch=None,
    ),
    row(
        "exponential_loss",
        lambda x, target: np.exp(-signed(target) * x),
        calls(target=fixed),
        torch=None,
    ),
    row(
        "hinge_embedding_loss",
        lambda x, target, margin=1.0: (
            np.where(target == 1, 0, np.maximum(0, margin - x)) + np.where(target == -1, 0, x)
        ),
        [
            call(
                t(5), values([1.0, -1.0, 1.0, -1.0, -1.0], grad=False), reduction=reduction, **more
            )
            for reduction in REDUCTIONS
            for more in ({}, {"margin": 2.0})
        ],
        large=[],
    ),
]

CASES = [*REGRESSION, *DISTRIBUTIONS, *TWO_CLASSES]
