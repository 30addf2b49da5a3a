"""Elementwise functions from 10^3 to 10^7 elements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import lamina as lm
from benchmarks.case import About, Case, Contender
from benchmarks.libraries import torch

COUNTS = [10**3, 10**4, 10**5, 10**6, 10**7]


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


# name, on a library's arrays (lamina and PyTorch agree on names), in NumPy, arrays read
FUNCTIONS: list[tuple[str, Callable[..., Any], Callable[..., Any], int]] = [
    ("x + y", lambda lib, x, y: x + y, lambda x, y: x + y, 2),
    ("x * y", lambda lib, x, y: x * y, lambda x, y: x * y, 2),
    ("x * 2", lambda lib, x, y: x * 2, lambda x, y: x * 2, 1),
    ("relu", lambda lib, x, y: lib.relu(x), lambda x, y: np.maximum(x, 0), 1),
    ("sqrt", lambda lib, x, y: lib.sqrt(y), lambda x, y: np.sqrt(y), 1),
    ("exp", lambda lib, x, y: lib.exp(x), lambda x, y: np.exp(x), 1),
    ("log", lambda lib, x, y: lib.log(y), lambda x, y: np.log(y), 1),
    ("tanh", lambda lib, x, y: lib.tanh(x), lambda x, y: np.tanh(x), 1),
    ("sigmoid", lambda lib, x, y: lib.sigmoid(x), lambda x, y: _sigmoid(x), 1),
    ("sin", lambda lib, x, y: lib.sin(x), lambda x, y: np.sin(x), 1),
    ("x > y", lambda lib, x, y: x > y, lambda x, y: x > y, 2),
]


def _contenders(
    function: Callable[..., Any], in_numpy: Callable[..., Any], a: np.ndarray, b: np.ndarray
) -> dict[str, Contender]:
    x, y = lm.tensor(a), lm.tensor(b)
    result: dict[str, Contender] = {
        "lamina": lambda: function(lm, x, y),
        "numpy": lambda: in_numpy(a, b),
    }
    if torch is not None:
        p, q = torch.tensor(a), torch.tensor(b)
        result["torch"] = lambda: function(torch, p, q)
    return result


def cases(dtype: str) -> Iterator[Case]:
    """Each function at each size."""
    for count in COUNTS:
        rng = np.random.default_rng(count)
        a = rng.standard_normal(count).astype(dtype)
        b = np.abs(rng.standard_normal(count)).astype(dtype) + 0.1
        for name, function, in_numpy, reads in FUNCTIONS:
            traffic = float(a.itemsize) * count * (reads + 1)
            about = About("elementwise", f"{name} {count}", bytes=traffic)
            yield Case(about, partial(_contenders, function, in_numpy, a, b))
