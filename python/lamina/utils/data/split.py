"""A dataset cut at random, into parts for training, validation and test."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from lamina import _core
from lamina._core import Generator, Tensor
from lamina.functional.select import bincount
from lamina.utils.data.dataset import Dataset, Subset

T = TypeVar("T")


def random_split(
    dataset: Dataset[T],
    lengths: Sequence[int | float],
    generator: Generator | None = None,
    *,
    stratify: Any = None,
) -> list[Subset[T]]:
    """Cut a dataset at random into parts of the given lengths, or of fractions that sum to 1.

    What fractions leave over goes to the first parts, one sample each. With `stratify`, a label of
    each sample, every part has as much of each class as the whole, rounded up or down.
    """
    size = len(dataset)  # type: ignore[arg-type]
    counts = _counts(size, lengths)
    order = _core.randperm(size, generator=generator)
    if stratify is None:
        parts = list(order.split(counts))
    else:
        parts = _stratified(order, counts, _classes(stratify, size), generator)
    return [Subset(dataset, part.tolist()) for part in parts]


def _counts(size: int, lengths: Sequence[int | float]) -> list[int]:
    if math.isclose(sum(lengths), 1):
        if not all(0 <= share <= 1 for share in lengths):
            raise ValueError(f"[random_split] expected fractions from 0 to 1; got {list(lengths)}")
        counts = [math.floor(size * share) for share in lengths]
        for i in range(size - sum(counts)):
            counts[i % len(counts)] += 1
    else:
        counts = [int(length) for length in lengths]
    if sum(counts) != size or min(counts, default=0) < 0:
        raise ValueError(
            f"[random_split] expected lengths that sum to {size}, the dataset's, or fractions "
            f"that sum to 1; got {list(lengths)}"
        )
    return counts


def _classes(labels: Any, size: int) -> Tensor:
    """Return the class of each sample as a number from 0 up."""
    array = np.asarray(labels)
    if array.shape != (size,):
        raise ValueError(
            f"[random_split] expected a label of each of {size} samples to stratify by; got shape "
            f"{array.shape}"
        )
    return _core.as_tensor(np.unique(array, return_inverse=True)[1], dtype=_core.int64)


def _stratified(
    order: Tensor, counts: list[int], classes: Tensor, generator: Generator | None
) -> list[Tensor]:
    """Deal out each class's samples, in that order, to parts of the given sizes."""
    sizes = bincount(classes)
    grouped = order[classes[order].argsort(stable=True)]
    own = classes[grouped]
    rank = _core.arange(len(order)) - (sizes.cumsum(0) - sizes)[own]
    dealt = _core.zeros_like(sizes)
    parts = []
    for count in counts:
        after = dealt + _shares(sizes - dealt, count, generator)
        part = grouped[(rank >= dealt[own]) & (rank < after[own])]
        parts.append(part[_core.randperm(count, generator=generator)])
        dealt = after
    return parts


def _shares(sizes: Tensor, count: int, generator: Generator | None) -> Tensor:
    """Share `count` samples out among classes of these sizes, by the largest remainders."""
    total = max(1, int(sizes.sum()))
    shares = sizes * count // total
    chance = _core.randperm(len(sizes), generator=generator)  # decides between equal remainders
    remainders = (sizes * count % total)[chance]
    first = chance[remainders.argsort(descending=True, stable=True)]
    shares[first[: count - int(shares.sum())]] += 1
    return shares
