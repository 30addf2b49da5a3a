"""Reductions and softmax: whole, along rows and along columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import lamina as lm
from benchmarks.case import Case
from benchmarks.peers import torch

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


def cases() -> Iterator[Case]:
    """Each reduction of each shape, in float32."""
    for shape in SHAPES:
        a = np.random.default_rng(shape[0]).standard_normal(shape).astype(np.float32)
        x = lm.from_numpy(a)
        p = torch.from_numpy(a) if torch is not None else None
        for name, function, in_numpy in FUNCTIONS:
            contenders = {
                "lamina": lambda f=function: f(lm, x),
                "numpy": lambda f=in_numpy: f(a),
            }
            if torch is not None:
                contenders["torch"] = lambda f=function: f(torch, p)
            writes = 2.0 if name.startswith("softmax") else 1.0
            title = f"{name} {shape[0]}x{shape[1]}"
            count = float(np.prod(shape))
            yield Case("reductions", title, contenders, bytes=4 * count * writes, atol=1e-3 * count**0.5)
