"""Embeddings, alone and in bags, and one-hot rows."""

import numpy as np

from cases import OpCase, call, fails, t, values


def whole(nested):
    return values(nested, dtype="int64")


def places(*shape, rows=6):
    return t(*shape, dtype="int64", domain=(0, rows))


def normed(weight, index, max_norm, norm_type=2.0):
    if max_norm is None:
        return weight
    weight = weight.copy()
    for row in set(np.ravel(index).tolist()):
        norm = np.linalg.norm(weight[row], norm_type)
        if norm > max_norm:
            weight[row] *= max_norm / (norm + 1e-7)
    return weight


def embedding(index, weight, padding_idx=None, max_norm=None, norm_type=2.0, **rest):
    return normed(weight, index, max_norm, norm_type)[index]


def embedding_bag(index, weight, offsets=None, **options):
    index, factors = np.asarray(index), options.get("per_sample_weights")
    weight = normed(weight, index, options.get("max_norm"))
    if offsets is None:
        offsets = np.arange(len(index)) * index.shape[1]
        index, factors = index.ravel(), None if factors is None else factors.ravel()
    ends = [*offsets[1:], len(index)][: len(offsets)]
    if options.get("include_last_offset"):
        offsets, ends = offsets[:-1], offsets[1:]
    padding, bags = options.get("padding_idx"), []
    for begin, end in zip(offsets, ends, strict=True):
        counted = [i for i in range(begin, end) if index[i] != padding]
        rows = weight[index[counted]] if counted else np.zeros((0, weight.shape[1]))
        if factors is not None:
            rows = rows * factors[counted][:, None]
        combine = {"sum": np.sum, "mean": np.mean, "max": np.max}[options.get("mode", "mean")]
        bags.append(combine(rows, 0) if len(rows) else np.zeros(weight.shape[1]))
    return np.reshape(bags, (len(offsets), weight.shape[1]))


def one_hot(index, num_classes=-1):
    return np.eye(index.max() + 1 if num_classes == -1 else num_classes, dtype=np.int64)[index]


OFFSETS = whole([0, 3, 3, 7])
MODES = ("sum", "mean", "max")
SETTINGS = {"method": False, "grad": True, "gradgrad": True, "fuzz": False, "same_errors": False}

CASES = [
    OpCase(
        "nn.functional.embedding",
        embedding,
        [
            call(places(), t(6, 3)),
            call(places(5), t(6, 3)),
            call(places(2, 4), t(6, 1)),
            call(places(2, 4), t(6, 37)),
            call(places(0), t(6, 3)),
            call(places(7), t(6, 0)),
            call(t(9, dtype="int32", domain=(0, 6)), t(6, 3)),
            call(places(9), t(6, 3, grad=False), 2),
            call(places(9), t(6, 3, grad=False), padding_idx=-1),
        ],
        large=[
            call(places(3000, rows=500), t(500, 64)),
            call(places(3000, rows=3), t(3, 64), scale_grad_by_freq=True),
        ],
        errors=[
            fails("index 6 .* size 6", whole([1, 6]), t(6, 3), error=IndexError),
            fails("index -1 .* size 6", whole([1, -1]), t(6, 3), error=IndexError),
            fails("int64 or int32; got float", t(3), t(6, 3), error=TypeError),
            fails(r"weight \(rows, columns\)", places(3), t(6)),
            fails("padding_idx within 6 rows; got 6", places(3), t(6, 3), padding_idx=6),
            fails("sparse=False", places(3), t(6, 3), sparse=True, error=NotImplementedError),
        ],
        **SETTINGS,
    ),
    OpCase(
        "nn.functional.embedding_bag",
        embedding_bag,
        [
            call(index, t(6, 3), offsets, mode=mode, **more)
            for mode in MODES
            for index, offsets in [(places(9), OFFSETS), (places(3, 4), None)]
            for more in ({}, {"padding_idx": 2})
        ]
        + [
            call(places(9), t(6, 3), OFFSETS, mode="sum", per_sample_weights=t(9)),
            call(places(2, 3), t(6, 3), mode="sum", per_sample_weights=t(2, 3), padding_idx=1),
            call(places(7), t(6, 3), OFFSETS, mode="sum", include_last_offset=True),
            call(places(0), t(6, 3), whole([0, 0]), mode="sum"),
            call(places(0, 4), t(6, 3), mode="mean"),
        ],
        large=[
            call(places(5000, 10, rows=700), t(700, 64), mode="sum"),
            call(places(5000, 10, rows=700), t(700, 64), mode="max"),
        ],
        errors=[
            fails("index 6 .* size 6", whole([1, 6]), t(6, 3), whole([0]), error=IndexError),
            fails("begin with 0; got 1", places(3), t(6, 3), whole([1])),
            fails(
                "ascending offsets up to 3; got 2 before 1", places(3), t(6, 3), whole([0, 2, 1])
            ),
            fails("two without", places(3), t(6, 3)),
            fails("one dimension with offsets", places(3, 2), t(6, 3), whole([0])),
            fails(
                "mode to be 'sum', 'mean' or 'max'; got 'min'", places(3, 2), t(6, 3), mode="min"
            ),
            fails(
                "per_sample_weights of shape",
                places(3, 2),
                t(6, 3),
                mode="sum",
                per_sample_weights=t(3),
            ),
            fails(
                "mode='sum'",
                places(3, 2),
                t(6, 3),
                per_sample_weights=t(3, 2),
                error=NotImplementedError,
            ),
        ],
        **(SETTINGS | {"distinct": True}),
    ),
    OpCase(
        "nn.functional.one_hot",
        one_hot,
        [call(places(5)), call(places(2, 3), 8), call(places(), 6), call(places(0), 3)],
        errors=[
            fails("index 5 .* size 3", whole([5]), 3, error=IndexError),
            fails("index -1 .* size", whole([2, -1]), error=IndexError),
            fails("num_classes above 0; got 0", whole([5]), 0),
            fails("without elements", places(0)),
            fails("num_classes above 0; got 0", places(0), 0),
            fails("int64; got float32", t(3), error=TypeError),
        ],
        method=False,
        dtypes=("float32",),
        fuzz=False,
    ),
]
