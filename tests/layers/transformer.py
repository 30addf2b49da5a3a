"""Transformers."""

from cases import fails, t, values

import lamina.nn.functional as F
from layers import LayerCase, layer
from layers.attention import CAUSAL, PADDING, multi_head

ACROSS = values([[i + j > 4 for j in range(4)] for i in range(3)], dtype="bool")


def norm(m, x):
    return F.layer_norm(x, m.normalized_shape, m.weight, m.bias, m.eps)


def feed_forward(m, x):
    return m.linear2(m.activation(m.linear1(x)))


def residual(m, x, of_norm, step):
    return x + step(norm(of_norm, x)) if m.norm_first else norm(of_norm, x + step(x))


def encoder_layer(m, x, src_mask=None, src_key_padding_mask=None, is_causal=False):
    masks = src_key_padding_mask, False, src_mask
    x = residual(m, x, m.norm1, lambda x: multi_head(m.self_attn, x, x, x, *masks))
    return residual(m, x, m.norm2, lambda x: feed_forward(m, x))


def decoder_layer(
    m,
    x,
    memory,
    tgt_mask=None,
    memory_mask=None,
    tgt_key_padding_mask=None,
    memory_key_padding_mask=None,
    tgt_is_causal=False,
    memory_is_causal=False,
):
    own = tgt_key_padding_mask, False, tgt_mask
    across = memory_key_padding_mask, False, memory_mask
    x = residual(m, x, m.norm1, lambda x: multi_head(m.self_attn, x, x, x, *own))
    attend = lambda x: multi_head(m.multihead_attn, x, memory, memory, *across)  # noqa: E731
    x = residual(m, x, m.norm2, attend)
    return residual(m, x, m.norm3, lambda x: feed_forward(m, x))


def encoder(m, x, mask=None, src_key_padding_mask=None, is_causal=None):
    for part in m.layers:
        x = encoder_layer(part, x, mask, src_key_padding_mask)
    return x if m.norm is None else norm(m.norm, x)


def decoder(m, x, memory, **masks):
    for part in m.layers:
        x = decoder_layer(part, x, memory, **masks)
    return x if m.norm is None else norm(m.norm, x)


def transformer(m, src, tgt, src_mask=None, src_key_padding_mask=None, **masks):
    memory = encoder(m.encoder, src, src_mask, src_key_padding_mask)
    return decoder(m.decoder, tgt, memory, **masks)


SRC, TGT = t(4, 2, 6), t(3, 2, 6)
SRC_FIRST, TGT_FIRST = t(2, 4, 6), t(2, 3, 6)
LAYER_ERRORS = [
    fails("'relu', 'gelu' or a callable; got 'tanh'", 6, 2, 8, activation="tanh"),
    fails("num_heads divides.*got 6 and 4", 6, 4),
]

LAYERS = [
    LayerCase(
        "TransformerEncoderLayer",
        [
            layer(6, 2, 8, 0.0, inputs=[SRC]),
            layer(6, 2, 8, 0.0, "gelu", norm_first=True, inputs=[SRC], call={"src_mask": CAUSAL}),
            layer(
                6,
                3,
                8,
                0.0,
                batch_first=True,
                bias=False,
                inputs=[SRC_FIRST],
                call={"src_key_padding_mask": PADDING},
            ),
            layer(
                6,
                2,
                8,
                0.0,
                layer_norm_eps=0.1,
                inputs=[t(4, 6)],
                call={"src_mask": CAUSAL, "is_causal": True},
            ),
        ],
        ref=encoder_layer,
        errors=LAYER_ERRORS,
        large=[layer(64, 4, 128, 0.0, batch_first=True, inputs=[t(4, 128, 64)])],
        domain=(-1, 1),
        tol=4,  # norms divide by small deviations
    ),
    LayerCase(
        "TransformerEncoderLayer",
        [layer(6, 2, 8, 0.5, inputs=[SRC])],
        ref=encoder_layer,
        random=True,
        grad=False,
    ),
    LayerCase(
        "TransformerDecoderLayer",
        [
            layer(6, 2, 8, 0.0, inputs=[TGT, SRC]),
            layer(
                6,
                2,
                8,
                0.0,
                "gelu",
                norm_first=True,
                batch_first=True,
                inputs=[TGT_FIRST, SRC_FIRST],
                call={"memory_mask": ACROSS, "memory_key_padding_mask": PADDING},
            ),
            layer(
                6,
                2,
                8,
                0.0,
                bias=False,
                inputs=[SRC, TGT],
                call={
                    "tgt_mask": CAUSAL,
                    "tgt_key_padding_mask": values([[False] * 4, [False] * 3 + [True]], "bool"),
                },
            ),
            layer(6, 2, 8, 0.0, inputs=[t(3, 6), t(4, 6)]),
        ],
        ref=decoder_layer,
        errors=LAYER_ERRORS,
        domain=(-1, 1),
        tol=4,
    ),
    LayerCase(
        "Transformer",
        [
            layer(6, 2, 2, 1, 8, 0.0, inputs=[SRC, TGT]),
            layer(
                6,
                2,
                1,
                2,
                8,
                0.0,
                "gelu",
                batch_first=True,
                norm_first=True,
                inputs=[TGT_FIRST, SRC_FIRST],
                call={"tgt_mask": CAUSAL, "tgt_key_padding_mask": PADDING},
            ),
            layer(6, 2, 1, 1, 8, 0.0, bias=False, inputs=[t(4, 6), t(3, 6)]),
        ],
        ref=transformer,
        errors=[
            fails("one batch size; got 2 and 3", 6, 2, 1, 1, 8, inputs=[t(4, 2, 6), t(3, 3, 6)]),
            fails("of 6 features; got 6 and 5", 6, 2, 1, 1, 8, inputs=[t(4, 2, 6), t(3, 2, 5)]),
        ],
        domain=(-1, 1),
        tol=16,
    ),
]
