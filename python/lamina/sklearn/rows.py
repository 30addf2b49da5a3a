"""Batches of an estimator's data: dense or sparse rows, in an order that NumPy draws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from lamina import _core
from lamina._core import Tensor
from lamina.train.data import Arrays, Batch
from lamina.utils.data import DataLoader, Dataset
from lamina.utils.data.sampler import OrderedSampler

CHUNK = 4096  # rows at a time in predictions


class SparseRows(Dataset[Batch]):
    """Rows of a sparse matrix, dense only while they are in a batch."""

    def __init__(self, x: Any, y: Tensor, weight: Tensor | None) -> None:
        self.x = x
        self.others = Arrays(y, None, weight)

    def __len__(self) -> int:
        return len(self.others)

    def __getbatch__(self, indices: Any) -> Batch:
        y, _, weight = self.others.__getbatch__(indices)
        return Batch(_core.from_numpy(self.x[np.asarray(indices)].toarray()), y, weight)


class Order(OrderedSampler):
    """Each epoch's order is the last one's, shuffled by a RandomState; or always the same."""

    def __init__(self, size: int, random: np.random.RandomState | None) -> None:
        self.indices = np.arange(size)
        self.random = random

    def order(self) -> range | Tensor:
        """Draw the order of an epoch."""
        if self.random is None:
            return range(len(self.indices))
        self.indices = self.indices[self.random.permutation(len(self.indices))]
        return _core.from_numpy(self.indices)

    def __len__(self) -> int:
        return len(self.indices)


def loader(data: Sequence[Any], batch_size: int, order: Order | None = None) -> DataLoader[Any]:
    """Return batches of (x, y, weight), in the given order."""
    x, y, weight = data
    y = _core.as_tensor(y)
    weight = None if weight is None else _core.as_tensor(weight)
    sparse = hasattr(x, "tocsr")
    source = SparseRows(x, y, weight) if sparse else Arrays(_core.as_tensor(x), y, weight)
    return DataLoader(source, batch_size, sampler=order or Order(len(y), None))


def chunks(x: Any) -> Iterator[Tensor]:
    """Yield all rows as dense tensors, some at a time."""
    for start in range(0, x.shape[0], CHUNK):
        rows = x[start : start + CHUNK]
        yield _core.as_tensor(rows.toarray() if hasattr(rows, "toarray") else rows)
