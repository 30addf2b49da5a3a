"""Trainer: epochs, batches, a step, and events to callbacks; what a step does stands in step.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from lamina import _core, files
from lamina._core import Generator, Tensor
from lamina.callbacks import Callback, LearningRateScheduler, ProgressBar
from lamina.callbacks.base import Callbacks, copied, listed
from lamina.callbacks.progress import progress
from lamina.nn import Module
from lamina.optim import Optimizer
from lamina.train import data, health, names, state
from lamina.train.attempt import Attempt, Undo
from lamina.train.history import History
from lamina.train.interrupt import interruptible
from lamina.train.model import call, evaluating
from lamina.train.objective import ClassWeights, Objective, StepObjective
from lamina.train.step import NotFiniteError, Step


class Trainer:
    """Trains a model: `fit`, `evaluate`, `predict`, as in Keras.

    `loss`, `optimizer` and `metrics` are names, or objects made before; for a model with several
    outputs a tuple or dict of losses says which there are, and `loss_weights` and `metrics` follow
    it. Without `metrics`, classifiers count their accuracy; `weighted_metrics` count weights. An
    own `step(model, *batch)` that returns a loss, or a loss and a dict of values, stands in for
    loss and metrics.

    The step is compiled, unless the model reads values on its way: then it runs eagerly, after a
    warning. `accumulate` batches make one update. `clip_norm` and `clip_value` clip gradients. A
    `scheduler` is stepped once an epoch.
    """

    def __init__(
        self,
        model: Module,
        loss: Any = "cross_entropy",
        optimizer: Any = "adam",
        metrics: Any = None,
        *,
        weighted_metrics: Any = None,
        loss_weights: Any = None,
        compile: bool = True,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        accumulate: int = 1,
        step: Callable[..., Any] | None = None,
        scheduler: Any = None,
    ) -> None:
        if not isinstance(model, Module):
            raise TypeError(f"[Trainer] expected a module; got a {type(model).__name__}")
        if accumulate < 1:
            raise ValueError(f"[Trainer] expected accumulate of 1 or more; got {accumulate}")
        self.model = model
        self.objective = (
            StepObjective(step)
            if step
            else Objective(loss, metrics, loss_weights, weighted_metrics)
        )
        self.accumulate = accumulate
        self.scheduler = scheduler
        self.history = History()
        self.callbacks = Callbacks((), self)
        self.epoch = 0  # the present one
        self.batch = 0  # the next one of it
        self.epochs = 0
        self.steps = 0  # batches taken in all
        self.batches: int | None = None  # of an epoch, if that is known
        self.loader: Any = None
        self.resumed: dict[str, Any] | None = None
        said: set[str] = set()
        self.step = Step(model, self.objective, compile, said, clip_norm, clip_value)
        self.optimizer = names.optimizer(optimizer, model)
        self._undo = Undo(model, self.objective)
        self._count = Attempt(self._count_batch, compile, self._undo, said)
        self._forward = Attempt(self._predict_batch, compile, self._undo, said)

    @property
    def optimizer(self) -> Optimizer:
        """What changes the parameters; another one may take its place."""
        return self.step.optimizer

    @optimizer.setter
    def optimizer(self, optimizer: Optimizer) -> None:
        self.step.use(optimizer)
        if self.step.searches and self.accumulate > 1:
            kind = type(optimizer).__name__
            raise ValueError(f"[Trainer] expected accumulate=1 with {kind}; got {self.accumulate}")

    @property
    def dtype(self) -> Any:
        """The type that numbers in floating point get: that of the model's parameters."""
        floats = (p.dtype for p in self.model.parameters() if p.is_floating_point())
        return next(floats, _core.get_default_dtype())

    # ---- training ----

    def fit(
        self,
        x: Any,
        y: Any = None,
        epochs: int = 1,
        batch_size: int | None = None,
        *,
        validation_data: Any = None,
        validation_split: float = 0.0,
        sample_weight: Any = None,
        class_weight: Any = None,
        callbacks: Callback | Iterable[Callback] | None = None,
        shuffle: bool = True,
        initial_epoch: int = 0,
        seed: int | None = None,
        verbose: str | int = "auto",
    ) -> History:
        """Train until `epochs` epochs are done and return what was recorded of them.

        `x` and `y` are arrays, or tuples or dicts of them; or `x` is a Dataset or DataLoader of
        (x, y) or (x, y, weight). Batches have 32 samples. The order is drawn from `seed`, or else
        from the default generator. Ctrl-C ends training after the present step.
        """
        if validation_split:
            (x, y, sample_weight), validation_data = data.split(
                x, y, sample_weight, validation_split
            )
        generator = None if seed is None else Generator().manual_seed(seed)
        self.loader = data.loader(
            x,
            y,
            batch_size=batch_size,
            weight=sample_weight,
            shuffle=shuffle,
            generator=generator,
            dtype=self.dtype,
        )
        validation = None
        if validation_data is not None:
            validation = data.validation(validation_data, self.dtype)
        self._begin(initial_epoch, epochs, listed(callbacks), verbose)
        of_classes = data.class_weights(class_weight, y)
        with interruptible(self.stop):
            try:
                self.callbacks.emit("on_train_begin")
                self._go_on()
                while self.epoch < self.epochs and not self.history.stopped:
                    self._epoch(of_classes, validation)
            finally:
                self.callbacks.finish()
        return self.history

    def stop(self, reason: str = "stopped") -> None:
        """End training after the present step; the history keeps the reason."""
        self.history.stopped = reason

    def _begin(self, epoch: int, epochs: int, given: list[Callback], verbose: str | int) -> None:
        if self.scheduler is not None:
            given.insert(0, LearningRateScheduler(self.scheduler))
        if not any(isinstance(callback, ProgressBar) for callback in given):
            given += progress(verbose)
        self.callbacks = Callbacks(given, self)
        self.history = History()
        self.epoch = data.whole_number("initial_epoch", epoch)
        self.epochs = data.whole_number("epochs", epochs)
        self.batch = 0
        self.batches = data.length(self.loader)
        self.objective.reset()

    def _go_on(self) -> None:
        if self.resumed is not None:
            state.go_on(self, self.resumed)
            self.resumed = None

    def _epoch(self, of_classes: ClassWeights | None, validation: Any) -> None:
        """Take the rest of an epoch; one that is stopped on its way is not recorded."""
        tell, epoch = self.callbacks, self.epoch
        if self.batch == 0:
            tell.emit("on_epoch_begin", epoch)
        if not self.model.training:  # else parts of it may be in evaluation on purpose
            self.model.train()
        if not self._batches(of_classes):
            return
        logs = self.results()
        if validation is not None:
            tell.emit("on_validation_begin")
            found = self._evaluate(validation)
            tell.emit("on_validation_end", found)
            logs |= {f"val_{name}": value for name, value in found.items()}
        tell.emit("on_epoch_end", epoch, logs)
        self.history.append(epoch, logs)
        self.epoch, self.batch = epoch + 1, 0
        self.objective.reset()
        tell.emit("on_checkpoint", True)

    def _batches(self, of_classes: ClassWeights | None) -> bool:
        """Take the batches that are left of an epoch; tell whether there were all."""
        begin, end, kept = (
            self.callbacks.of[event]
            for event in ("on_batch_begin", "on_batch_end", "on_checkpoint")
        )
        for batch in data.batches(self.loader, self.dtype):
            for hear in begin:
                hear(self.batch)
            loss = self._take(batch, of_classes)
            if loss is None:
                return False
            self.batch += 1
            self.steps += 1
            for hear in end:
                hear(self.batch - 1, loss)
            for hear in kept:
                hear(False)
            if self.history.stopped:
                return False
        if self.batch == 0:
            raise ValueError("[fit] expected at least one batch of data; got none")
        if self.batch % self.accumulate:
            self.step.finish()
        return True

    def _take(self, batch: data.Batch, of_classes: ClassWeights | None) -> Tensor | None:
        """Take a step; None if there was NaN or infinity and a callback has stopped for it."""
        place = self.batch % self.accumulate
        try:
            return self.step(batch, of_classes, place == 0, place == self.accumulate - 1)
        except NotFiniteError as error:
            self.step.backup.restore()
            reason = health.explain(self.model, self.objective, batch, of_classes, error.loss)
            self.optimizer.zero_grad()
        self.callbacks.emit("on_not_finite", reason)
        if self.history.stopped:
            return None
        raise FloatingPointError(
            f"[fit] NaN or infinity in epoch {self.epoch}, batch {self.batch}: {reason}. The model "
            "is as it was before this batch"
        )

    def results(self) -> dict[str, Any]:
        """Return the loss and the metrics of the epoch so far."""
        return self.objective.results()

    # ---- evaluation ----

    def evaluate(
        self, x: Any, y: Any = None, batch_size: int | None = None, *, sample_weight: Any = None
    ) -> dict[str, Any]:
        """Return the loss and the metrics on data as `fit` takes them; batches have 256 samples."""
        return self._evaluate(data.held_out((x, y, sample_weight), batch_size, self.dtype))

    def predict(self, x: Any, batch_size: int | None = None) -> Any:
        """Return what the model makes of `x`, which may be a loader: all batches joined."""
        source = data.held_out((x,), batch_size, self.dtype)
        with evaluating(self.model):
            parts = [self._forward(batch.x) for batch in data.batches(source, self.dtype)]
        if not parts:
            raise ValueError("[predict] expected at least one batch of data; got none")
        return data.join(parts)

    def _evaluate(self, source: Any) -> dict[str, Any]:
        counts = copied(self.objective.state_dict())
        self.objective.reset()
        batch = None
        try:
            with evaluating(self.model):
                for batch in data.batches(source, self.dtype):
                    self._count(tuple(batch))
            if batch is None:
                raise ValueError("[evaluate] expected at least one batch of data; got none")
            return self.results()
        finally:
            self.objective.load_state_dict(counts)

    def _count_batch(self, parts: tuple[Any, ...]) -> None:
        self._undo.note()
        self.objective(self.model, data.Batch(*parts))

    def _predict_batch(self, x: Any) -> Any:
        self._undo.note()
        return call(self.model, x)

    # ---- state ----

    def state_dict(self) -> dict[str, Any]:
        """Return all that training goes on from: weights, optimizer, random numbers, position."""
        return state.take(self)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over weights and optimizer; the next `fit` goes on from the rest."""
        state.load(self, state_dict)

    def save(self, path: Any) -> None:
        """Write the state to a file, as a whole or not at all."""
        files.save(self.state_dict(), path)

    def resume(self, path: Any) -> None:
        """Read a state that `save` wrote; the next `fit`, called as before, goes on bit for bit."""
        self.load_state_dict(files.load(path))
