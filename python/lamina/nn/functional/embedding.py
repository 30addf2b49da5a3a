"""Embeddings: rows of a weight by their numbers, alone or in bags, and one-hot rows."""

from __future__ import annotations

from lamina import _core
from lamina._core import Tensor, _nn

__all__ = ["embedding", "embedding_bag", "one_hot"]


def _padding(name: str, padding_idx: int | None, rows: int) -> int:
    """Return the number of the row that gets no gradient; -1 if there is none."""
    if padding_idx is None:
        return -1
    if not -rows <= padding_idx < rows:
        raise ValueError(f"[{name}] expected padding_idx within {rows} rows; got {padding_idx}")
    return padding_idx % rows


def _check_dense(name: str, sparse: bool) -> None:
    if sparse:
        raise NotImplementedError(f"[{name}] expected sparse=False; gradients are dense")


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Rows of the weight by their numbers.

    The row padding_idx gets no gradient. max_norm bounds the norms of the rows that are taken, in
    place; scale_grad_by_freq divides a row's gradient by how often it was taken.
    """
    if sparse:
        _check_dense("embedding", sparse)
    padding = -1
    if padding_idx is not None:
        padding = _padding("embedding", padding_idx, weight.size(0))
    if max_norm is not None:
        _nn.embedding_renorm_(weight, input, max_norm, norm_type)
    return _nn.embedding(weight, input, padding, scale_grad_by_freq)


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """Sum, mean or maximum of the rows of each bag: of each row of the input, or from each offset.

    Rows of number padding_idx do not count; a bag without rows gives zeros. Otherwise as
    `embedding`.
    """
    _check_dense("embedding_bag", sparse)
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            f"[embedding_bag] expected mode='sum' beside per_sample_weights; got {mode!r}"
        )
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("[embedding_bag] expected scale_grad_by_freq=False where mode is 'max'")
    if (input.ndim, offsets is None) not in ((1, False), (2, True)):
        raise ValueError(
            "[embedding_bag] expected an input of one dimension with offsets, or of two without; "
            f"got shape {tuple(input.shape)} {'without' if offsets is None else 'with'} offsets"
        )
    if per_sample_weights is not None and per_sample_weights.shape != input.shape:
        raise ValueError(
            f"[embedding_bag] expected per_sample_weights of shape {tuple(input.shape)}; "
            f"got {tuple(per_sample_weights.shape)}"
        )
    if offsets is None:
        offsets = _core.arange(input.size(0)) * input.size(1)
        include_last_offset = False
        input = input.reshape([-1])
        if per_sample_weights is not None:
            per_sample_weights = per_sample_weights.reshape([-1])
    padding = _padding("embedding_bag", padding_idx, weight.size(0))
    if max_norm is not None:
        _nn.embedding_renorm_(weight, input, max_norm, norm_type)
    return _nn.embedding_bag(
        weight,
        input,
        offsets,
        per_sample_weights,
        mode,
        padding,
        scale_grad_by_freq,
        include_last_offset,
    )


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Rows of zeros with a 1 at the given place; -1 stands for the largest place + 1."""
    return _nn.one_hot(tensor, num_classes)
