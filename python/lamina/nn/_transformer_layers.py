"""The layers of transformers; stacks of them and whole models stand in transformer.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias

from lamina._core import Tensor, dtype
from lamina.nn.attention import MultiheadAttention
from lamina.nn.dropout import Dropout
from lamina.nn.functional.activation import gelu, relu
from lamina.nn.linear import Linear
from lamina.nn.module import Module
from lamina.nn.normalization import LayerNorm

Activation: TypeAlias = str | Callable[[Tensor], Tensor]
_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": relu, "gelu": gelu}


def _activation(given: Activation) -> Callable[[Tensor], Tensor]:
    if not isinstance(given, str):
        return given
    if given not in _ACTIVATIONS:
        raise ValueError(f"[Transformer] expected 'relu', 'gelu' or a callable; got {given!r}")
    return _ACTIVATIONS[given]


def _attended(
    heads: Module,
    x: Tensor,
    memory: Tensor,
    padding: Tensor | None,
    mask: Tensor | None,
    is_causal: bool,
) -> Tensor:
    out: Tensor = heads(x, memory, memory, padding, False, mask, is_causal=is_causal)[0]
    return out


class _Layer(Module):
    """Steps that keep the shape, each beside a residual connection and with a norm.

    A step is x = norm(x + step(x)), or x + step(norm(x)) with `norm_first`.
    """

    _steps: ClassVar[int]

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        made: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        for name in ("self_attn", "multihead_attn")[: self._steps - 1]:
            heads = MultiheadAttention(d_model, nhead, dropout, batch_first=batch_first, **made)
            setattr(self, name, heads)
        self.linear1 = Linear(d_model, dim_feedforward, **made)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **made)
        self.norm_first = norm_first
        for step in range(1, self._steps + 1):
            setattr(self, f"norm{step}", LayerNorm(d_model, layer_norm_eps, **made))
        for step in range(1, self._steps + 1):
            setattr(self, f"dropout{step}", Dropout(dropout))
        self.activation = _activation(activation)

    def _step(self, x: Tensor, norm: Module, step: Callable[[Tensor], Tensor]) -> Tensor:
        return x + step(norm(x)) if self.norm_first else norm(x + step(x))

    def _feed_forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.linear2(self.dropout(self.activation(self.linear1(x))))
        return out


class TransformerEncoderLayer(_Layer):
    """Self-attention, then a network of two linear maps, each with a norm and beside x itself."""

    _steps = 2

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """Map sequences of d_model features; the masks are those of MultiheadAttention."""

        masks = src_key_padding_mask, src_mask, is_causal
        x = self._step(
            src, self.norm1, lambda x: self.dropout1(_attended(self.self_attn, x, x, *masks))
        )
        return self._step(x, self.norm2, lambda x: self.dropout2(self._feed_forward(x)))


class TransformerDecoderLayer(_Layer):
    """An encoder layer that between its two steps attends to `memory`, an encoder's result."""

    _steps = 3

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Map sequences of d_model features; the masks are those of MultiheadAttention."""

        own = tgt_key_padding_mask, tgt_mask, tgt_is_causal
        across = memory_key_padding_mask, memory_mask, memory_is_causal
        x = self._step(
            tgt, self.norm1, lambda x: self.dropout1(_attended(self.self_attn, x, x, *own))
        )
        x = self._step(
            x,
            self.norm2,
            lambda x: self.dropout2(_attended(self.multihead_attn, x, memory, *across)),
        )
        return self._step(x, self.norm3, lambda x: self.dropout3(self._feed_forward(x)))
