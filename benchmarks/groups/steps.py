"""Whole training steps of the workloads, written as one writes them in PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import lamina as lm
from benchmarks.case import About, Case, Contender
from benchmarks.libraries import owns, peer, torch, torch_compile
from benchmarks.workloads import WORKLOADS
from benchmarks.workloads.workload import Workload

Step = Callable[[Any, Any], Any]


def _contender(
    lib: Any, workload: Workload, through: Callable[[Step], Step] = lambda step: step
) -> Contender:
    model, x, y = workload.prepare(lib)
    loss_of = workload.loss(lib.nn)
    optimizer = workload.optimizer(lib.optim, model.parameters())

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    run = through(step)
    return lambda: run(x, y)


def _torch_compiled(workload: Workload) -> Contender:
    """The network and its backward compiled, which is what PyTorch's tutorials show."""
    model, x, y = workload.prepare(torch)
    run = torch_compile(model)
    loss_of = workload.loss(torch.nn)
    optimizer = workload.optimizer(torch.optim, model.parameters())

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_of(run(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def _value(loss: Any) -> np.ndarray:
    return np.asarray(loss.detach() if hasattr(loss, "detach") else loss)


def contenders(workload: Workload) -> dict[str, Contender]:
    """Who of this process takes part, by name; `lamina` is the compiled step."""
    found: dict[str, Contender] = {}
    if owns("lamina"):
        found["lamina"] = _contender(lm, workload, lm.compile)
        found["lamina eager"] = _contender(lm, workload)
    if torch is not None:
        found["torch"] = _contender(torch, workload)
        found["torch compiled"] = _torch_compiled(workload)
    if flax := peer("jax", "flax"):
        found["jax"] = flax.step(workload)
    if keras := peer("keras", "keras"):
        found["keras"] = keras.step(workload)
    return found


def cases(_: str) -> Iterator[Case]:
    """Each workload; the check is the loss of everybody's first step, from the same weights."""
    for workload in WORKLOADS:
        about = About("steps", workload.name, flops=workload.flops, rtol=workload.rtol)
        yield Case(about, partial(contenders, workload), to_numpy=_value)
