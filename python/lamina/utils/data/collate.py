"""How samples become a batch: tensors stacked, containers gone through."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lamina import _core
from lamina._core import Tensor


def default_convert(data: Any) -> Any:
    """Make tensors of NumPy arrays and scalars, in containers too; leave the rest as it is."""
    if isinstance(data, Tensor):
        return data
    if isinstance(data, np.ndarray | np.generic) and data.dtype.kind not in "SUO":
        return _core.as_tensor(data)
    return _rebuilt(data, default_convert) if _is_container(data) else data


def default_collate(batch: Sequence[Any]) -> Any:
    """Make one batch of samples of one form.

    Tensors, arrays and numbers are stacked (floats as float64); strings stay a list; mappings and
    sequences are collated member by member.
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return _core.stack(batch)
    if isinstance(first, np.ndarray | np.generic) and first.dtype.kind not in "SUO":
        return _core.as_tensor(np.stack(batch))
    if isinstance(first, float):
        return _core.tensor(batch, dtype=_core.float64)
    if isinstance(first, int):
        return _core.tensor(batch)
    if isinstance(first, str | bytes):
        return batch
    if not _is_container(first):
        raise TypeError(
            "[default_collate] expected samples of tensors, arrays, numbers, strings, mappings "
            f"and sequences; got a {type(first).__name__}"
        )
    if isinstance(first, Mapping):
        return _mapping(first, {key: default_collate([d[key] for d in batch]) for key in first})
    if len({len(sample) for sample in batch}) > 1:
        raise RuntimeError("[default_collate] expected samples of one length in every sequence")
    members = [default_collate(column) for column in zip(*batch, strict=True)]
    # As PyTorch: what was a tuple comes as a list.
    return members if type(first) is tuple else _sequence(first, members)


def _is_container(value: Any) -> bool:
    return isinstance(value, Mapping | Sequence) and not isinstance(value, str | bytes)


def _rebuilt(value: Any, function: Callable[[Any], Any]) -> Any:
    if isinstance(value, Mapping):
        return _mapping(value, {key: function(item) for key, item in value.items()})
    members = [function(item) for item in value]
    return members if type(value) is tuple else _sequence(value, members)


def _mapping(like: Mapping[Any, Any], members: dict[Any, Any]) -> Any:
    return type(like)(members)  # type: ignore[call-arg]


def _sequence(like: Sequence[Any], members: list[Any]) -> Any:
    if hasattr(like, "_fields"):
        return type(like)(*members)
    return members if isinstance(like, range) else type(like)(members)  # type: ignore[call-arg]
