"""Ctrl-C that waits for the end of a step."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def interruptible(stop: Callable[[str], None]) -> Iterator[None]:
    """Have the first Ctrl-C call `stop`; a second one interrupts at once, as ever.

    A program's own handler of the signal stays, and so does everything outside the main thread.
    """
    before = signal.getsignal(signal.SIGINT)
    main = threading.current_thread() is threading.main_thread()
    if not main or before is not signal.default_int_handler:
        yield
        return

    def once(*_: Any) -> None:
        signal.signal(signal.SIGINT, before)
        stop("interrupted")

    signal.signal(signal.SIGINT, once)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
