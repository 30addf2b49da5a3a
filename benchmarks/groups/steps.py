"""Whole training steps of the workloads, written as one writes them in PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import lamina as lm
from benchmarks.case import About, Case, Contender
from benchmarks.libraries import torch
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


def _value(loss: Any) -> np.ndarray:
    return np.asarray(loss.detach())


def _contenders(workload: Workload) -> dict[str, Contender]:
    contenders = {
        "lamina": _contender(lm, workload),
        "lamina compiled": _contender(lm, workload, lm.compile),
    }
    if torch is not None:
        contenders["torch"] = _contender(torch, workload)
    return contenders


def cases(_: str) -> Iterator[Case]:
    """Each workload; the check is the loss of everybody's first step, from the same weights."""
    for workload in WORKLOADS:
        about = About("steps", workload.name, flops=workload.flops, rtol=workload.rtol)
        yield Case(about, partial(_contenders, workload), to_numpy=_value)
