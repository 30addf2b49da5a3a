"""Losses that compare inputs with each other, and the distances they are made of."""

import numpy as np

from cases import OpCase, call, fails, t, values
from cases.nn_loss import REDUCTIONS, reduced

SIGNS = values([1.0, -1.0, -1.0, 1.0, 1.0], grad=False)
SETTINGS = {"method": False, "grad": True, "gradgrad": True, "same_errors": False, "fuzz": False}


def norm(x, p, axis=-1, keepdims=False):
    with np.errstate(divide="ignore"):
        return np.linalg.norm(x, p, axis, keepdims) if np.ndim(x) else np.abs(x)


def distance(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    return norm(x1 - x2 + eps, p, -1, keepdim)


def cosine(x1, x2, dim=1, eps=1e-8):
    x1, x2 = np.broadcast_arrays(x1, x2)
    sizes = [np.maximum(norm(x, 2, dim), eps) for x in (x1, x2)]
    return (x1 * x2).sum(dim) / (sizes[0] * sizes[1])


def pdist(x, p=2.0):
    first, second = np.triu_indices(len(x), 1)
    return norm(x[first] - x[second], p)


def cdist(x1, x2, p=2.0):
    return norm(x1[..., :, None, :] - x2[..., None, :, :], p)


def ranking(x1, x2, target, margin=0.0, reduction="mean"):
    return reduced(np.maximum(0, margin - target * (x1 - x2)), reduction)


def cosine_embedding(x1, x2, target, margin=0.0, reduction="mean"):
    sizes = ((x1 * x1).sum(-1) + 1e-12) * ((x2 * x2).sum(-1) + 1e-12)
    cos = (x1 * x2).sum(-1) / np.sqrt(sizes)
    losses = np.where(target == 1, 1 - cos, np.maximum(0, cos - margin))
    return reduced(losses, reduction)


def triplet(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"):
    apart = distance(anchor, negative, p, eps)
    if swap:
        apart = np.minimum(apart, distance(positive, negative, p, eps))
    return reduced(np.maximum(0, margin + distance(anchor, positive, p, eps) - apart), reduction)


def triplets(*options):
    return [
        call(t(*shape), t(*shape), t(*shape), reduction=reduction, **more)
        for shape in [(4,), (3, 4)]
        for reduction in REDUCTIONS
        for more in options
    ]


LOSSES = [
    OpCase(
        "nn.functional.margin_ranking_loss",
        ranking,
        [
            call(t(5), t(5), SIGNS, reduction=reduction, **more)
            for reduction in REDUCTIONS
            for more in ({}, {"margin": 0.5})
        ],
        errors=[fails("as many dimensions", t(5), t(5), t(1, 5))],
        **SETTINGS,
    ),
    OpCase(
        "nn.functional.cosine_embedding_loss",
        cosine_embedding,
        [
            call(t(5, 4), t(5, 4), SIGNS, reduction=reduction, **more)
            for reduction in REDUCTIONS
            for more in ({}, {"margin": 0.2})
        ]
        + [call(t(4), t(4), values(-1.0, grad=False))],
        errors=[fails(r"inputs \(N, D\)", t(5, 4), t(5, 4), t(5, 4))],
        **SETTINGS,
    ),
    OpCase(
        "nn.functional.triplet_margin_loss",
        triplet,
        triplets({}, {"p": 1.0, "swap": True}, {"margin": 3.0, "eps": 0.01}),
        errors=[
            fails("margin above 0; got 0", t(3, 4), t(3, 4), t(3, 4), margin=0.0),
            fails("as many dimensions", t(3, 4), t(4), t(3, 4)),
        ],
        **SETTINGS,
    ),
    OpCase(
        "nn.functional.triplet_margin_with_distance_loss",
        triplet,
        triplets({}, {"swap": True, "margin": 3.0}),
        errors=[fails("margin above 0; got -1", t(3, 4), t(3, 4), t(3, 4), margin=-1.0)],
        **SETTINGS,
    ),
]

DISTANCES = [
    OpCase(
        "pairwise_distance",
        distance,
        [
            call(t(3, 4), t(3, 4)),
            call(t(3, 4), t(3, 4), 1.0, keepdim=True),
            call(t(2, 3, 4), t(4), p=3.0),
            call(t(4), t(4), p=float("inf"), eps=0.1),
            call(t(0, 4), t(0, 4)),
        ],
        aliases=("nn.functional.pairwise_distance",),
        **SETTINGS,
    ),
    OpCase(
        "cosine_similarity",
        cosine,
        [
            call(t(3, 4), t(3, 4)),
            call(t(3, 4), t(4), dim=-1),
            call(t(2, 3, 4), t(2, 3, 4), 0),
            call(t(4), t(4), dim=0),
            call(values([[0.0, 0.0]], grad=False), t(1, 2, grad=False)),
        ],
        aliases=("nn.functional.cosine_similarity",),
        **SETTINGS,
    ),
    OpCase(
        "pdist",
        pdist,
        [
            call(t(4, 3)),
            call(t(5, 2), 1.0),
            call(t(3, 4), 3.0),
            call(t(1, 3)),
            call(t(0, 3, grad=False)),
        ],
        aliases=("nn.functional.pdist",),
        errors=[fails("a matrix; got", t(3)), fails("p of 0 or more; got -1", t(3, 2), -1.0)],
        **SETTINGS,
    ),
]

CASES = [*LOSSES, *DISTANCES]
