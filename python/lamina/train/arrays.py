"""What is given as data, as arrays of numbers; batches of them are made in data.py."""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np

from lamina._core import Tensor

Tree = Any  # a tensor, or tuples, lists and dicts of them
_TYPES = ("bool", "uint8", "int32", "int64", "float32", "float64")  # that tensors have


def as_arrays(tree: Tree) -> Tree:
    """Return tensors as they are and everything else as NumPy arrays.

    A list is several inputs if arrays stand in it, else the rows of one.
    """
    if isinstance(tree, dict):
        return {key: as_arrays(item) for key, item in tree.items()}
    several = isinstance(tree, list) and any(hasattr(item, "__array__") for item in tree)
    if several or isinstance(tree, tuple):
        return tuple(as_arrays(item) for item in tree)
    if tree is None or isinstance(tree, Tensor):
        return tree
    array = np.asarray(tree)
    if array.dtype.kind not in "biuf":
        raise TypeError(_not_numbers(tree, array))
    return array.astype(_type(array.dtype), copy=False)


def _type(given: Any) -> Any:
    """Return the type of a tensor that holds all numbers of another type."""
    if given.name in _TYPES:
        return given.newbyteorder("=")
    if given.kind != "f":
        return np.dtype(np.int64)
    return np.dtype(np.float32 if given.itemsize < 4 else np.float64)


def _not_numbers(given: Any, array: Any) -> str:
    if array.dtype.kind == "O" and array.ndim == 0:
        kind = type(given).__name__
        return (
            f"[fit] expected arrays, a Dataset or a DataLoader; got a {kind}: make an array of it, "
            "or yield its samples from an IterableDataset"
        )
    return (
        f"[fit] expected arrays of numbers; got {array.dtype}: names of classes become indices by "
        'np.unique(y, return_inverse=True)[1], columns of several types by astype("float32")'
    )


def mapped(array: Any) -> bool:
    """Tell whether an array is of a file in memory, be it a part of it."""
    while isinstance(array, np.ndarray) and not isinstance(array, np.memmap):
        array = array.base
    return isinstance(array, np.memmap | mmap.mmap)
