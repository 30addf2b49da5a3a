"""Matrix products at the sizes that networks have, and their transposed variants."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

import lamina as lm
from benchmarks.case import About, Case, Contender
from benchmarks.libraries import torch

# m, n, k
SIZES = [
    (2048, 2048, 2048),
    (1024, 1024, 1024),
    (512, 512, 512),
    (128, 128, 128),
    (64, 64, 64),
    (32, 32, 32),
    (64, 128, 784),
    (128, 512, 784),
    (32, 256, 256),
    (128, 10, 128),
    (1, 512, 512),
    (8192, 64, 27),
]
TRANSPOSED = [(128, 512, 784), (64, 128, 784), (784, 128, 64), (128, 10, 128), (256, 256, 256)]


def _contenders(m: int, n: int, k: int, layout: str, dtype: str) -> dict[str, Contender]:
    rng = np.random.default_rng(m + n + k)
    a = rng.standard_normal((k, m) if layout[0] == "t" else (m, k)).astype(dtype)
    b = rng.standard_normal((n, k) if layout[1] == "t" else (k, n)).astype(dtype)
    a_view = a.T if layout[0] == "t" else a
    b_view = b.T if layout[1] == "t" else b
    x, y = lm.tensor(a), lm.tensor(b)
    x = x.T if layout[0] == "t" else x
    y = y.T if layout[1] == "t" else y
    contenders: dict[str, Contender] = {"lamina": lambda: x @ y, "numpy": lambda: a_view @ b_view}
    if torch is not None:
        p, q = torch.tensor(a), torch.tensor(b)
        p = p.T if layout[0] == "t" else p
        q = q.T if layout[1] == "t" else q
        contenders["torch"] = lambda: p @ q
    return contenders


def _case(m: int, n: int, k: int, layout: str, dtype: str) -> Case:
    name = f"{m}x{n}x{k}" + ("" if layout == "nn" else f" {layout}")
    flops = 2.0 * m * n * k
    about = About("products", name, flops=flops, atol=1e-5 * k**0.5, rtol=1e-3)
    return Case(about, partial(_contenders, m, n, k, layout, dtype))


def cases(dtype: str) -> Iterator[Case]:
    """Every size as it is, then the layouts that gradients and Linear need."""
    for m, n, k in SIZES:
        yield _case(m, n, k, "nn", dtype)
    for m, n, k in TRANSPOSED:
        yield _case(m, n, k, "nt", dtype)
        yield _case(m, n, k, "tn", dtype)
