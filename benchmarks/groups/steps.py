"""Whole training steps of the workloads, written as one writes them in PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

import lamina as lm
from benchmarks.case import About, Case, Contender
from benchmarks.libraries import torch
from benchmarks.workloads import WORKLOADS
from benchmarks.workloads.workload import Workload


def _eager(lib: Any, workload: Workload) -> Contender:
    model, x, y = workload.prepare(lib)
    loss_of = workload.loss(lib.nn)
    optimizer = workload.optimizer(lib.optim, model.parameters())

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def _value(loss: Any) -> np.ndarray:
    return np.asarray(loss.detach())


def _contenders(workload: Workload) -> dict[str, Contender]:
    contenders = {"lamina": _eager(lm, workload)}
    if torch is not None:
        contenders["torch"] = _eager(torch, workload)
    return contenders


def cases(_: str) -> Iterator[Case]:
    """Each workload; the check is the loss of everybody's first step, from the same weights."""
    for workload in WORKLOADS:
        about = About("steps", workload.name, flops=workload.flops, rtol=workload.rtol)
        yield Case(about, partial(_contenders, workload), to_numpy=_value)
