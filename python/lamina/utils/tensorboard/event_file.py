"""A file of events in TensorBoard's form; what an event holds is made in summaries.py."""

from __future__ import annotations

import importlib
import itertools
import os
import socket
import time
from typing import Any

_numbers = itertools.count()


def tensorboard(module: str) -> Any:
    """Return a module of the package tensorboard."""
    try:
        return importlib.import_module(f"tensorboard.{module}")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "[SummaryWriter] expected the package tensorboard; pip install lamina[tensorboard]"
        ) from error


def proto(name: str) -> Any:
    """Return a module of its messages."""
    return tensorboard(f"compat.proto.{name}_pb2")


class EventFile:
    """Events one after the other, on disk after `max_queue` of them or `flush_secs` seconds."""

    def __init__(self, folder: str, max_queue: int, flush_secs: float, suffix: str) -> None:
        record_writer = tensorboard("summary.writer.record_writer").RecordWriter
        self._event = proto("event").Event
        self._max_queue = max_queue
        self._flush_secs = flush_secs
        self._pending = 0
        self._flushed = time.monotonic()
        os.makedirs(folder, exist_ok=True)
        place = f"{socket.gethostname()}.{os.getpid()}.{next(_numbers)}"
        name = f"events.out.tfevents.{int(time.time()):010}.{place}{suffix}"
        file = open(os.path.join(folder, name), "xb")  # noqa: SIM115
        self._records = record_writer(file)
        self.add(file_version="brain.Event:2")
        self.flush()

    def add(self, step: Any = None, walltime: float | None = None, **content: Any) -> None:
        """Write an event."""
        event = self._event(
            step=0 if step is None else int(step),
            wall_time=time.time() if walltime is None else walltime,
            **content,
        )
        self._records.write(event.SerializeToString())
        self._pending += 1
        late = time.monotonic() - self._flushed >= self._flush_secs
        if late or self._pending >= self._max_queue:
            self.flush()

    def flush(self) -> None:
        """Hand everything to the system."""
        self._records.flush()
        self._pending = 0
        self._flushed = time.monotonic()

    def close(self) -> None:
        """Write the rest; nothing may follow."""
        self._records.close()
