"""A callback that writes for TensorBoard."""

from __future__ import annotations

import os
from typing import Any

from lamina._core import Tensor
from lamina.callbacks.base import Callback
from lamina.callbacks.files import numbers


class TensorBoard(Callback):
    """Writes the values of the epochs, and every n-th batch's loss, for TensorBoard."""

    def __init__(self, log_dir: str | os.PathLike[str] = "runs", every: int | None = None) -> None:
        self.log_dir = log_dir
        self.every = every
        self._writer: Any = None

    def on_train_begin(self) -> None:
        """Open an event file."""
        from lamina.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(os.fspath(self.log_dir))

    def on_batch_end(self, batch: int, loss: Tensor) -> None:
        """Write a loss, if it is time."""
        if self.every is not None and self.trainer.steps % self.every == 0:
            self._writer.add_scalar("batch_loss", loss.item(), self.trainer.steps)

    def on_checkpoint(self, epoch_done: bool) -> None:
        """Write the values of an epoch."""
        if epoch_done:
            history = self.trainer.history
            for name, value in numbers(history.last()).items():
                self._writer.add_scalar(name, value, history.epoch[-1])
            self._writer.flush()

    def on_train_end(self) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
