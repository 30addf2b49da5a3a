"""Shows how a training goes: a bar where tqdm can draw one, else a line an epoch."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import time
from typing import Any, TextIO

from lamina._core import Tensor
from lamina.callbacks.base import Callback

_SECONDS = 0.1  # between two looks at the counters


def shown(value: Any) -> str:
    """Return a number in few digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _line(logs: dict[str, Any]) -> str:
    plain = {name: value for name, value in logs.items() if not isinstance(value, list)}
    return "  ".join(f"{name} {shown(value)}" for name, value in plain.items())


def interactive(stream: TextIO) -> bool:
    """Tell whether somebody watches: a terminal, or a notebook."""
    return stream.isatty() or "ipykernel" in sys.modules


def _has_tqdm() -> bool:
    return importlib.util.find_spec("tqdm") is not None


class ProgressBar(Callback):
    """Shows an epoch's batches, loss and metrics, then leaves a line an epoch.

    With tqdm the batches are a bar, in notebooks too. `bar` forbids or demands it; by default it is
    there if tqdm is installed and somebody watches the stream.
    """

    def __init__(self, bar: bool | None = None, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        if bar is None:
            bar = _has_tqdm() and interactive(self.stream)
        self.bar = bar
        self._bar: Any = None
        self._next = 0.0
        self._start = 0.0

    def on_train_begin(self) -> None:
        """Begin to count seconds; a resumed epoch does not begin."""
        self._start = time.monotonic()

    def on_epoch_begin(self, epoch: int) -> None:
        """Begin to count seconds."""
        self._start = time.monotonic()

    def on_batch_end(self, batch: int, loss: Tensor) -> None:
        """Move the bar, now and then."""
        if not self.bar or (now := time.monotonic()) < self._next:
            return
        self._next = now + _SECONDS
        if self._bar is None:
            self._bar = self._made()
        self._bar.set_postfix_str(_line(self.trainer.results()), refresh=False)
        self._bar.update(batch + 1 - self._bar.n)

    def _made(self) -> Any:
        try:
            tqdm = importlib.import_module("tqdm.auto").tqdm
        except ImportError as error:
            raise ImportError(
                "[ProgressBar] bar=True needs tqdm: pip install lamina[progress]"
            ) from error
        title = f"epoch {self.trainer.epoch + 1}/{self.trainer.epochs}"
        return tqdm(total=self.trainer.batches, desc=title, file=self.stream, leave=False)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        """Leave a line."""
        self._close()
        seconds = time.monotonic() - self._start
        title = f"epoch {epoch + 1}/{self.trainer.epochs}"
        self.stream.write(f"{title}  {seconds:.2f} s  {_line(logs)}\n")
        self.stream.flush()

    def on_train_end(self) -> None:
        """Leave no half bar behind."""
        self._close()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def progress(verbose: str | int) -> list[Callback]:
    """Return what shows the progress: for 0 nothing, 1 a bar where tqdm is, 2 lines."""
    bars = {0: False, 1: _has_tqdm(), 2: False, "auto": None}
    if verbose not in bars:
        raise ValueError(f"[fit] expected verbose to be 0, 1, 2 or 'auto'; got {verbose!r}")
    return [] if verbose == 0 else [ProgressBar(bars[verbose])]
