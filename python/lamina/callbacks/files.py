"""Callbacks that write files: states of the training, and its values."""

from __future__ import annotations

import csv
import os
from typing import IO, Any

from lamina import files
from lamina.callbacks.base import Callback
from lamina.callbacks.monitor import Monitor


class ModelCheckpoint(Callback):
    """Saves the training every so many epochs or, with per="step", batches.

    `trainer.resume(path)` goes on from such a file bit for bit. The path may name values in braces,
    `{epoch}`, `{step}` and those of the epoch; without them the file is replaced, as a whole or not
    at all. `save_best_only` writes only when the value that `monitor` names has improved;
    `save_weights_only` writes the model's state dict.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        monitor: str = "val_loss",
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        *,
        every: int = 1,
        per: str = "epoch",
    ) -> None:
        if per not in {"epoch", "step"}:
            raise ValueError(f"[ModelCheckpoint] expected per to be 'epoch' or 'step'; got {per!r}")
        if every < 1:
            raise ValueError(f"[ModelCheckpoint] expected every of 1 or more; got {every}")
        if save_best_only and per == "step":
            raise ValueError("[ModelCheckpoint] expected per='epoch' with save_best_only")
        self.path = os.fspath(path)
        self.monitor = Monitor("ModelCheckpoint", monitor, mode)
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.every = every
        self.per = per
        self._logs: dict[str, Any] = {}
        self._best = False

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        """See whether this is the best epoch."""
        self._logs = logs
        self._best = self.save_best_only and self.monitor.improves(logs)

    def on_checkpoint(self, epoch_done: bool) -> None:
        """Save, if it is time."""
        if epoch_done != (self.per == "epoch"):
            return
        done = self.trainer.epoch if epoch_done else self.trainer.steps
        if self._best if self.save_best_only else done % self.every == 0:
            self._save()

    def _save(self) -> None:
        trainer = self.trainer
        epoch, step = trainer.epoch, trainer.steps
        try:
            path = self.path.format(**{**self._logs, "epoch": epoch, "step": step})
        except (KeyError, IndexError) as error:
            known = ", ".join([*self._logs, "epoch", "step"])
            raise ValueError(
                f"[ModelCheckpoint] expected a path with names among {known}; got {self.path!r}"
            ) from error
        if self.save_weights_only:
            files.save(trainer.model.state_dict(), path)
        else:
            trainer.save(path)

    def state_dict(self) -> dict[str, Any]:
        """Return the best value so far, if that matters."""
        return {"best": self.monitor.best} if self.save_best_only else {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what state_dict() returned."""
        self.monitor.best = state_dict["best"]


def numbers(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values that are numbers; some metrics have several."""
    return {name: value for name, value in values.items() if not isinstance(value, list)}


class CSVLogger(Callback):
    """Writes a row of values an epoch; `append` goes on with a file that is there."""

    def __init__(
        self, path: str | os.PathLike[str], separator: str = ",", append: bool = False
    ) -> None:
        self.path = path
        self.separator = separator
        self.append = append
        self._file: IO[str] | None = None
        self._names: list[str] = []

    def on_train_begin(self) -> None:
        """Open the file."""
        self._names = []
        if self.append and os.path.exists(self.path):
            with open(self.path, newline="") as file:
                self._names = next(csv.reader(file, delimiter=self.separator), [])
        self._file = open(self.path, "a" if self.append else "w", newline="")  # noqa: SIM115

    def on_checkpoint(self, epoch_done: bool) -> None:
        """Write a row, and before the first one the names."""
        if not epoch_done or self._file is None:
            return
        history = self.trainer.history
        row = {"epoch": history.epoch[-1], **numbers(history.last())}
        fresh = not self._names
        self._names = self._names or list(row)
        table = csv.DictWriter(
            self._file, self._names, delimiter=self.separator, extrasaction="ignore"
        )
        if fresh:
            table.writeheader()
        table.writerow(row)
        self._file.flush()

    def on_train_end(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
