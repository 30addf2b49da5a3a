"""The cost of one op on a few elements: what Python pays for every line of a network."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

import lamina as lm
from benchmarks.case import About, Case, Contender
from benchmarks.libraries import torch


def _contenders(make: Any) -> dict[str, Any]:
    result = {"lamina": make(lm)}
    if torch is not None:
        result["torch"] = make(torch)
    return result


def _ones(lib: Any, *shape: int, grad: bool = False) -> Any:
    tensor = lib.tensor(np.ones(shape, np.float32))
    return tensor.requires_grad_() if grad else tensor


def _to_numpy(result: Any) -> np.ndarray:
    return np.asarray(result.detach()) if hasattr(result, "detach") else np.asarray(result)


def _binary(grad: bool) -> Any:
    def make(lib: Any) -> Any:
        x, y = _ones(lib, 2, 2, grad=grad), _ones(lib, 2, 2)
        return lambda: x + y

    return make


def _unary(lib: Any) -> Any:
    x = _ones(lib, 2, 2)
    return lambda: lib.relu(x)


def _scaled(lib: Any) -> Any:
    x = _ones(lib, 2, 2)
    return lambda: x * 2.0


def _product(lib: Any) -> Any:
    x, y = _ones(lib, 4, 4), _ones(lib, 4, 4)
    return lambda: x @ y


def _sum(lib: Any) -> Any:
    x = _ones(lib, 4, 4)
    return lambda: x.sum()


def _index(lib: Any) -> Any:
    x = _ones(lib, 4, 4)
    return lambda: x[0]


def _reshape(lib: Any) -> Any:
    x = _ones(lib, 4, 4)
    return lambda: x.reshape(2, 8)


def _backward(lib: Any) -> Any:
    x, y = _ones(lib, 2, 2, grad=True), _ones(lib, 2, 2)

    def run() -> Any:
        x.grad = None
        (x * y).sum().backward()
        return x.grad

    return run


CASES = [
    ("x + y", _binary(False)),
    ("x + y, recorded", _binary(True)),
    ("x * 2.0", _scaled),
    ("relu(x)", _unary),
    ("x @ y", _product),
    ("x.sum()", _sum),
    ("x[0]", _index),
    ("x.reshape(2, 8)", _reshape),
    ("(x * y).sum().backward()", _backward),
]


def cases(_: str) -> Iterator[Case]:
    """One op of each kind on 2x2 or 4x4 elements."""
    for name, make in CASES:
        yield Case(About("small", name), partial(_contenders, make), to_numpy=_to_numpy)
    a, b = np.ones((2, 2), np.float32), np.ones((2, 2), np.float32)
    contenders: dict[str, Contender] = {"lamina": _binary(False)(lm), "numpy": lambda: a + b}
    yield Case(About("small", "x + y in NumPy"), lambda: contenders)
