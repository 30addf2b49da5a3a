"""Reductions and softmax: whole, along rows and along columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import lamina as lm
from benchmarks.case import About, Case, Contender
from benchmarks.libraries import torch

SHAPES = [(10, 100), (100, 100), (100, 1000), (1000, 1000), (10000, 1000)]


def _softmax(x: np.ndarray) -> np.ndarray:
    shifted = np.exp(x - x.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def _logsumexp(x: np.ndarray) -> np.ndarray:
    high = x.max(axis=-1, keepdims=True)
    return np.log(np.exp(x - high).sum(axis=-1)) + high[:, 0]


FUNCTIONS: list[tuple[str, Callable[[Any, Any], Any], Callable[[np.ndarray], Any]]] = [
    ("sum", lambda lib, x: x.sum(), lambda x: x.sum()),
    ("sum rows", lambda lib, x: x.sum(-1), lambda x: x.sum(-1)),
    ("sum columns", lambda lib, x: x.sum(0), lambda x: x.sum(0)),
    ("mean", lambda lib, x: x.mean(), lambda x: x.mean()),
    ("max", lambda lib, x: x.max(), lambda x: x.max()),
    ("argmax rows", lambda lib, x: x.argmax(-1), lambda x: x.argmax(-1)),
    ("var rows", lambda lib, x: x.var(-1), lambda x: x.var(-1, ddof=1)),
    ("softmax", lambda lib, x: lib.softmax(x, -1), _softmax),
    ("logsumexp", lambda lib, x: lib.logsumexp(x, -1), _logsumexp),
    ("softmax columns", lambda lib, x: lib.softmax(x, 0), lambda x: _softmax(x.T).T),
]


def _contenders(
    function: Callable[[Any, Any], Any], in_numpy: Callable[[np.ndarray], Any], a: np.ndarray
) -> dict[str, Contender]:
    x = lm.tensor(a)
    result: dict[str, Contender] = {"lamina": lambda: function(lm, x), "numpy": lambda: in_numpy(a)}
    if torch is not None:
        p = torch.tensor(a)
        result["torch"] = lambda: function(torch, p)
    return result


def cases(dtype: str) -> Iterator[Case]:
    """Each reduction of each shape."""
    for shape in SHAPES:
        a = np.random.default_rng(shape[0]).standard_normal(shape).astype(dtype)
        for name, function, in_numpy in FUNCTIONS:
            traffic = float(a.nbytes) * (2 if name.startswith("softmax") else 1)
            title = f"{name} {shape[0]}x{shape[1]}"
            # A sum of n numbers near 1 is about sqrt(n), and so is its error in epsilons.
            atol = 1e-5 * float(a.size) ** 0.5
            about = About("reductions", title, bytes=traffic, atol=atol)
            yield Case(about, partial(_contenders, function, in_numpy, a))
