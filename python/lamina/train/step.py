"""One step of a training: gradients, compiled; a look at whether they are finite; the update."""

from __future__ import annotations

import inspect
import math
from typing import Any

from lamina import _core, compiling
from lamina._core import Tensor
from lamina._limits import finfo
from lamina.autograd import no_grad
from lamina.nn import Module
from lamina.nn.utils import clip_grad_norm_, clip_grad_value_
from lamina.optim import Optimizer
from lamina.train.attempt import Attempt, Undo
from lamina.train.data import Batch
from lamina.train.objective import ClassWeights, Objective


class NotFiniteError(ArithmeticError):
    """The loss or a gradient of a batch is NaN or infinite; the step was not taken."""

    def __init__(self, loss: Tensor) -> None:
        super().__init__()
        self.loss = loss


class Backup:
    """Copies of what a step's forward pass changes in the model, made by each step."""

    def __init__(self, model: Module) -> None:
        self.model = model
        self.copies: dict[int, tuple[Tensor, Tensor]] = {}
        self.rng = _core.get_rng_state()

    @no_grad()
    def take(self) -> None:
        """Copy the buffers; this is part of the recording."""
        for buffer in self.model.buffers():
            if id(buffer) not in self.copies:
                with compiling.uncaptured():
                    self.copies[id(buffer)] = (buffer, buffer.clone())
                # What a recording makes and only writes is new in each replay; what it reads stays.
                self.copies[id(buffer)][1].clone()
            self.copies[id(buffer)][1].copy_(buffer)

    @no_grad()
    def restore(self) -> None:
        """Put buffers and random numbers back."""
        for buffer, kept in self.copies.values():
            buffer.copy_(kept)
        _core.set_rng_state(self.rng)


class Step:
    """Takes a batch: loss, gradients, clipping, update; `accumulate` batches make one update.

    Their gradients are those of the mean over all their samples. If the loss or a gradient is not
    finite, nothing is updated.
    """

    optimizer: Optimizer
    searches: bool  # it asks for losses itself, as LBFGS does

    def __init__(
        self,
        model: Module,
        objective: Objective,
        compiled: bool,
        said: set[str],
        clip_norm: float | None,
        clip_value: float | None,
    ) -> None:
        self.model = model
        self.objective = objective
        self.clip_norm = clip_norm
        self.clip_value = clip_value
        self.seen = _core.zeros((), dtype=_core.float64)
        self.backup = Backup(model)
        self.undo = Undo(model, objective)
        self._gradients = Attempt(self._compute, compiled, self.undo, said)

    def __call__(
        self,
        batch: Batch,
        of_classes: ClassWeights | None = None,
        first: bool = True,
        last: bool = True,
    ) -> Tensor:
        """Return the loss; `first` and `last` are those of the batches that make an update."""
        self.backup.rng = _core.get_rng_state()
        if self.searches:
            return self._search(batch, of_classes)
        loss = self._gradients_of(batch, of_classes, first, last)
        if last:
            self.optimizer.step()
        return loss

    def use(self, optimizer: Optimizer) -> None:
        """Take steps with this optimizer."""
        closure = inspect.signature(optimizer.step).parameters.get("closure")
        self.optimizer = optimizer
        self.searches = closure is not None and closure.default is closure.empty

    def finish(self) -> None:
        """Update with the gradients of fewer batches than `accumulate`."""
        self._finish(summed=True)
        self.optimizer.step()

    def _search(self, batch: Batch, of_classes: ClassWeights | None) -> Tensor:
        """Let an optimizer ask for losses itself; the first is the one that counts."""
        losses: list[Tensor] = []

        def closure() -> Tensor:
            losses.append(self._gradients_of(batch, of_classes, counted=not losses))
            return losses[-1]

        before = [(p, p.detach().clone()) for p in self.model.parameters()]
        try:
            self.optimizer.step(closure)
        except NotFiniteError:
            with no_grad():
                for parameter, value in before:
                    parameter.copy_(value)
            self.optimizer.state.clear()  # the search begins anew
            raise
        return losses[0]

    def _gradients_of(
        self,
        batch: Batch,
        of_classes: ClassWeights | None,
        first: bool = True,
        last: bool = True,
        counted: bool = True,
    ) -> Tensor:
        loss, health = self._gradients(tuple(batch), of_classes, first, last, counted)
        if not math.isfinite(health.item()):
            raise NotFiniteError(loss)
        result: Tensor = loss
        return result

    def _compute(
        self,
        parts: tuple[Any, ...],
        of_classes: ClassWeights | None,
        first: bool,
        last: bool,
        counted: bool,
    ) -> tuple[Tensor, Tensor]:
        """Return the loss, and a number that is finite if the loss and all gradients are."""
        self.undo.note()
        self.backup.take()
        if first:
            self.optimizer.zero_grad()
        loss, weight = self.objective(self.model, Batch(*parts), of_classes, counted)
        if first and last:
            loss.backward()
        else:
            (loss * weight).backward()
            if first:
                self.seen.zero_()
            self.seen.add_(weight)
        loss = loss.detach()
        return loss, loss + self._finish(not first) if last else loss

    @no_grad()
    def _finish(self, summed: bool) -> Tensor:
        """Make the gradients ready for the update; return what is finite if they are."""
        params = [p for group in self.optimizer.param_groups for p in group["params"]]
        params = [p for p in params if p.grad is not None]
        health = _core.zeros(())
        for p in params:
            if summed:
                p.grad.div_(self.seen.clamp(min=finfo(p.dtype).tiny))
            health = health + p.grad.sum()
        if self.clip_value is not None:
            clip_grad_value_(params, self.clip_value)
        if self.clip_norm is not None:
            clip_grad_norm_(params, self.clip_norm)
        return health
