"""DataLoader: a dataset in batches, in the order of a sampler, from any position of an epoch."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from lamina import _core
from lamina._core import Generator, Tensor
from lamina._device import device
from lamina.utils.data.collate import default_collate, default_convert
from lamina.utils.data.dataset import Dataset, IterableDataset, batches_of
from lamina.utils.data.prefetch import Workers
from lamina.utils.data.sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

T_co = TypeVar("T_co", covariant=True)

_END = object()
_FIXED = {"batch_sampler", "batch_size", "dataset", "drop_last", "persistent_workers", "sampler"}


class _Epoch:
    """One pass over the data: where random numbers stood when it began, and how far it came."""

    def __init__(self, generators: list[Generator], position: int = 0) -> None:
        self.rng = _core.get_rng_state()
        self.generators = [generator.get_state() for generator in generators]
        self.position = position


class DataLoader(Generic[T_co]):
    """Batches of a dataset, with PyTorch's arguments.

    `num_workers` threads make `prefetch_factor` batches each ahead of their use, in the order of
    the sampler. There is no memory to pin (`pin_memory`, `pin_memory_device`), batches always come
    in order (`in_order`), and workers are never processes (`multiprocessing_context`).
    """

    def __init__(
        self,
        dataset: Dataset[T_co],
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Sampler[Any] | Iterable[Any] | None = None,
        batch_sampler: Sampler[Any] | Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: None = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        _check(num_workers >= 0, "num_workers of 0 or more", num_workers)
        _check(timeout >= 0, "a timeout of 0 or more", timeout)
        _check((prefetch_factor or 0) >= 0, "a prefetch_factor of 0 or more", prefetch_factor)
        threaded = prefetch_factor is not None or persistent_workers
        _check(num_workers > 0 or not threaded, "num_workers > 0 to prefetch or persist", 0)
        context = multiprocessing_context
        _check(context is None, "no multiprocessing_context, as workers are threads", context)
        device(pin_memory_device or "cpu")
        self.dataset = dataset
        self.num_workers = num_workers
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self._ahead = num_workers * (self.prefetch_factor or 0)
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.generator = generator
        self.persistent_workers = persistent_workers
        self.in_order = in_order
        self._iterable = isinstance(dataset, IterableDataset)
        self._choose_order(batch_size, shuffle, sampler, batch_sampler, drop_last)
        batching = self.batch_size is not None or self.batch_sampler is not None
        self._plain = collate_fn is None or collate_fn is default_collate
        self.collate_fn = collate_fn or (default_collate if batching else default_convert)
        self._batching = batching
        self._workers: Workers | None = None
        self._epoch: _Epoch | None = None
        self._resumed: dict[str, Any] | None = None

    def _choose_order(
        self, batch_size: Any, shuffle: Any, sampler: Any, batch_sampler: Any, drop_last: Any
    ) -> None:
        alone = batch_size == 1 and not shuffle and sampler is None and not drop_last
        others = "batch_size, shuffle, sampler or drop_last"
        _check(batch_sampler is None or alone, "batch_sampler alone", others)
        _check(sampler is None or not shuffle, "a sampler or shuffle", "both")
        _check(batch_size is not None or not drop_last, "a batch_size with drop_last", None)
        if self._iterable:
            ordered = shuffle or sampler is not None or batch_sampler is not None
            _check(not ordered, "a dataset with indices", "an order for an IterableDataset")
        elif sampler is None and batch_sampler is None:
            data: Any = self.dataset
            random = RandomSampler(data, generator=self.generator) if shuffle else None
            sampler = random or SequentialSampler(data)
        if batch_sampler is not None:
            batch_size = None
        elif batch_size is not None:
            batch_sampler = BatchSampler(sampler or (), batch_size, drop_last)
        self.batch_size: int | None = batch_size
        self.drop_last: bool = drop_last
        self.sampler: Any = sampler
        self.batch_sampler: Any = batch_sampler

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _FIXED and "_batching" in vars(self):
            raise ValueError(f"[DataLoader] {name} is fixed once the loader is made")
        super().__setattr__(name, value)

    def __len__(self) -> int:
        if not self._iterable:
            return len(self.batch_sampler if self._batching else self.sampler)
        count = len(self.dataset)  # type: ignore[arg-type]
        if self.batch_size is None:
            return count
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)

    # ---- from places to batches ----

    def _fetcher(self) -> Callable[[Any], Any]:
        """Return what makes a batch of its place, which is a list, range or tensor of indices."""
        dataset: Any = self.dataset
        collate = self.collate_fn
        if not self._batching:
            return lambda index: collate(dataset[index])
        batch = batches_of(dataset) if self._plain else None
        if batch is not None:
            return batch
        if hasattr(dataset, "__getitems__"):
            return lambda indices: collate(dataset.__getitems__(indices))
        return lambda indices: collate([dataset[i] for i in indices])

    def _places(self) -> Iterator[Any]:
        if not self._batching:
            return iter(self.sampler)
        own = type(self.batch_sampler) is BatchSampler
        fast = own and self._plain and batches_of(self.dataset) is not None
        return self.batch_sampler.places() if fast else iter(self.batch_sampler)

    def _stream(self) -> Callable[[Any], Any]:
        """Return what takes the next batch from a dataset without indices, wherever it stands."""
        samples: Iterator[Any] = iter(self.dataset)
        size = self.batch_size

        def fetch(_: Any) -> Any:
            batch = list(itertools.islice(samples, size or 1))
            short = size is not None and len(batch) < size and self.drop_last
            if not batch or short:
                return _END
            return self.collate_fn(batch[0] if size is None else batch)

        return fetch

    # ---- epochs ----

    def __iter__(self) -> Iterator[Any]:
        here = _core.get_rng_state()
        resumed, self._resumed = self._resumed, None
        position = 0
        if resumed is not None:  # the same draws once more, then the numbers go on from here
            _core.set_rng_state(resumed["rng"])
            self._set_generators(resumed["generators"])
            position = resumed["position"]
        epoch = self._epoch = _Epoch(self._generators(), position)
        places: Iterator[Any] = itertools.repeat(None) if self._iterable else self._places()
        fetch = self._stream() if self._iterable else self._fetcher()
        for place in itertools.islice(places, position):
            if self._iterable:
                fetch(place)
        if resumed is not None:
            _core.set_rng_state(here)
        return self._deliver(epoch, fetch, places)

    def _deliver(
        self, epoch: _Epoch, fetch: Callable[[Any], Any], places: Iterator[Any]
    ) -> Iterator[Any]:
        if self.num_workers:
            batches = self._prefetched(fetch, places)
        else:
            batches = (fetch(place) for place in places)
        for batch in batches:
            if batch is _END:
                break
            epoch.position += 1
            yield batch
        if self._epoch is epoch:
            self._epoch = None

    def _prefetched(self, fetch: Callable[[Any], Any], places: Iterator[Any]) -> Iterator[Any]:
        workers = self._workers
        if workers is None:  # one thread where there is one stream
            workers = Workers(1 if self._iterable else self.num_workers, self.worker_init_fn)
        if self.persistent_workers:
            self._workers = workers
        try:
            yield from workers.map(fetch, places, self._ahead, self.timeout)
        finally:
            if not self.persistent_workers:
                workers.stop()

    # ---- state ----

    def _generators(self) -> list[Generator]:
        """Return the generators that decide the order."""
        inner = getattr(self.batch_sampler, "sampler", None)
        owners = (self, self.sampler, self.batch_sampler, inner)
        found = {id(g): g for owner in owners if (g := getattr(owner, "generator", None))}
        return list(found.values())

    def _set_generators(self, states: list[Tensor]) -> None:
        for generator, state in zip(self._generators(), states, strict=True):
            generator.set_state(state)

    def state_dict(self) -> dict[str, Any]:
        """Return where the loader stands: how many batches of the epoch have been taken.

        With it stand the states of the random numbers from which the epoch's order was drawn.
        """
        if self._resumed is not None:
            return dict(self._resumed)
        epoch = self._epoch
        running = epoch is not None
        epoch = epoch or _Epoch(self._generators())
        return {
            "batch_size": self.batch_size,
            "generators": epoch.generators,
            "position": epoch.position,
            "rng": epoch.rng,
            "running": running,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a state: the next iteration gives the rest of its epoch.

        The default generator is left alone; restore it with `set_rng_state`.
        """
        size = state_dict["batch_size"]
        _check(size == self.batch_size, f"a state of batch_size {self.batch_size}", size)
        self._set_generators(state_dict["generators"])
        self._epoch = None
        self._resumed = dict(state_dict) if state_dict["running"] else None


def _check(condition: bool, expected: str, got: Any) -> None:
    if not condition:
        raise ValueError(f"[DataLoader] expected {expected}; got {got}")
