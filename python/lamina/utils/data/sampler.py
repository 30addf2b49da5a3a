"""In which order a dataset's samples are taken; nothing here reads a sample."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, Generic, TypeVar

from lamina import _core
from lamina._core import Generator, Tensor

T_co = TypeVar("T_co", covariant=True)


class Sampler(Generic[T_co]):
    """Indices in the order in which samples are taken: `__iter__`, and `__len__` where known."""

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"[{type(self).__name__}] a sampler must define __iter__")


class OrderedSampler(Sampler[int]):
    """A sampler that knows a whole epoch's order at once, and so needs no Python per sample."""

    def order(self) -> range | Tensor:
        """Return the indices of a new epoch; all that is random is drawn here."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[int]:
        order = self.order()
        return iter(order if isinstance(order, range) else order.tolist())


def _checked_count(name: str, what: str, count: Any) -> int:
    if isinstance(count, bool) or not isinstance(count, int) or count <= 0:
        raise ValueError(f"[{name}] expected a positive {what}; got {count!r}")
    return count


def _checked_flag(name: str, what: str, flag: Any) -> bool:
    if not isinstance(flag, bool):
        raise TypeError(f"[{name}] expected True or False for {what}; got {flag!r}")
    return flag


class SequentialSampler(OrderedSampler):
    """From the first sample to the last."""

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def order(self) -> range:
        """Return 0, 1, 2 ..."""
        return range(len(self.data_source))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(OrderedSampler):
    """All samples in random order, or `num_samples` of them, drawn with or without replacement.

    Without replacement, one epoch's permutation follows another until there are enough.
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = _checked_flag("RandomSampler", "replacement", replacement)
        self._num_samples = num_samples
        self.generator = generator
        if num_samples is not None:
            _checked_count("RandomSampler", "num_samples", num_samples)

    @property
    def num_samples(self) -> int:
        """How many samples an epoch has."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def order(self) -> Tensor:
        """Return a permutation, or several, or independent draws."""
        size, count = len(self.data_source), self.num_samples
        if size == 0:
            return _core.empty(0, dtype=_core.int64)
        if self.replacement:
            return _core.randint(size, (count,), generator=self.generator)
        rounds = -(-count // size)
        orders = [_core.randperm(size, generator=self.generator) for _ in range(rounds)]
        return _core.cat(orders)[:count] if rounds > 1 else orders[0][:count]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The given indices in random order."""

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        order = _core.randperm(len(self.indices), generator=self.generator).tolist()
        return iter([self.indices[i] for i in order])

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(OrderedSampler):
    """`num_samples` indices from 0 up, each as likely as its weight says."""

    def __init__(
        self,
        weights: Sequence[float] | Tensor,
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        name = "WeightedRandomSampler"
        self.weights = _core.as_tensor(weights, dtype=_core.float64)
        self.num_samples = _checked_count(name, "num_samples", num_samples)
        self.replacement = _checked_flag(name, "replacement", replacement)
        self.generator = generator
        if self.weights.ndim != 1:
            shape = tuple(self.weights.shape)
            raise ValueError(f"[{name}] expected one row of weights; got shape {shape}")

    def order(self) -> Tensor:
        """Return draws by weight."""
        return self.weights.multinomial(
            self.num_samples, self.replacement, generator=self.generator
        )

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Another sampler's indices, `batch_size` at a time."""

    def __init__(
        self, sampler: Sampler[int] | Iterable[int], batch_size: int, drop_last: bool
    ) -> None:
        self.sampler = sampler
        self.batch_size = _checked_count("BatchSampler", "batch_size", batch_size)
        self.drop_last = _checked_flag("BatchSampler", "drop_last", drop_last)

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)  # whatever is random in the order is drawn now
        return self._batches(indices)

    def _batches(self, indices: Iterator[int]) -> Iterator[list[int]]:
        while batch := list(itertools.islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def places(self) -> Iterator[Any]:
        """Yield batches as `__iter__` does, as ranges or tensors where the sampler permits."""
        sampler = self.sampler
        if type(sampler).__iter__ is not OrderedSampler.__iter__:
            return iter(self)
        order, size = sampler.order(), self.batch_size  # type: ignore[union-attr]
        stop = len(order) - len(order) % size if self.drop_last else len(order)
        return (order[start : start + size] for start in range(0, stop, size))

    def __len__(self) -> int:
        count = len(self.sampler)  # type: ignore[arg-type]
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)
