"""Sequences of different lengths: packed and padded.

A packed batch holds no padding: the first elements of all sequences, the longest sequence first,
then the second elements of those that have one, and so on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from lamina import _core
from lamina._core import Tensor

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


class _Packed(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_Packed):
    """A packed batch: `data` (elements, *), and how many sequences have each step.

    Sequence i of it is sequence sorted_indices[i] of what was packed. The functions of this module
    make them.
    """

    def __new__(
        cls,
        data: Any,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> PackedSequence:
        """Take the parts; `data` alone is a pair of data and batch_sizes."""
        if batch_sizes is None:
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def _with(self, data: Tensor) -> PackedSequence:
        return self if data is self.data else type(self)(data, *self[1:])

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """Convert the data as Tensor.to does."""
        return self._with(self.data.to(*args, **kwargs))

    def cpu(self) -> PackedSequence:
        """Return the batch itself."""
        return self._with(self.data.cpu())

    def cuda(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """Raise, as Tensor.cuda does."""
        return self._with(self.data.cuda(*args, **kwargs))

    def double(self) -> PackedSequence:
        """Convert the data to float64."""
        return self.to(_core.float64)

    def float(self) -> PackedSequence:
        """Convert the data to float32."""
        return self.to(_core.float32)

    def long(self) -> PackedSequence:
        """Convert the data to int64."""
        return self.to(_core.int64)

    def int(self) -> PackedSequence:
        """Convert the data to int32."""
        return self.to(_core.int32)

    def byte(self) -> PackedSequence:
        """Convert the data to uint8."""
        return self.to(_core.uint8)

    def pin_memory(self) -> PackedSequence:
        """Do to the data what Tensor.pin_memory does."""
        return self._with(self.data.pin_memory())

    def is_pinned(self) -> bool:
        """Return False."""
        return self.data.is_pinned()

    @property
    def is_cuda(self) -> bool:
        """False."""
        return self.data.is_cuda


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """Return the permutation that undoes this one."""
    if permutation is None:
        return None
    places = _core.arange(permutation.numel(), dtype=permutation.dtype)
    return _core.empty_like(permutation).scatter_(0, permutation, places)


def _within(lengths: Tensor, longest: int) -> Tensor:
    """Tell of each sequence and step (sequences, longest) whether the sequence has the step."""
    return _core.arange(longest) < lengths.unsqueeze(1)


def pack_padded_sequence(
    input: Tensor,
    lengths: Tensor | Sequence[int],
    batch_first: bool = False,
    enforce_sorted: bool = True,
) -> PackedSequence:
    """Pack (steps, batch, *), or (batch, steps, *) if `batch_first`, up to the lengths.

    They must not grow, unless `enforce_sorted` is False: then the sequences are sorted.
    """
    counts = _core.as_tensor(lengths, dtype=_core.int64)
    steps = input.transpose(0, 1) if batch_first and input.dim() > 1 else input
    _check_lengths(steps, counts.tolist(), enforce_sorted)
    order = None
    if not enforce_sorted:
        counts, order = _core.sort(counts, descending=True)
        steps = steps.index_select(1, order)
    longest = int(counts[0])
    present = _within(counts, longest).t()
    return PackedSequence(steps[:longest][present], present.sum(1), order)


def _check_lengths(steps: Tensor, lengths: Any, must_be_sorted: bool) -> None:
    name = "pack_padded_sequence"
    if steps.dim() < 2 or steps.numel() == 0:
        raise ValueError(
            f"[{name}] expected steps and a batch that are not empty; got shape {(*steps.shape,)}"
        )
    if not isinstance(lengths, list) or len(lengths) != steps.shape[1]:
        raise ValueError(f"[{name}] expected {steps.shape[1]} lengths; got {lengths}")
    if min(lengths) <= 0 or max(lengths) > steps.shape[0]:
        raise ValueError(f"[{name}] expected lengths from 1 to {steps.shape[0]}; got {lengths}")
    if must_be_sorted and lengths != sorted(lengths, reverse=True):
        raise ValueError(
            f"[{name}] expected lengths that do not grow; got {lengths}; pass enforce_sorted=False"
        )


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the padded sequences, total_length steps or as many as the longest, and lengths."""
    data, batch_sizes, _, back = sequence
    steps = longest = batch_sizes.shape[0]
    if total_length is not None:
        if total_length < longest:
            raise ValueError(
                f"[pad_packed_sequence] expected a total_length of at least {longest}; "
                f"got {total_length}"
            )
        steps = total_length
    batch = int(batch_sizes[0])
    present = _within(batch_sizes, batch)
    shape = (steps, batch, *data.shape[1:])
    padded = _core.full(shape, padding_value, dtype=data.dtype)
    padded[:longest][present] = data
    lengths = present.sum(0)
    if back is not None:
        padded, lengths = padded.index_select(1, back), lengths[back]
    return (padded.transpose(0, 1) if batch_first else padded), lengths


def pad_sequence(
    sequences: Iterable[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Stack sequences (length, *) as (steps, batch, *) or (batch, steps, *), all the longest."""
    if not isinstance(sequences, Iterable):
        raise TypeError(f"[pad_sequence] expected tensors; got {type(sequences).__name__}")
    sequences = tuple(sequences)
    if not sequences or any(sequence.dim() == 0 for sequence in sequences):
        raise ValueError("[pad_sequence] expected at least one tensor, and none without dimensions")
    if padding_side not in ("left", "right"):
        raise ValueError(f"[pad_sequence] expected 'left' or 'right'; got {padding_side!r}")
    first = sequences[0]
    counts = [len(sequence) for sequence in sequences]
    longest = max(counts)
    present = _within(_core.tensor(counts), longest)
    if padding_side == "left":
        present = present.flip(1)
    padded = _core.full((len(counts), longest, *first.shape[1:]), padding_value, dtype=first.dtype)
    padded[present] = _core.cat(sequences).to(first.dtype)
    return padded if batch_first else padded.transpose(0, 1).contiguous()


def unpad_sequence(
    padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False
) -> list[Tensor]:
    """Return the first lengths[i] elements of each sequence."""
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [row[: max(length, 0)] for row, length in zip(rows, lengths.tolist(), strict=True)]


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences (length, *), which must not get longer unless `enforce_sorted` is False."""
    lengths = [len(sequence) for sequence in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """Return the sequences, in the order in which they were packed."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
