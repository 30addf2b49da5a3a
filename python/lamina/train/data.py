"""Where batches come from: arrays, datasets and loaders, all as one DataLoader."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from lamina import _core
from lamina._core import Generator, Tensor
from lamina.train.arrays import Tree, as_arrays, mapped
from lamina.utils.data import DataLoader, Dataset, IterableDataset
from lamina.utils.data.dataset import gather

BATCH_SIZE = 32
HELD_OUT_SIZE = 256  # without gradients larger batches are faster


class Batch(NamedTuple):
    """Inputs, targets and weights of some samples; what is missing is None."""

    x: Tree
    y: Tree = None
    weight: Tensor | None = None


def map_tree(function: Callable[[Any], Any], tree: Tree) -> Tree:
    """Return the tree with another leaf in the place of each."""
    if isinstance(tree, dict):
        return {key: map_tree(function, item) for key, item in tree.items()}
    if isinstance(tree, tuple | list):
        return tuple([map_tree(function, item) for item in tree])
    return function(tree)


def leaves(tree: Tree) -> Iterator[Any]:
    """Yield the leaves from left to right."""
    if isinstance(tree, dict):
        tree = tuple(tree.values())
    if isinstance(tree, tuple | list):
        for item in tree:
            yield from leaves(item)
    else:
        yield tree


def as_tensors(tree: Tree, dtype: Any, keep_mapped: bool = False) -> Tree:
    """Return arrays as tensors, on their memory where rows stand in it one after the other.

    Floating point gets the given type. Memory-mapped files may be kept as they are: `Arrays`
    converts them by batches, as they may be too large as a whole.
    """

    def tensor(leaf: Any) -> Tensor | None:
        if leaf is None:
            return None
        value = _core.as_tensor(leaf).contiguous()
        return value if keep_mapped and mapped(leaf) else _typed(value, dtype)

    return map_tree(tensor, as_arrays(tree))


def _typed(value: Tensor, dtype: Any) -> Tensor:
    return value.to(dtype) if dtype is not None and value.is_floating_point() else value


class Arrays(Dataset[Batch]):
    """Samples that stand in the rows of arrays; batches have the given type of floating point."""

    def __init__(self, x: Tree, y: Tree, weight: Tensor | None, dtype: Any = None) -> None:
        self.batch = Batch(x, y, weight)
        self._tensors = [leaf for leaf in leaves(tuple(self.batch)) if leaf is not None]
        self._plain = all(isinstance(part, Tensor) for part in self.batch if part is not None)
        floats = [tensor for tensor in self._tensors if tensor.is_floating_point()]
        self._dtype = dtype if any(tensor.dtype is not dtype for tensor in floats) else None
        lengths = [len(tensor) for tensor in self._tensors]
        if len(set(lengths)) != 1:
            got = " and ".join(map(str, lengths)) or "nothing"
            raise ValueError(f"[fit] expected x and y of the same length; got {got}")
        self._length = lengths[0]

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: Any) -> Batch:
        parts = tuple(self.batch)

        def row(leaf: Any) -> Any:
            return None if leaf is None else _typed(leaf[index], self._dtype)

        return Batch(*map_tree(row, parts))

    def __getbatch__(self, indices: Any) -> Batch:
        rows = iter(gather(self._tensors, indices))

        def next_rows(leaf: Any) -> Any:
            return None if leaf is None else _typed(next(rows), self._dtype)

        parts = self.batch
        return Batch(*(map(next_rows, parts) if self._plain else map_tree(next_rows, tuple(parts))))


def loader(
    x: Any,
    y: Any = None,
    *,
    batch_size: int | None = None,
    weight: Any = None,
    shuffle: bool = False,
    generator: Generator | None = None,
    dtype: Any,
) -> DataLoader[Any]:
    """Return what yields the batches; a DataLoader is one already."""
    if isinstance(x, DataLoader | Dataset):
        if y is not None or weight is not None:
            kind = type(x).__name__
            raise ValueError(f"[fit] expected no y and weights beside a {kind}, which holds them")
        if isinstance(x, DataLoader):
            if batch_size is not None:
                raise ValueError("[fit] expected no batch_size beside a DataLoader; got both")
            return x
        shuffle = shuffle and not isinstance(x, IterableDataset)
        data: Any = x
    else:
        weight = None if weight is None else as_tensors(weight, dtype).to(dtype)
        x, y = as_tensors(x, dtype, keep_mapped=True), as_tensors(y, dtype, keep_mapped=True)
        data = Arrays(x, y, weight, dtype)
        if weight is not None and weight.ndim != 1:
            shape = tuple(weight.shape)
            raise ValueError(f"[fit] expected one sample weight a sample; got shape {shape}")
    size = BATCH_SIZE if batch_size is None else batch_size
    return DataLoader(data, size, shuffle=shuffle, generator=generator)


def held_out(given: tuple[Any, ...], batch_size: int | None, dtype: Any) -> DataLoader[Any]:
    """Return the batches of (x, y, weight), (x, y) or x in their order, for no gradients."""
    x, y, weight = (*given, None, None)[:3]
    if batch_size is None and not isinstance(x, DataLoader):
        batch_size = HELD_OUT_SIZE
    return loader(x, y, batch_size=batch_size, weight=weight, dtype=dtype)


def validation(given: Any, dtype: Any) -> DataLoader[Any]:
    """Return the batches of what `fit` got as validation_data."""
    if not isinstance(given, tuple | list):
        given = (given,)
    elif not 2 <= len(given) <= 3:
        raise ValueError(
            f"[fit] expected validation_data (x, y) or (x, y, weight); got {len(given)} parts"
        )
    return held_out(tuple(given), None, dtype)


def batches(source: DataLoader[Any], dtype: Any) -> Iterator[Batch]:
    """Yield the batches in one form."""
    for given in source:
        yield given if type(given) is Batch else _batch(given, dtype)


def _batch(given: Any, dtype: Any) -> Batch:
    """Return a loader's (x, y, weight), (x, y) or x."""
    parts = given if isinstance(given, tuple | list) else (given,)
    if not 1 <= len(parts) <= 3:
        raise ValueError(
            f"[fit] expected batches of (x, y) or (x, y, weight); got {len(parts)} parts: put "
            "several inputs into a tuple or dict"
        )
    return Batch(*(as_tensors(part, dtype) for part in parts))


def length(source: DataLoader[Any]) -> int | None:
    """Return the number of batches, if the data know it."""
    try:
        return len(source)
    except TypeError:
        return None


def whole_number(name: str, given: Any) -> int:
    """Return an argument that counts from 0 on."""
    try:
        number = operator.index(given)
    except TypeError:
        raise ValueError(f"[fit] expected {name} to be a whole number; got {given!r}") from None
    if number < 0:
        raise ValueError(f"[fit] expected {name} of 0 or more; got {number}")
    return number


def class_weights(given: Any, y: Any) -> dict[int, float] | None:
    """Return the weights of classes by their indices; "balanced" ones come from the targets y."""
    if given is None:
        return None
    if isinstance(given, str):
        return _balanced(given, y)
    pairs = given.items() if isinstance(given, dict) else enumerate(given)
    try:
        table = {operator.index(index): float(weight) for index, weight in pairs}
    except (TypeError, ValueError):
        raise ValueError(f"[fit] expected class_weight by class indices; got {given!r}") from None
    if min(table, default=0) < 0 or min(table.values(), default=0.0) < 0:
        raise ValueError(f"[fit] expected class_weight of 0 or more by class indices; got {table}")
    return table


def _balanced(given: str, y: Any) -> dict[int, float]:
    """Return n / (k n_i) for each of the k classes that are there, as scikit-learn does."""
    if given != "balanced":
        raise ValueError(f"[fit] expected class_weight by class or 'balanced'; got {given!r}")
    targets = as_arrays(y)
    if targets is None or isinstance(targets, dict | tuple):
        raise ValueError(
            "[fit] expected one array of targets y with class_weight='balanced'; give the weights"
        )
    targets = np.asarray(targets)
    if targets.ndim > 1 and targets.shape[1] > 1:
        targets = targets.argmax(1)
    classes, counts = np.unique(targets, return_counts=True)
    weights = targets.size / (len(classes) * counts)
    return {int(index): float(weight) for index, weight in zip(classes, weights, strict=True)}


def join(parts: list[Tree]) -> Tree:
    """Return the outputs of several batches as those of one."""
    first = parts[0]
    if isinstance(first, dict):
        return {key: join([part[key] for part in parts]) for key in first}
    if isinstance(first, tuple | list):
        return tuple(join([part[i] for part in parts]) for i in range(len(first)))
    return _core.cat(parts)


def split(x: Any, y: Any, weight: Any, fraction: float) -> tuple[Any, Any]:
    """Return training and validation data as (x, y, weight): the last samples validate."""
    if isinstance(x, DataLoader | Dataset):
        raise ValueError(
            "[fit] expected arrays with validation_split; give a dataset's part as validation_data"
        )
    if not isinstance(fraction, Real) or not 0 < fraction < 1:
        raise ValueError(f"[fit] expected validation_split between 0 and 1; got {fraction!r}")
    whole = as_arrays((x, y, weight))
    size = len(next(leaf for leaf in leaves(whole) if leaf is not None))
    stop = int(size * (1 - fraction))
    if not 0 < stop < size:
        raise ValueError(f"[fit] expected samples on both sides of validation_split; got {size}")

    def part(rows: slice) -> Any:
        return map_tree(lambda leaf: None if leaf is None else leaf[rows], whole)

    return part(slice(0, stop)), part(slice(stop, None))
