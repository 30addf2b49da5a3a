"""Finds tensors on common memory, so that it is written once; what holds them is not known here."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from lamina import _core
from lamina._core import Tensor
from lamina.files._reader import Array


class Use:
    """A tensor where a saved value holds it, with its node in the tree."""

    def __init__(self, name: str, tensor: Tensor) -> None:
        self.name = name
        self.size = tuple(tensor.shape)  # an error where a lazy parameter has none yet
        self.tensor = tensor.detach()
        self.node: dict[str, Any] = {"tensor": name}
        self.stride = self.tensor.stride()
        self.start = self.tensor.storage_offset()
        steps = zip(self.size, self.stride, strict=True)
        span = 1 + sum((count - 1) * stride for count, stride in steps)
        self.stop = self.start + (span if self.tensor.numel() else 0)

    def memory(self) -> tuple[int, _core.dtype]:
        """Where the tensor's storage begins, and what it holds."""
        x = self.tensor
        return x.data_ptr() - self.start * x.element_size(), x.dtype

    def is_whole(self, start: int, stop: int) -> bool:
        """Is this the given part of the storage, in order?"""
        return (self.start, self.stop) == (start, stop) and self.tensor.is_contiguous()


def arrays(uses: list[Use]) -> dict[str, Array]:
    """Return what is to be written by name, and complete the nodes of tensors that share it."""
    storages: dict[Any, list[Use]] = defaultdict(list)
    for use in uses:
        storages[use.memory() if use.tensor.numel() else use.name].append(use)
    found: dict[str, Array] = {}
    for sharing in storages.values():
        for cluster in _clusters(sharing):
            found.update([_written(cluster)])
    return found


def _clusters(uses: list[Use]) -> list[list[Use]]:
    """Group those whose parts of the storage overlap."""
    clusters: list[list[Use]] = []
    end = -1
    for use in sorted(uses, key=lambda use: use.start):
        if use.start < end:
            clusters[-1].append(use)
        else:
            clusters.append([use])
        end = max(end, use.stop)
    return clusters


def _written(cluster: list[Use]) -> tuple[str, Array]:
    """Return an entry: the one tensor that holds all, or the memory that they share."""
    first = cluster[0]
    if len(cluster) == 1:
        return first.name, first.tensor.contiguous().numpy()
    start, stop = first.start, max(use.stop for use in cluster)
    whole = next((use for use in cluster if use.is_whole(start, stop)), None)
    name = (whole or first).name
    for use in cluster:
        use.node["tensor"] = name
        same = whole and (use.start, use.size, use.stride) == (start, whole.size, whole.stride)
        if not same:
            use.node["view"] = [use.start - start, list(use.size), list(use.stride)]
    values = whole.tensor if whole else first.tensor.as_strided((stop - start,), (1,), start)
    return name, values.numpy()
