"""An epoch of batches from arrays in memory, beside slicing by hand and PyTorch's loader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np

from benchmarks.case import About, Case, Contender
from benchmarks.libraries import optional, owns, torch

ROWS, FEATURES, BATCH = 60_000, 784, 64


def _data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return rng.random((ROWS, FEATURES), np.float32), rng.integers(0, 10, ROWS)


def _epoch(batches: Callable[[], Iterable[Any]]) -> Contender:
    return lambda: sum(len(x) for x, _ in batches())


def _slices(x: Any, y: Any, order: Callable[[int], Any] | None) -> Iterator[Any]:
    places = None if order is None else order(ROWS)
    for start in range(0, ROWS, BATCH):
        part = slice(start, start + BATCH)
        rows = part if places is None else places[part]
        yield x[rows], y[rows]


def _contenders(shuffle: bool) -> dict[str, Contender]:
    x, y = _data()
    found: dict[str, Contender] = {}
    if shuffle and owns("numpy"):  # in order its slices would be views, and no tensors yet
        found["numpy"] = _epoch(partial(_slices, x, y, np.random.default_rng(2).permutation))
    for name, lib in (("lamina", optional("lamina")), ("torch", torch)):
        if lib is not None:
            tensors = lib.tensor(x), lib.tensor(y)
            found[f"{name} slices"] = _epoch(
                partial(_slices, *tensors, lib.randperm if shuffle else None)
            )
            data = lib.utils.data.TensorDataset(*tensors)
            loader = lib.utils.data.DataLoader(data, BATCH, shuffle=shuffle)
            found[name] = _epoch(partial(iter, loader))
    return found


def cases(_: str) -> Iterator[Case]:
    """In order, where batches may be views, and shuffled; the check is that no row is missing."""
    size = 4.0 * ROWS * FEATURES
    yield Case(About("loading", "in order"), partial(_contenders, False))
    yield Case(About("loading", "shuffled", bytes=2 * size), partial(_contenders, True))
