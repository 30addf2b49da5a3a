"""Datasets of samples by index, and their parts; combinations of datasets are in combined.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from lamina import _core
from lamina._core import Tensor

if TYPE_CHECKING:
    from lamina.utils.data.combined import ChainDataset, ConcatDataset

T_co = TypeVar("T_co", covariant=True)


class Dataset(Generic[T_co]):
    """Samples by index: `__getitem__`, and `__len__` for samplers.

    Two methods are optional. `__getitems__(indices)` returns a list of samples at once.
    `__getbatch__(indices)` returns a whole batch as the default collation would make it; `indices`
    is a range, a list or a tensor.
    """

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError(f"[{type(self).__name__}] a dataset must define __getitem__")

    def __add__(self, other: Dataset[Any]) -> ConcatDataset:
        from lamina.utils.data.combined import ConcatDataset

        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co], Iterable[T_co]):
    """Samples one after the other: `__iter__`."""

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"[{type(self).__name__}] a dataset must define __iter__")

    def __add__(self, other: Dataset[Any]) -> ChainDataset:  # type: ignore[override]
        from lamina.utils.data.combined import ChainDataset

        return ChainDataset([self, other])


Batch = Callable[[Any], Any]


def batches_of(dataset: Any) -> Batch | None:
    """Return the dataset's `__getbatch__`, if that speaks for its `__getitem__`."""
    if isinstance(dataset, Subset) and batches_of(dataset.dataset) is None:
        return None
    for kind in type(dataset).__mro__:
        if "__getbatch__" in vars(kind):
            found: Batch = dataset.__getbatch__
            return found
        if "__getitem__" in vars(kind):  # a subclass's own samples are not what batches hold
            return None
    return None


def rows(indices: range | Sequence[int] | Tensor) -> slice | Tensor:
    """Return what selects these rows: a slice where they are consecutive, else a tensor."""
    if isinstance(indices, Tensor):
        return indices
    run = indices
    if not isinstance(run, range):
        indices = list(indices)
        run = range(indices[0], indices[0] + len(indices)) if indices else range(0)
        if run.start < 0 or indices != list(run):
            return _core.tensor(indices, dtype=_core.int64)
    if run.step != 1:
        return _core.tensor(list(run), dtype=_core.int64)
    return slice(run.start, run.stop)


def gather(tensors: Sequence[Tensor], indices: range | Sequence[int] | Tensor) -> list[Tensor]:
    """Return the same rows of each tensor: views where they are consecutive, else copies."""
    where = rows(indices)
    if isinstance(where, Tensor):
        return [tensor.index_select(0, where) for tensor in tensors]
    return [tensor[where] for tensor in tensors]


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Sample i holds row i of each tensor; NumPy arrays are taken as tensors on their memory."""

    def __init__(self, *tensors: Any) -> None:
        self.tensors: tuple[Tensor, ...] = tuple(_core.as_tensor(tensor) for tensor in tensors)
        lengths = [len(tensor) for tensor in self.tensors]
        if not lengths or len(set(lengths)) > 1:
            raise ValueError(f"[TensorDataset] expected tensors of one length; got {lengths}")

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple([tensor[index] for tensor in self.tensors])

    def __getbatch__(self, indices: Any) -> list[Tensor]:
        return gather(self.tensors, indices)

    def __len__(self) -> int:
        return len(self.tensors[0])


class Subset(Dataset[T_co]):
    """The samples of a dataset at the given indices."""

    def __init__(self, dataset: Dataset[T_co], indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    @property
    def indices(self) -> Sequence[int]:
        """Where the samples stand in the dataset; to change it, assign another sequence."""
        return self._indices

    @indices.setter
    def indices(self, indices: Sequence[int]) -> None:
        self._indices = indices
        self._table: Tensor | None = None

    def __getitem__(self, index: Any) -> T_co:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: Sequence[int]) -> list[T_co]:
        places = [self.indices[i] for i in indices]
        many = getattr(self.dataset, "__getitems__", None)
        samples: list[T_co] = many(places) if many else [self.dataset[i] for i in places]
        return samples

    def __getbatch__(self, indices: Any) -> Any:
        batch = batches_of(self.dataset)
        if batch is None:
            raise TypeError("[Subset] expected a dataset that defines __getbatch__")
        if isinstance(self.indices, range) and isinstance(indices, range):
            return batch(self.indices[indices.start : indices.stop : indices.step])
        if self._table is None:
            where = self.indices
            where = list(where) if isinstance(where, range) else where
            self._table = _core.as_tensor(where, dtype=_core.int64)
        return batch(*gather([self._table], indices))

    def __len__(self) -> int:
        return len(self.indices)
