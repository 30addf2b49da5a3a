"""Embeddings and distances as modules."""

from cases import fails, t, values

from lamina.nn import functional
from layers import LayerCase, layer


def places(*shape):
    return t(*shape, dtype="int64", domain=(0, 6))


OFFSETS = values([0, 3, 3, 7], dtype="int64")

LAYERS = [
    LayerCase(
        "Embedding",
        [
            layer(6, 3, inputs=[places(2, 5)]),
            layer(6, 3, inputs=[places(4)], max_norm=50.0, norm_type=1.0),
        ],
        ref=lambda m, index: m.weight[index],
        errors=[
            fails("padding_idx within 6 rows; got 6", 6, 3, 6),
            fails("weight of shape", 6, 3, _weight=t(6, 2)),
            fails("index 7 .* size 6", 6, 3, inputs=[values([7], dtype="int64")], error=IndexError),
            fails("sparse=False", 6, 3, sparse=True, inputs=[places(2)], error=NotImplementedError),
        ],
        large=[layer(700, 64, inputs=[t(3000, dtype="int64", domain=(0, 700))])],
    ),
    LayerCase(
        "EmbeddingBag",
        [
            *[
                layer(6, 3, mode=mode, inputs=[places(9), OFFSETS])
                for mode in ("sum", "mean", "max")
            ],
            layer(6, 3, inputs=[places(3, 4)]),
            layer(6, 3, mode="sum", inputs=[places(3, 4), None, t(3, 4)]),
            layer(6, 3, include_last_offset=True, inputs=[places(7), OFFSETS]),
        ],
        ref=lambda m, index, offsets=None, weights=None: functional.embedding_bag(
            index,
            m.weight,
            offsets,
            mode=m.mode,
            per_sample_weights=weights,
            include_last_offset=m.include_last_offset,
        ),
        errors=[fails("padding_idx within 6 rows; got -7", 6, 3, padding_idx=-7)],
    ),
    LayerCase(
        "PairwiseDistance",
        [
            layer(inputs=[t(3, 4), t(3, 4)]),
            layer(1.0, 0.01, True, inputs=[t(3, 4), t(3, 4)]),
        ],
        ref=lambda m, a, b: functional.pairwise_distance(a, b, m.norm, m.eps, m.keepdim),
    ),
    LayerCase(
        "CosineSimilarity",
        [layer(inputs=[t(3, 4), t(3, 4)]), layer(0, 0.1, inputs=[t(3, 4), t(3, 4)])],
        ref=lambda m, a, b: functional.cosine_similarity(a, b, m.dim, m.eps),
    ),
]
