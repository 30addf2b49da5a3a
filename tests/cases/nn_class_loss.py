"""Losses of class scores, of sets of labels and of label sequences."""

import itertools
import math

import numpy as np

import lamina as lm
from cases import OpCase, call, fails, t, values
from cases.nn_loss import REDUCTIONS, reduced


def whole(nested):
    return values(nested, dtype="int64")


def indices(*shape, classes=5):
    return t(*shape, dtype="int64", domain=(0, classes))


def classes_last(x):
    return np.moveaxis(x, 1, -1) if x.ndim > 1 else x


def log_softmax(x):
    shifted = x - x.max(-1, keepdims=True, initial=-np.inf)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def picked(scores, target, weight, ignore_index):
    """The scores of the targets' classes, and what they weigh."""
    rows = scores.reshape(-1, scores.shape[-1])
    flat = np.asarray(target).reshape(-1)
    counted = flat != ignore_index
    safe = np.where(counted, flat, 0)
    weights = np.where(counted, 1.0 if weight is None else weight[safe], 0.0)
    return rows[np.arange(len(flat)), safe], weights


def nll_loss(x, target, weight=None, ignore_index=-100, reduction="mean"):
    own, weights = picked(classes_last(x), target, weight, ignore_index)
    if reduction == "mean":
        return np.sum(-own * weights) / weights.sum()
    losses = (-own * weights).reshape(x.shape[:1] * (x.ndim > 1) + x.shape[2:])
    return reduced(losses, reduction)


def cross_entropy(x, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    logs = log_softmax(classes_last(x))
    classes = logs.shape[-1]
    factors = np.ones(classes) if weight is None else weight
    if target.shape == x.shape:
        share = classes_last(target) * (1 - label_smoothing) + label_smoothing / classes
        losses = -(logs * share * factors).sum(-1)
        return losses.sum() / losses.size if reduction == "mean" else reduced(losses, reduction)
    own, weights = picked(logs, target, weight, ignore_index)
    even = -(logs * factors).sum(-1).reshape(-1) * (target.reshape(-1) != ignore_index)
    losses = (1 - label_smoothing) * -own * weights + label_smoothing / classes * even
    if reduction == "mean":
        return losses.sum() / weights.sum()
    return reduced(losses.reshape(logs.shape[:-1]), reduction)


WEIGHT = t(5, domain=(0.5, 2), grad=False)
SHAPES = [
    ((5,), ()),
    ((3, 5), (3,)),
    ((2, 5, 4), (2, 4)),
    ((2, 5, 3, 2), (2, 3, 2)),
    ((70, 5), (70,)),
]
LARGE = [
    call(t(700, 300), indices(700, classes=300)),
    call(t(20, 50, 300), indices(20, 300, classes=50), reduction="none"),
    call(t(100_000, 3), indices(100_000, classes=3)),
]
ERRORS = [
    fails(r"class indices in \[0, 5\); got 5", t(2, 5), whole([1, 5]), error=IndexError),
    fails(r"class indices in \[0, 5\); got -1", t(2, 5), whole([1, -1]), error=IndexError),
    fails(r"target of shape \(2,\)", t(2, 5), indices(3)),
    fails("integer type; got", t(2, 5), t(2), error=TypeError),
    fails("weight for each class", t(2, 5), indices(2), t(4)),
    fails("got 'all'", t(2, 5), indices(2), reduction="all"),
    fails("got a number", t(), indices()),
]


def index_calls(options):
    result = [
        call(t(*shape), indices(*target), reduction=reduction, **more)
        for shape, target in SHAPES
        for reduction in REDUCTIONS
        for more in options
    ]
    result += [
        call(t(0, 5), indices(0), reduction="sum"),
        call(t(0, 5), indices(0), reduction="none"),
        call(t(2, 5, 0), indices(2, 0), reduction="none"),
        call(t(3, 5), whole([2, -100, 4]), reduction="mean"),
        *[
            call(t(2, 5, 2), whole([[2, 0], [1, 2]]), ignore_index=2, reduction=reduction, **more)
            for reduction in REDUCTIONS
            for more in options
        ],
        call(t(3, 5), whole([2, -100, 4]), WEIGHT, reduction="none"),
    ]
    return result


OPTIONS = [{}, {"weight": WEIGHT}]
SMOOTHED = [{"label_smoothing": 0.2}, {"label_smoothing": 0.2, "weight": WEIGHT}]
BY_INDEX = {
    "method": False,
    "grad": True,
    "gradgrad": True,
    "large": LARGE,
    "fuzz": False,  # shapes of scores and targets belong together
    "terms": lambda x, *rest, **kw: x.size,
}


def probabilities(*shape):
    return t(*shape, domain=(0.1, 0.9))


SOFT = [
    call(t(*shape), probabilities(*shape), reduction=reduction, **more)
    for shape in [(5,), (3, 5), (2, 5, 4)]
    for reduction in REDUCTIONS
    for more in ({}, {"weight": WEIGHT, "label_smoothing": 0.1})
]


def multi_margin(x, target, p=1, margin=1.0, weight=None, reduction="mean"):
    rows, flat = np.atleast_2d(x), np.asarray(target).reshape(-1)
    losses = np.zeros(len(rows))
    for i, (scores, own) in enumerate(zip(rows, flat, strict=True)):
        lags = [max(0, margin - scores[own] + s) ** p for c, s in enumerate(scores) if c != own]
        losses[i] = sum(lags) * (1 if weight is None else weight[own]) / len(scores)
    return reduced(losses.reshape(np.shape(target)), reduction)


def multilabel_margin(x, target, reduction="mean"):
    losses = []
    for scores, labels in zip(np.atleast_2d(x), np.atleast_2d(target), strict=True):
        own = list(itertools.takewhile(lambda label: label >= 0, labels))
        others = [c for c in range(len(scores)) if c not in own]
        lags = [max(0, 1 - scores[a] + scores[b]) for a in own for b in others]
        losses.append(sum(lags) / len(scores))
    return reduced(np.reshape(losses, x.shape[:-1]), reduction)


def multilabel_soft_margin(x, target, weight=None, reduction="mean"):
    losses = target * np.logaddexp(0, -x) + (1 - target) * np.logaddexp(0, x)
    return reduced((losses if weight is None else losses * weight).mean(-1), reduction)


def focal(x, target, gamma=2.0, weight=None, ignore_index=-100, reduction="mean"):
    if target.dtype.kind == "f":
        losses = np.where(target > 0.5, np.logaddexp(0, -x), np.logaddexp(0, x))
        weights = np.broadcast_to(1.0 if weight is None else weight, losses.shape)
    else:
        own, weights = picked(log_softmax(classes_last(x)), target, weight, ignore_index)
        losses, weights = -own.reshape(np.shape(target)), weights.reshape(np.shape(target))
    losses = losses * (1 - np.exp(-losses)) ** gamma * weights
    return losses.sum() / weights.sum() if reduction == "mean" else reduced(losses, reduction)


MARGINS = [
    OpCase(
        "nn.functional.multi_margin_loss",
        multi_margin,
        [
            call(t(*shape), indices(*target), reduction=reduction, **more)
            for shape, target in [((5,), ()), ((5,), (1,)), ((3, 5), (3,))]
            for reduction in REDUCTIONS
            for more in ({}, {"p": 2, "margin": 0.5}, {"weight": WEIGHT})
        ],
        errors=[
            fails("p of 1 or 2; got 3", t(2, 5), indices(2), p=3),
            fails(r"indices in \[0, 5\); got 9", t(2, 5), whole([1, 9]), error=IndexError),
            fails("weight for each of 5", t(2, 5), indices(2), weight=t(2)),
        ],
        **(BY_INDEX | {"large": [call(t(700, 300), indices(700, classes=300))]}),
    ),
    OpCase(
        "nn.functional.multilabel_margin_loss",
        multilabel_margin,
        [
            call(t(4), whole([3, 0, -1, 1])),
            *[
                call(t(2, 4), whole([[3, 0, -1, 1], [-1, 2, 2, 2]]), reduction=reduction)
                for reduction in REDUCTIONS
            ],
            call(t(1, 4), whole([[2, 0, 1, 3]]), reduction="none"),
            call(t(0, 4), indices(0, 4), reduction="none"),
        ],
        errors=[
            fails(r"\[0, 4\).*got 4", t(4), whole([1, 4, -1, 0]), error=IndexError),
            fails(r"\[0, 4\).*got -2", t(4), whole([1, -2, -1, 0]), error=IndexError),
            fails("target of the input's shape", t(2, 4), indices(4)),
        ],
        **(BY_INDEX | {"large": [call(t(500, 60), indices(500, 60, classes=60))]}),
    ),
    OpCase(
        "nn.functional.multilabel_soft_margin_loss",
        multilabel_soft_margin,
        [
            call(t(*shape), probabilities(*shape), reduction=reduction, **more)
            for shape in [(5,), (3, 5), (2, 3, 5)]
            for reduction in REDUCTIONS
            for more in ({}, {"weight": WEIGHT})
        ],
        **(BY_INDEX | {"large": [call(t(700, 300), probabilities(700, 300))]}),
    ),
    OpCase(
        "nn.functional.focal_loss",
        focal,
        [
            call(t(*shape), indices(*target), reduction=reduction, **more)
            for shape, target in SHAPES[:3]
            for reduction in REDUCTIONS
            for more in ({}, {"gamma": 0.5}, {"weight": WEIGHT, "gamma": 1.0})
        ]
        + [call(t(3, 5), whole([2, 0, 2]), gamma=0.5, ignore_index=2)]
        + [
            call(t(3, 4), values(np.eye(3, 4), grad=False), reduction=reduction, **more)
            for reduction in REDUCTIONS
            for more in ({}, {"weight": t(4, domain=(0.5, 2), grad=False)})
        ],
        torch=None,
        errors=[
            fails("gamma of 0 or more; got -1", t(2, 5), indices(2), -1.0),
            fails("class indices, or a target of the input's shape", t(2, 5), t(2)),
        ],
        **BY_INDEX,
        tol=4.0,  # several functions of one another
    ),
]


def ctc(log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", **more):
    """The sum over all paths, one by one."""
    logits = np.asarray(log_probs, np.float64)
    batched = logits if logits.ndim == 3 else logits[:, None]
    logs = log_softmax(batched)
    ends = np.cumsum(target_lengths)
    losses = []
    for b, (steps, count) in enumerate(zip(input_lengths, target_lengths, strict=True)):
        labels = targets[ends[b] - count : ends[b]] if targets.ndim == 1 else targets[b][:count]
        total = sum(
            math.exp(sum(logs[i, b, c] for i, c in enumerate(path)))
            for path in itertools.product(range(logs.shape[2]), repeat=steps)
            if [c for c, _ in itertools.groupby(path) if c != blank] == list(labels)
        )
        losses.append(-math.log(total) if total else (0 if more.get("zero_infinity") else np.inf))
    losses = np.array(losses)
    if reduction == "mean":
        losses = losses / np.maximum(target_lengths, 1)
    return reduced(losses if logits.ndim == 3 else losses[0], reduction)


def ctc_of_scores(library):
    """Alignments of log_softmax(scores), as the gradient takes for granted."""

    def loss(scores, *rest, **more):
        return library.nn.functional.ctc_loss(scores.log_softmax(-1), *rest, **more)

    return loss


def torch_ctc(scores, *rest, **more):
    import torch

    return ctc_of_scores(torch)(scores, *rest, **more)


JOINED, PADDED = whole([1, 1, 2, 1, 2]), whole([[1, 1, 0], [2, 1, 2]])
SEQUENCES = [
    OpCase(
        "nn.functional.ctc_loss",
        ctc,
        [
            *[
                call(t(5, 2, 3), targets, (5, 4), (2, 3), reduction=reduction)
                for targets in (JOINED, PADDED)
                for reduction in REDUCTIONS
            ],
            call(t(5, 2, 3), PADDED, whole([4, 3]), whole([1, 0]), reduction="none"),
            call(t(4, 3), whole([2, 1]), (4,), (2,), reduction="none"),
            call(t(4, 1, 3), whole([[0, 1]]), (4,), (2,), blank=2),
            call(t(2, 2, 3), PADDED, (2, 2), (2, 1), reduction="none", zero_infinity=True),
            call(t(2, 2, 3, grad=False), PADDED, (2, 0), (2, 0), reduction="none"),
        ],
        fn=ctc_of_scores(lm),
        torch=torch_ctc,
        method=False,
        grad=True,
        large=[call(t(80, 9, 40), indices(9, 20, classes=39), [80] * 9, [20, 5, 9] * 3, blank=39)],
        errors=[
            fails("blank in .0, 3.; got 3", t(5, 2, 3), PADDED, (5, 5), (1, 1), blank=3),
            fails("input_lengths from 0 to 5; got 6", t(5, 2, 3), PADDED, (5, 6), (1, 1)),
            fails("target_lengths from 0 to 3.*got 4", t(5, 2, 3), PADDED, (5, 5), (1, 4)),
            fails("target_lengths from 0 to 3.*got 4", t(5, 2, 3), JOINED, (5, 5), (2, 4)),
            fails("a length for each of 2", t(5, 2, 3), PADDED, (5,), (2, 2)),
            fails(
                r"labels in \[0, 3\); got 7",
                t(5, 2, 3),
                whole([[7, 1], [1, 1]]),
                (5, 5),
                (1, 1),
                error=IndexError,
            ),
        ],
        layouts=("contiguous", "transposed", "strided"),  # labels expanded would hold blanks
        fuzz=False,  # lengths and labels belong together
        terms=lambda x, *rest, **kw: 8 * x.size,
    ),
]


def linear_cross_entropy(x, linear_weight, target, *, linear_bias=None, ignore_index=None, **rest):
    logits = np.tensordot(x, linear_weight, (-1, -1))
    logits = logits if linear_bias is None else logits + linear_bias
    ignored = -100 if ignore_index is None else ignore_index
    return cross_entropy(logits, target, ignore_index=ignored, **rest)


MAPPED = OpCase(
    "nn.functional.linear_cross_entropy",
    linear_cross_entropy,
    [
        call(t(3), t(5, 3), whole(4)),
        call(t(6, 3), t(5, 3), indices(6), linear_bias=t(5), ignore_index=1),
        call(t(6, 3), t(5, 3), indices(6), weight=WEIGHT, reduction="sum", label_smoothing=0.1),
        call(t(6, 3), t(5, 2, 4, 3), indices(6, 2, 4), linear_bias=t(5, 2, 4), reduction="none"),
        call(t(6, 3), t(5, 3), t(6, 5, domain=(0.1, 1))),
    ],
    method=False,
    grad=True,
    large=[call(t(300, 200), t(50, 200), indices(300, classes=50))],
    errors=[
        fails(r"same number of features.*4\) and 3", t(2, 4), t(5, 3), indices(2)),
        fails("options=None", t(2, 3), t(5, 3), indices(2), options=1, error=NotImplementedError),
    ],
    fuzz=False,  # targets and classes belong together
    terms=lambda x, linear_weight, *rest, **kw: 8 * x.size * linear_weight.size,
)

CASES = [
    MAPPED,
    OpCase(
        "nn.functional.cross_entropy",
        cross_entropy,
        [*index_calls([*OPTIONS, *SMOOTHED]), *SOFT, call(t(4, 1), whole([0, 0, 0, 0]))],
        errors=[
            *[e for e in ERRORS if "integer" not in e.message],
            fails("label_smoothing from 0 to 1; got 2", t(2, 5), indices(2), label_smoothing=2.0),
            fails("no ignore_index", t(2, 5), t(2, 5), ignore_index=1),
            fails("probabilities of a floating", t(2, 5), indices(2, 5), error=TypeError),
        ],
        **BY_INDEX,
    ),
    OpCase("nn.functional.nll_loss", nll_loss, index_calls(OPTIONS), errors=ERRORS, **BY_INDEX),
    *MARGINS,
    *SEQUENCES,
]
