"""Averages of weights over a training, and the schedule for it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from typing import Any, TypeAlias

from lamina import _core
from lamina._core import Tensor
from lamina.autograd import no_grad
from lamina.nn import Module
from lamina.optim.lr_scheduler.base import LRScheduler, Rate, one_per_group
from lamina.optim.optimizer import Optimizer

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

Average: TypeAlias = Callable[[Tensor, Tensor, Any], Tensor]
MultiAverage: TypeAlias = Callable[[Sequence[Tensor], Sequence[Tensor], Any], None]


def _check_decay(name: str, decay: float) -> None:
    if not 0 <= decay <= 1:
        raise ValueError(f"[{name}] expected 0 <= decay <= 1; got {decay}")


def _move(averages: Sequence[Tensor], currents: Sequence[Tensor], weight: Any) -> None:
    for average, current in zip(averages, currents, strict=True):
        if average.is_floating_point():
            average.lerp_(current, weight)
        else:
            average.copy_(average * (1 - weight) + current * weight)


def get_ema_multi_avg_fn(decay: float = 0.999) -> MultiAverage:
    """Return the function that moves averages by 1 - decay toward current values, in place."""
    _check_decay("get_ema_multi_avg_fn", decay)

    @no_grad()
    def ema_update(averages: Sequence[Tensor], currents: Sequence[Tensor], _: Any) -> None:
        _move(averages, currents, 1 - decay)

    return ema_update


def get_swa_multi_avg_fn() -> MultiAverage:
    """Return the function that takes one more value into plain averages, in place."""

    @no_grad()
    def swa_update(averages: Sequence[Tensor], currents: Sequence[Tensor], number: Any) -> None:
        _move(averages, currents, 1 / (number + 1))

    return swa_update


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """Return the function decay * average + (1 - decay) * current."""
    _check_decay("get_ema_avg_fn", decay)

    @no_grad()
    def ema_update(average: Tensor, current: Tensor, _: Any) -> Tensor:
        moved: Tensor = average * decay + current * (1 - decay)
        return moved

    return ema_update


def get_swa_avg_fn() -> Average:
    """Return the function average + (current - average) / (number + 1)."""

    @no_grad()
    def swa_update(average: Tensor, current: Tensor, number: Any) -> Tensor:
        moved: Tensor = average + (current - average) / (number + 1)
        return moved

    return swa_update


class AveragedModel(Module):
    """A copy of a model whose parameters are averages; plain ones unless a function is given."""

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: MultiAverage | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("[AveragedModel] expected avg_fn or multi_avg_fn; got both")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", _core.zeros((), dtype=_core.int64, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Call the averaged model."""
        return self.module(*args, **kwargs)

    @no_grad()
    def update_parameters(self, model: Module) -> None:
        """Take one more state of the model into the averages; its buffers are copied."""
        averages = [tensor.detach() for tensor in _values(self.module, self.use_buffers)]
        currents = [tensor.detach() for tensor in _values(model, self.use_buffers)]
        if int(self.n_averaged) == 0:
            for average, current in zip(averages, currents, strict=True):
                average.copy_(current)
        elif self.avg_fn is not None:
            for average, current in zip(averages, currents, strict=True):
                average.copy_(self.avg_fn(average, current, self.n_averaged))
        else:
            take = self.multi_avg_fn or get_swa_multi_avg_fn()
            for kind in dict.fromkeys(average.dtype for average in averages):
                chosen = [i for i, average in enumerate(averages) if average.dtype is kind]
                take([averages[i] for i in chosen], [currents[i] for i in chosen], self.n_averaged)
        if not self.use_buffers:
            for average, current in zip(self.module.buffers(), model.buffers(), strict=True):
                average.copy_(current)
        self.n_averaged += 1


def _values(model: Module, with_buffers: bool) -> Iterable[Tensor]:
    return itertools.chain(model.parameters(), model.buffers() if with_buffers else ())


@no_grad()
def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Compute the running statistics of all batch normalizations anew, from the data of a loader.

    Of batches that are lists or tuples the first item is the input.
    """
    norms: list[Any] = [module for module in model.modules() if _is_batch_norm(module)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain average of all batches
    was_training = model.training
    model.train()
    for batch in loader:
        data = batch[0] if isinstance(batch, list | tuple) else batch
        model(data if device is None else data.to(device))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    model.train(was_training)


def _is_batch_norm(module: Module) -> bool:
    return any("BatchNorm" in kind.__name__ for kind in type(module).__mro__)


def _cosine_part(t: float) -> float:
    return (1 - math.cos(math.pi * t)) / 2


def _linear_part(t: float) -> float:
    return t


_ANNEALINGS = {"cos": _cosine_part, "linear": _linear_part}


class SWALR(LRScheduler):
    """From the rates that are there to `swa_lr` in `anneal_epochs` epochs."""

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        rates = one_per_group("swa_lr", optimizer, swa_lr)
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["swa_lr"] = rate
        if anneal_strategy not in _ANNEALINGS:
            expected = "anneal_strategy to be 'cos' or 'linear'"
            raise ValueError(f"[SWALR] expected {expected}; got {anneal_strategy!r}")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"[SWALR] expected anneal_epochs >= 0; got {anneal_epochs}")
        self._anneal_strategy = anneal_strategy
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """Compute the rates of this epoch."""
        self._warn_outside_step()
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._part(step - 1), self._part(step)
        rates = []
        for group in self.optimizer.param_groups:
            goal = group["swa_lr"]
            first = goal if before == 1 else (group["lr"] - before * goal) / (1 - before)
            rates.append(goal * now + first * (1 - now))
        return rates

    def _part(self, step: int) -> float:
        t = max(0, min(1, step / max(1, self.anneal_epochs)))
        return _ANNEALINGS[self._anneal_strategy](t)
