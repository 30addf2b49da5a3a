"""The attention layer of several heads; layers that are built around it stand in transformer.py."""

from __future__ import annotations

from typing import Any

from lamina import _core
from lamina._core import Tensor, dtype
from lamina.nn import init
from lamina.nn.functional import _multihead
from lamina.nn.linear import Linear
from lamina.nn.module import Module
from lamina.nn.parameter import Parameter

__all__ = ["MultiheadAttention"]


class NonDynamicallyQuantizableLinear(Linear):
    """A Linear under the name that PyTorch prints for it."""


class MultiheadAttention(Module):
    """concat(head_1, ..., head_h) W_o, head_i = attention(q W_q,i, k W_k,i, v W_v,i).

    Sequences are (length, batch, width), (batch, length, width) with `batch_first`, or without a
    batch (length, width). A True in a mask of type bool hides a key.
    """

    in_proj_weight: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None
    out_proj: Linear

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        if embed_dim <= 0 or num_heads <= 0 or embed_dim % num_heads:
            raise ValueError(
                "[MultiheadAttention] expected an embed_dim that num_heads divides, both above 0; "
                f"got {embed_dim} and {num_heads}"
            )
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        self.add_zero_attn = add_zero_attn

        def parameter(name: str, wanted: bool, *shape: int) -> None:
            made = Parameter(_core.empty(shape, device=device, dtype=dtype)) if wanted else None
            self.register_parameter(name, made)

        packed = self.kdim == embed_dim and self.vdim == embed_dim
        parameter("q_proj_weight", not packed, embed_dim, embed_dim)
        parameter("k_proj_weight", not packed, embed_dim, self.kdim)
        parameter("v_proj_weight", not packed, embed_dim, self.vdim)
        parameter("in_proj_weight", packed, 3 * embed_dim, embed_dim)
        parameter("in_proj_bias", bias, 3 * embed_dim)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias, device, dtype)
        parameter("bias_k", add_bias_kv, 1, 1, embed_dim)
        parameter("bias_v", add_bias_kv, 1, 1, embed_dim)
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        separate = self.q_proj_weight, self.k_proj_weight, self.v_proj_weight
        for weight in (self.in_proj_weight, *separate):
            if weight is not None:
                init.xavier_uniform_(weight)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                init.zeros_(bias)
        for learned in (self.bias_k, self.bias_v):
            if learned is not None:
                init.xavier_normal_(learned)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Return the result and, with `need_weights`, the weights, averaged over the heads or not.

        Without weights nothing as large as all of them is computed. `is_causal` says that
        `attn_mask` is the causal mask, which then need not be read.
        """
        separate = self.q_proj_weight, self.k_proj_weight, self.v_proj_weight
        layer = _multihead.MultiHead(
            self.num_heads,
            self.in_proj_weight,
            [weight for weight in separate if weight is not None],
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.out_proj.weight,
            self.out_proj.bias,
            self.batch_first,
        )
        masks = _multihead.Masks(attn_mask, key_padding_mask, is_causal)
        dropout = self.dropout if self.training else 0.0
        sequences = query, key, value
        return _multihead.forward(
            layer, sequences, masks, dropout, need_weights, average_attn_weights
        )
