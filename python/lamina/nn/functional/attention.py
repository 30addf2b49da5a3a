"""Attention."""

from __future__ import annotations

from lamina._core import Tensor, _nn
from lamina.nn.functional._multihead import Masks, MultiHead, fail, forward

__all__ = ["multi_head_attention_forward", "scaled_dot_product_attention"]

scaled_dot_product_attention = _nn.scaled_dot_product_attention


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Attend with several heads to sequences (length, batch, width), batch optional.

    A True in a mask of type bool hides a key, unlike in `scaled_dot_product_attention`. `is_causal`
    says that `attn_mask` is the causal mask, which then need not be read. Static keys and values
    (batch * heads, length, width of a head) replace the projected ones.
    """
    if query.size(-1) != embed_dim_to_check:
        fail(f"queries of width {embed_dim_to_check}", query.size(-1))
    if bias_k is not None and (static_k is not None or static_v is not None):
        fail("no bias_k beside static keys or values", "both")
    separate = (q_proj_weight, k_proj_weight, v_proj_weight)
    given = [
        x for x in (separate if use_separate_proj_weight else [in_proj_weight]) if x is not None
    ]
    if len(given) != (3 if use_separate_proj_weight else 1):
        fail(f"weights with use_separate_proj_weight={use_separate_proj_weight}", "None")
    layer = MultiHead(
        num_heads,
        None if use_separate_proj_weight else given[0],
        given,
        in_proj_bias,
        bias_k,
        bias_v,
        add_zero_attn,
        out_proj_weight,
        out_proj_bias,
        batch_first=False,
    )
    return forward(
        layer,
        (query, key, value),
        Masks(attn_mask, key_padding_mask, is_causal),
        dropout_p if training else 0.0,
        need_weights,
        average_attn_weights,
        (static_k, static_v),
    )
