"""The tensors in what a module takes or gives, however nested."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lamina._core import Tensor


def tensors_in(value: Any) -> Iterator[Tensor]:
    """Yield the tensors in a tensor, or in a dict, list or tuple of such values."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        yield from tensors_in(list(value.values()))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from tensors_in(each)
