"""Layers that take weights in PyTorch's shapes; the same first weights for every library."""

from __future__ import annotations

from typing import Any

from benchmarks.workloads.workload import Array, Workload, first_weights

_built: list[Any] = []


class Layer:
    """A part with parameters: `shapes` are PyTorch's, `load` gets arrays of these shapes."""

    shapes: tuple[tuple[int, ...], ...]

    def load(self, *arrays: Array) -> None:
        """Take the weights over."""
        raise NotImplementedError

    def announce(self) -> None:
        """Say that it exists; parts load their weights in the order in which they were made."""
        _built.append(self)


def build(workload: Workload, nn: Any) -> tuple[Any, list[Layer]]:
    """The workload's network, and its parts with parameters."""
    _built.clear()
    model = workload.model(nn)
    return model, list(_built)


def load(layers: list[Layer]) -> None:
    """Give all of them the weights with which every library begins."""
    arrays = first_weights([shape for layer in layers for shape in layer.shapes])
    for layer in layers:
        layer.load(*(next(arrays) for _ in layer.shapes))
