"""Attention."""

import math
import sys

import numpy as np

from cases import OpCase, call, fails, t, values


def attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, **more):
    scale = more.get("scale")
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    if more.get("enable_gqa"):
        heads = query.shape[-3]
        key = np.repeat(key, heads // key.shape[-3], axis=-3)
        value = np.repeat(value, heads // value.shape[-3], axis=-3)
    scores = scale * (query @ np.swapaxes(key, -2, -1))
    if is_causal:
        attn_mask = np.tri(*scores.shape[-2:], dtype=bool)
    if attn_mask is not None:
        masked = attn_mask.dtype == bool
        scores = np.where(attn_mask, scores, -np.inf) if masked else scores + attn_mask
    highest = scores.max(-1, keepdims=True, initial=-np.inf)
    weights = np.exp(scores - np.where(np.isinf(highest), 0, highest))
    total = weights.sum(-1, keepdims=True)
    return (weights / np.where(total == 0, 1, total)) @ value


def terms(query, key, value, *rest, **more):
    """How many products are summed."""
    return query.shape[-1] * max(key.shape[-2], 1)


def three(query, key, value, *rest, **more):
    return call(t(*query), t(*key), t(*value), *rest, **more)


def heads(shape, *rest, **more):
    return three(shape, shape, shape, *rest, **more)


def mask(*shape):
    return t(*shape, dtype="bool", domain=(0, 2))


def softmax(x):
    weights = np.exp(x - x.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)


def addend(mask):
    return np.where(mask, -np.inf, 0.0) if mask.dtype == bool else mask


def multi_head(
    query,
    key,
    value,
    width,
    heads,
    in_weight,
    in_bias,
    bias_k,
    bias_v,
    add_zero_attn,
    dropout_p,
    out_weight,
    out_bias,
    training=True,
    key_padding_mask=None,
    need_weights=True,
    attn_mask=None,
    use_separate_proj_weight=False,
    q_proj_weight=None,
    k_proj_weight=None,
    v_proj_weight=None,
    static_k=None,
    static_v=None,
    average_attn_weights=True,
    is_causal=False,
):
    """Go head by head and sequence by sequence."""
    if query.ndim == 2:
        query, key, value = (x[:, None] for x in (query, key, value))
        if key_padding_mask is not None:
            key_padding_mask = key_padding_mask[None]
        unbatched = True
    else:
        unbatched = False
    separate = (q_proj_weight, k_proj_weight, v_proj_weight)
    weights = separate if use_separate_proj_weight else np.split(in_weight, 3)
    biases = np.zeros((3, width)) if in_bias is None else np.split(in_bias, 3)
    q, k, v = (x @ w.T + b for x, w, b in zip((query, key, value), weights, biases, strict=True))
    length, batch, _ = query.shape
    outs, all_weights = np.empty((length, batch, width)), []
    for n in range(batch):
        for h in range(heads):
            part = slice(h * width // heads, (h + 1) * width // heads)
            queries, keys, values_ = (x[:, n, part] for x in (q, k, v))
            keys = keys if static_k is None else static_k[n * heads + h]
            values_ = values_ if static_v is None else static_v[n * heads + h]
            extra = np.zeros((length, len(keys)))
            if attn_mask is not None:
                extra = extra + addend(
                    attn_mask if attn_mask.ndim == 2 else attn_mask[n * heads + h]
                )
            if key_padding_mask is not None:
                extra = extra + addend(key_padding_mask)[n]
            if bias_k is not None:
                keys = np.concatenate([keys, bias_k[0, :, part]])
                values_ = np.concatenate([values_, bias_v[0, :, part]])
            if add_zero_attn:
                keys = np.concatenate([keys, np.zeros_like(keys[:1])])
                values_ = np.concatenate([values_, np.zeros_like(values_[:1])])
            extra = np.pad(extra, [(0, 0), (0, len(keys) - extra.shape[1])])
            chosen = softmax(queries @ keys.T / math.sqrt(keys.shape[1]) + extra)
            outs[:, n, part] = chosen @ values_
            all_weights.append(chosen)
    out = outs @ out_weight.T + (0 if out_bias is None else out_bias)
    out = out[:, 0] if unbatched else out
    if not need_weights:
        return out
    result = np.reshape(all_weights, (batch, heads, length, -1))
    result = result.mean(1) if average_attn_weights else result
    return out, result[0] if unbatched else result


def called(query, *rest, **more):
    """Call the library whose tensors are given; without weights the result is one tensor."""
    library = sys.modules[type(query).__module__.partition(".")[0]]
    out, weights = library.nn.functional.multi_head_attention_forward(query, *rest, **more)
    return out if weights is None else (out, weights)


def layer(sequences, bias=None, zero=False, width=6, heads=2, packed=True, biased=True, **more):
    """Call with sequences of these shapes, and weights that fit them; one shape: one tensor."""
    learned = (None, None) if bias is None else (t(1, 1, width), t(1, 1, width))
    if not packed:
        more["use_separate_proj_weight"] = True
        for name, shape in zip("qkv", sequences, strict=True):
            more[f"{name}_proj_weight"] = t(width, shape[-1])
    in_weight = t(3 * width, width) if packed else None
    in_bias, out_bias = (t(3 * width), t(width)) if biased else (None, None)
    return call(
        *(t(*shape) for shape in sequences),
        *(width, heads, in_weight, in_bias, *learned, zero, 0.0, t(width, width), out_bias),
        **more,
    )


# The first key is never hidden: a query that sees none gets NaN with need_weights.
PADDING = values([[False, True, False, True], [False, False, False, True]], dtype="bool")
SOME = values([[False, True, True, True], [False, False, True, True], [False] * 4], dtype="bool")
CAUSAL = values((1 - np.tri(4)).astype(bool).tolist(), dtype="bool")
SELF = [(4, 2, 6)] * 3
ACROSS = [(3, 2, 6), (4, 2, 6), (4, 2, 6)]

BLIND = values([[True, False, True], [False, False, False]], dtype="bool")

CASES = [
    OpCase(
        "nn.functional.scaled_dot_product_attention",
        attention,
        [
            heads((3, 4)),
            heads((2, 3, 5, 4)),
            heads((2, 3, 5, 4), is_causal=True),
            heads((2, 3, 5, 4), scale=0.3),
            heads((1, 2, 1, 3, 5, 4)),
            three((2, 3, 5, 4), (2, 3, 7, 4), (2, 3, 7, 6)),
            three((2, 7, 4), (2, 5, 4), (2, 5, 3), is_causal=True),
            three((2, 5, 4), (2, 7, 4), (2, 7, 3), is_causal=True),
            three((2, 1, 5, 4), (1, 3, 7, 4), (7, 6)),
            three((2, 4, 5, 4), (2, 2, 7, 4), (2, 2, 7, 6), enable_gqa=True),
            three((2, 4, 5, 4), (2, 2, 5, 4), (2, 1, 5, 6), enable_gqa=True, is_causal=True),
            three((2, 4, 5, 4), (1, 2, 7, 4), (2, 7, 6), mask(2, 4, 5, 7), enable_gqa=True),
            heads((2, 3, 5, 4), mask(5, 5)),
            heads((2, 3, 5, 4), mask(2, 1, 1, 5)),
            heads((2, 3, 5, 4), mask(2, 3, 5, 5)),
            heads((2, 3, 5, 4), t(5, 5)),
            heads((2, 3, 5, 4), t(2, 1, 1, 5)),
            heads((2, 3, 5, 4), t(3, 5, 1)),
            heads((2, 3, 5, 4), t(5, 5, grad=False)),
            heads((2, 3, 5, 4), t(2, 1, 1, 5, grad=False)),
            three((2, 4), (3, 4), (3, 5), BLIND),
            three((2, 1), (3, 1), (3, 1)),
            three((2, 3, 1, 4), (2, 3, 300, 4), (2, 3, 300, 5)),
            three((1, 4), (37, 4), (37, 5), mask(1, 37)),
            three((1, 4), (3, 4), (3, 5), values([[False] * 3], dtype="bool")),
            three((2, 3, 0, 4), (2, 3, 5, 4), (2, 3, 5, 4)),
            three((2, 3, 5, 4), (2, 3, 0, 4), (2, 3, 0, 4)),
            three((2, 5, 4), (2, 3, 4), (2, 3, 0)),
            heads((0, 3, 5, 4)),
            three((1, 140, 3), (1, 270, 3), (1, 270, 2)),
            three((270, 3), (140, 3), (140, 2), is_causal=True),
            three((140, 3), (270, 3), (270, 2), mask(140, 270)),
            three((140, 3), (270, 3), (270, 2), t(140, 270, grad=False)),
        ],
        method=False,
        grad=True,
        gradgrad=True,
        terms=terms,
        large=[
            heads((8, 4, 64, 32), is_causal=True),
            heads((1, 1, 520, 32)),
            heads((1, 2, 300, 16), mask(300, 300)),
        ],
        errors=[
            fails("at least 2 dimensions.*(3,)", t(3), t(3, 2), t(3, 2)),
            fails(r"as wide as queries.*\(4, 3\)", t(3, 2), t(4, 3), t(4, 2)),
            fails(r"as many values as keys.*\(5, 2\)", t(3, 2), t(4, 2), t(5, 2)),
            fails("no attn_mask", t(3, 2), t(3, 2), t(3, 2), mask(3, 3), is_causal=True),
            fails(
                "one floating type.*int64",
                t(3, 2, dtype="int64"),
                t(3, 2),
                t(3, 2),
                error=TypeError,
            ),
            fails(
                "type bool or", t(3, 2), t(3, 2), t(3, 2), t(3, 3, dtype="int64"), error=TypeError
            ),
            fails(r"broadcasts to shape \(3, 3\)", t(3, 2), t(3, 2), t(3, 2), mask(2, 3, 3)),
            fails("numbers of heads", t(4, 3, 2), t(3, 3, 2), t(1, 3, 2), enable_gqa=True),
            fails("probability.*1.5", t(3, 2), t(3, 2), t(3, 2), dropout_p=1.5),
        ],
        same_errors=False,  # NumPy broadcasts what must agree
    ),
    OpCase(
        "nn.functional.multi_head_attention_forward",
        multi_head,
        [
            layer(SELF),
            layer(SELF, need_weights=False),
            layer(SELF, need_weights=False, biased=False),
            layer(SELF, average_attn_weights=False, heads=3),
            layer(ACROSS, need_weights=False, key_padding_mask=PADDING),
            layer(ACROSS, key_padding_mask=PADDING, attn_mask=SOME),
            layer(ACROSS, attn_mask=t(4, 3, 4), need_weights=False),
            layer(ACROSS, True, attn_mask=SOME, need_weights=False),
            layer(ACROSS, True, zero=True, attn_mask=SOME, key_padding_mask=PADDING),
            layer(ACROSS, zero=True, need_weights=False, key_padding_mask=t(2, 4, grad=False)),
            layer([(3, 2, 6), (4, 2, 5), (4, 2, 3)], packed=False),
            layer([(3, 2, 6), (4, 2, 5), (4, 2, 3)], packed=False, biased=False, heads=1),
            layer([(3, 6), (4, 6), (4, 6)], attn_mask=SOME),
            layer([(3, 6), (4, 6), (4, 6)], need_weights=False, attn_mask=t(2, 3, 4, grad=False)),
            layer(
                [(3, 6), (4, 6), (4, 6)],
                average_attn_weights=False,
                key_padding_mask=values([False, True, True, False], dtype="bool"),
            ),
            layer(SELF, attn_mask=CAUSAL, is_causal=True, need_weights=False),
            layer(SELF, attn_mask=CAUSAL, is_causal=True),
            layer(SELF, attn_mask=CAUSAL, is_causal=True, key_padding_mask=PADDING),
            layer(ACROSS, static_k=t(4, 5, 3), static_v=t(4, 5, 3)),
        ],
        fn=called,
        torch=called,
        method=False,
        grad=True,
        terms=lambda *given, **more: 6 * 6 * 6,
        domain=(-1, 1),  # scores are products of four
        fuzz=False,  # few shapes belong together
        layouts=("contiguous", "transposed"),
        errors=[
            fails(r"2 dimensions, or of 3", *layer([(6,)] * 3).args),
            fails(r"values of shape \(4, 2, 6\)", *layer([(3, 2, 6), (4, 2, 6), (5, 2, 6)]).args),
            fails("2 sequences of keys; got 3", *layer([(3, 2, 6), (4, 3, 6), (4, 3, 6)]).args),
            fails(r"a mask of shape \(4, 4\)", *layer(SELF).args, attn_mask=t(3, 4)),
            fails("a mask of type bool", *layer(SELF).args, attn_mask=t(4, 4, dtype="int64")),
            fails("an attn_mask with is_causal", *layer(SELF).args, is_causal=True),
            fails("4 heads can share; got 6", *layer(SELF, heads=4).args),
            fails("queries of width 5; got 6", *layer(SELF).args[:3], 5, *layer(SELF).args[4:]),
        ],
        same_errors=False,  # NumPy broadcasts what must agree
    ),
]
