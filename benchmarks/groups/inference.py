"""The networks of the workloads in eval mode, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import lamina as lm
from benchmarks.case import About, Case, Contender
from benchmarks.libraries import owns, peer, torch, torch_compile
from benchmarks.workloads import WORKLOADS
from benchmarks.workloads.workload import Array, Workload

BATCHES = (1, 32, 256)


def _batch(workload: Workload, size: int) -> Array:
    rng = np.random.default_rng(3)
    return rng.standard_normal((size, *workload.inputs[1:])).astype(np.float32)


def _contender(
    lib: Any,
    mode: Any,
    workload: Workload,
    x: Array,
    through: Callable[[Any], Any] = lambda model: model,
) -> Contender:
    model, _, _ = workload.prepare(lib)
    batch = lib.tensor(x)
    run = through(model.eval())

    def infer() -> Any:
        with mode():
            return run(batch)

    return infer


def _compiled(workload: Workload, x: Array) -> Contender:
    model, _, _ = workload.prepare(lm)
    run = lm.compile(model.eval())
    batch = lm.tensor(x)
    return lambda: run(batch)


def _contenders(workload: Workload, size: int) -> dict[str, Contender]:
    x = _batch(workload, size)
    found: dict[str, Contender] = {}
    if owns("lamina"):
        found["lamina"] = _compiled(workload, x)
        found["lamina eager"] = _contender(lm, lm.no_grad, workload, x)
    if torch is not None:
        found["torch"] = _contender(torch, torch.inference_mode, workload, x)
        if size == 1:  # to compile takes minutes, and gains least where there is much to do
            found["torch compiled"] = _contender(
                torch, torch.inference_mode, workload, x, torch_compile
            )
    if flax := peer("jax", "flax"):
        found["jax"] = flax.inference(workload, x)
    if keras := peer("keras", "keras"):
        found["keras"] = keras.inference(workload, x)
    return found


def cases(_: str) -> Iterator[Case]:
    """Each workload at each size of batch; the check is what the networks say."""
    for workload in WORKLOADS:
        for size in BATCHES:
            flops = 2.0 * size * sum(workload.products)
            about = About("inference", f"{workload.name} {size}", flops=flops, atol=1e-4)
            yield Case(about, partial(_contenders, workload, size))
