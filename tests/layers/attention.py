"""Attention with several heads."""

from cases import fails, t, values

import lamina.nn.functional as F
from layers import LayerCase, layer

PADDING = values([[False, True, False, True], [False, False, False, True]], dtype="bool")
CAUSAL = values([[i < j for j in range(4)] for i in range(4)], dtype="bool")


def multi_head(
    m, query, key, value, key_padding_mask=None, need_weights=True, attn_mask=None, **kw
):
    """Go through the function, which wants the batch in the middle."""
    turned = m.batch_first and query.ndim == 3
    query, key, value = (x.transpose(0, 1) if turned else x for x in (query, key, value))
    out, weights = F.multi_head_attention_forward(
        query,
        key,
        value,
        m.embed_dim,
        m.num_heads,
        m.in_proj_weight,
        m.in_proj_bias,
        m.bias_k,
        m.bias_v,
        m.add_zero_attn,
        m.dropout if m.training else 0.0,
        m.out_proj.weight,
        m.out_proj.bias,
        key_padding_mask=key_padding_mask,
        need_weights=need_weights,
        attn_mask=attn_mask,
        use_separate_proj_weight=m.in_proj_weight is None,
        q_proj_weight=m.q_proj_weight,
        k_proj_weight=m.k_proj_weight,
        v_proj_weight=m.v_proj_weight,
        **kw,
    )
    out = out.transpose(0, 1) if turned else out
    return out if weights is None else (out, weights)


def three(*shapes):
    return [t(*shape) for shape in shapes]


FIRST = three((2, 3, 6), (2, 4, 6), (2, 4, 6))
SECOND = three((3, 2, 6), (4, 2, 6), (4, 2, 6))
OTHER_WIDTHS = three((3, 2, 6), (4, 2, 5), (4, 2, 3))

LAYERS = [
    LayerCase(
        "MultiheadAttention",
        [
            layer(6, 2, inputs=SECOND),
            layer(6, 3, batch_first=True, inputs=FIRST, call={"need_weights": False}),
            layer(6, 2, batch_first=True, inputs=FIRST, call={"key_padding_mask": PADDING}),
            layer(6, 2, bias=False, inputs=SECOND, call={"average_attn_weights": False}),
            layer(6, 2, add_bias_kv=True, add_zero_attn=True, inputs=SECOND),
            layer(6, 2, kdim=5, vdim=3, inputs=OTHER_WIDTHS),
            layer(6, 2, batch_first=True, inputs=three((3, 6), (4, 6), (4, 6))),
            layer(
                6,
                2,
                batch_first=True,
                inputs=three((2, 4, 6), (2, 4, 6), (2, 4, 6)),
                call={"need_weights": False, "attn_mask": CAUSAL, "is_causal": True},
            ),
        ],
        ref=multi_head,
        errors=[
            fails("num_heads divides.*got 6 and 4", 6, 4),
            fails("num_heads divides.*got 0 and 1", 0, 1),
            fails("sequences of 2 dimensions, or of 3", 6, 2, inputs=three((6,), (6,), (6,))),
        ],
        large=[layer(64, 4, inputs=three((128, 4, 64), (128, 4, 64), (128, 4, 64)))],
        domain=(-1, 1),
    ),
    LayerCase(
        "MultiheadAttention",
        [layer(6, 2, 0.5, inputs=SECOND)],
        ref=multi_head,
        random=True,
        grad=False,
    ),
]
