"""Background threads that make batches ahead of their use, in order."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any


def get_worker_info() -> None:
    """Return None: workers are threads on one dataset, so there is nothing to divide."""


class Workers:
    """Threads that call `fetch` on the places of batches."""

    def __init__(self, count: int, start: Callable[[int], None] | None) -> None:
        self._pool = futures.ThreadPoolExecutor(count, "lamina-loader")
        self._start = start
        self._numbers = itertools.count()
        self._own = threading.local()

    def _call(self, fetch: Callable[[Any], Any], place: Any) -> Any:
        if self._start and not hasattr(self._own, "started"):
            self._start(next(self._numbers))
            self._own.started = True
        return fetch(place)

    def map(
        self, fetch: Callable[[Any], Any], places: Iterator[Any], ahead: int, timeout: float
    ) -> Iterator[Any]:
        """Yield `fetch(place)` of each place, in order, while the next `ahead` are made."""
        waiting: deque[futures.Future[Any]] = deque()
        try:
            for place in places:
                waiting.append(self._pool.submit(self._call, fetch, place))
                if len(waiting) > ahead:
                    yield _result(waiting.popleft(), timeout)
            while waiting:
                yield _result(waiting.popleft(), timeout)
        finally:
            for future in waiting:
                future.cancel()

    def stop(self) -> None:
        """End the threads, each after the batch that it is making."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _result(future: futures.Future[Any], timeout: float) -> Any:
    try:
        return future.result(timeout or None)
    except futures.TimeoutError:
        if future.done():  # the dataset's own
            raise
        raise RuntimeError(f"[DataLoader] timed out after {timeout} seconds") from None
