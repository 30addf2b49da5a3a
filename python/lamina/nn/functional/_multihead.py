"""Attention with several heads, from sequences to sequences; PyTorch's signature is elsewhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn

from lamina import _core
from lamina._core import Tensor, _nn


def fail(expected: str, got: Any) -> NoReturn:
    """Refuse an argument."""
    raise ValueError(f"[multi_head_attention_forward] expected {expected}; got {got}")


class MultiHead(NamedTuple):
    """What a layer has learned, and how its sequences lie."""

    num_heads: int
    weight: Tensor | None  # of query, key and value, one below the other; or
    weights: Sequence[Tensor]  # each for itself
    bias: Tensor | None
    bias_k: Tensor | None
    bias_v: Tensor | None
    add_zero_attn: bool
    out_weight: Tensor
    out_bias: Tensor | None
    batch_first: bool

    def heads(self, x: Tensor) -> Tensor:
        """See sequences as (batch, heads, length, width of a head)."""
        first, second, width = x.shape
        if width % self.num_heads:
            fail(f"a width that {self.num_heads} heads can share", width)
        split = x.view(first, second, self.num_heads, width // self.num_heads)
        return split.permute(0, 2, 1, 3) if self.batch_first else split.permute(1, 2, 0, 3)

    def joined(self, x: Tensor) -> Tensor:
        """Undo `heads`."""
        order = (0, 2, 1, 3) if self.batch_first else (2, 0, 1, 3)
        return x.permute(order).flatten(2)

    def project(self, query: Tensor, key: Tensor, value: Tensor) -> Sequence[Tensor]:
        """Map query, key and value, those that are one tensor in one product."""
        if self.weight is None or key is not value:
            weights = self.weights if self.weight is None else self.weight.chunk(3)
            return self._mapped((query, key, value), weights)
        if query is key:
            return _core.linear(query, self.weight, self.bias).chunk(3, -1)
        width = query.size(-1)
        weights = self.weight.split([width, 2 * width])
        query, both = self._mapped((query, key), weights)
        return query, *both.chunk(2, -1)

    def _mapped(self, xs: Sequence[Tensor], weights: Sequence[Tensor]) -> list[Tensor]:
        """Map each by its weight and as much of the bias as the weight has rows."""
        biases: Sequence[Tensor | None] = [None] * len(weights)
        if self.bias is not None:
            biases = self.bias.split([weight.size(0) for weight in weights])
        return [_core.linear(*given) for given in zip(xs, weights, biases, strict=True)]

    def extended(self, x: Tensor, learned: Tensor | None) -> Tensor:
        """Append to keys or values what every query may see: a learned one, and zeros."""
        batch, heads, _, width = x.shape
        if learned is not None:
            x = _core.cat([x, learned.view(heads, 1, width).expand(batch, heads, 1, width)], 2)
        return _core.pad(x, (0, 0, 0, 1)) if self.add_zero_attn else x


class Masks(NamedTuple):
    """Which keys a query may not see (True), or what is added to the scores."""

    attn_mask: Tensor | None  # (L, S) or (batch * heads, L, S)
    key_padding_mask: Tensor | None  # (batch, S)
    is_causal: bool  # attn_mask is the causal mask

    def merged(self, heads: int, query: Tensor, keys: int, extra: int) -> Tensor | None:
        """Return what is added to the scores of `keys` keys; `extra` others are never hidden."""
        batch, _, length, _ = query.shape
        merged = None
        for mask, shapes in (
            (self.attn_mask, {2: (length, keys), 3: (batch * heads, length, keys)}),
            (self.key_padding_mask, {2: (batch, keys)}),
        ):
            if mask is None:
                continue
            expected = shapes.get(mask.ndim, shapes[2])
            if mask.shape != expected:
                fail(f"a mask of shape {expected}", tuple(mask.shape))
            addend = _addend(mask, query)
            if extra:
                addend = _core.pad(addend, (0, extra))
            if mask is self.key_padding_mask:
                addend = addend.view(batch, 1, 1, keys + extra)
            elif mask.ndim == 3:
                addend = addend.view(batch, heads, length, keys + extra)
            merged = addend if merged is None else merged + addend
        return merged


def _addend(mask: Tensor, query: Tensor) -> Tensor:
    if mask.dtype != _core.bool:
        return mask
    return _core.zeros(mask.shape, dtype=query.dtype).masked_fill(mask, -math.inf)


def attend(
    layer: MultiHead,
    sequences: tuple[Tensor, Tensor, Tensor],
    masks: Masks,
    dropout: float,
    need_weights: bool,
    static: tuple[Tensor | None, Tensor | None] = (None, None),
) -> tuple[Tensor, Tensor | None]:
    """Return the result and, where they are needed, the weights (batch, heads, L, S)."""
    query, *others = (layer.heads(x) for x in layer.project(*sequences))
    key, value = (
        x if fixed is None else fixed.view(*query.shape[:2], *fixed.shape[1:])
        for x, fixed in zip(others, static, strict=True)
    )
    keys = key.size(2)
    key, value = layer.extended(key, layer.bias_k), layer.extended(value, layer.bias_v)
    causal = masks.is_causal and masks.key_padding_mask is None and not need_weights
    mask = None if causal else masks.merged(layer.num_heads, query, keys, key.size(2) - keys)
    if not need_weights:
        out = _nn.scaled_dot_product_attention(query, key, value, mask, dropout, causal)
        return _core.linear(layer.joined(out), layer.out_weight, layer.out_bias), None
    scores = (query * (1 / math.sqrt(query.size(-1)))) @ key.transpose(-2, -1)
    weights = _core.softmax(scores if mask is None else scores + mask, -1)
    weights = _core.dropout(weights, dropout)
    joined = layer.joined(weights @ value)
    return _core.linear(joined, layer.out_weight, layer.out_bias), weights


def check(layer: MultiHead, sequences: tuple[Tensor, Tensor, Tensor], masks: Masks) -> None:
    """Refuse what does not belong together."""
    query, key, value = sequences
    if query.ndim not in (2, 3) or not query.ndim == key.ndim == value.ndim:
        fail("three sequences of 2 dimensions, or of 3", [tuple(x.shape) for x in sequences])
    batch = 0 if layer.batch_first else 1
    if query.ndim == 3 and query.size(batch) != key.size(batch):
        fail(f"{query.size(batch)} sequences of keys", key.size(batch))
    if key.shape[:-1] != value.shape[:-1]:
        fail(f"values of shape {tuple(key.shape)}", tuple(value.shape))
    padding, mask = masks.key_padding_mask, masks.attn_mask
    if padding is not None and padding.ndim != query.ndim - 1:
        fail(f"a key_padding_mask of {query.ndim - 1} dimensions", padding.ndim)
    if mask is not None and mask.ndim not in (2, 3):
        fail("an attn_mask of 2 or 3 dimensions", mask.ndim)
    for given in (padding, mask):
        if given is not None and given.dtype not in (_core.bool, _core.float32, _core.float64):
            fail("a mask of type bool or of a floating type", given.dtype)
    if masks.is_causal and mask is None:
        fail("an attn_mask with is_causal=True", None)
    if (layer.bias_k is None) != (layer.bias_v is None):
        fail("both bias_k and bias_v, or neither", "one")


def forward(
    layer: MultiHead,
    sequences: tuple[Tensor, Tensor, Tensor],
    masks: Masks,
    dropout: float,
    need_weights: bool,
    average: bool,
    static: tuple[Tensor | None, Tensor | None] = (None, None),
) -> tuple[Tensor, Tensor | None]:
    """Attend to sequences with or without a batch; the weights may be averaged over the heads."""
    check(layer, sequences, masks)
    batched = sequences[0].ndim == 3
    dim = 0 if layer.batch_first else 1
    if not batched:
        stacked = {id(x): x.unsqueeze(dim) for x in sequences}  # equal ones stay one tensor
        query, key, value = (stacked[id(x)] for x in sequences)
        sequences = query, key, value
        if masks.key_padding_mask is not None:
            masks = masks._replace(key_padding_mask=masks.key_padding_mask.unsqueeze(0))
    out, weights = attend(layer, sequences, masks, dropout, need_weights, static)
    if weights is not None and average:
        weights = weights.mean(1)
    if batched:
        return out, weights
    return out.squeeze(dim), None if weights is None else weights.squeeze(0)
