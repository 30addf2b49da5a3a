"""Lets the libraries take turns at the same cases, one process a library and thread count."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks import libraries, report, timing, worker
from benchmarks.case import About, check

# The threads of one library spin for a while after their work (OpenBLAS's for some 30 ms), on the
# very CPU that the next one's need; they must be asleep when it starts.
SETTLE_SECONDS = 0.05


class Rival:
    """The process of one library."""

    def __init__(self, library: str, threads: int, dtype: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._end, other = context.Pipe()
        process = context.Process(target=worker.serve, args=(other, library, threads, dtype))
        process.daemon = True
        with environment_of(library, threads):
            process.start()
        other.close()

    def ask(self, *what: Any) -> Any:
        """Have it do something and wait for the answer."""
        self._end.send(what)
        return self._end.recv()


@contextmanager
def environment_of(library: str, threads: int) -> Iterator[None]:
    """Processes started meanwhile belong to a library and its threads."""
    before = dict(os.environ)
    own = libraries.environment(library, threads)
    os.environ.clear()
    os.environ.update(own)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def run(groups: list[str], threads: int, dtype: str, rounds: int, only: str) -> list[Any]:
    """Measure the cases of some groups whose names contain `only`; one row of figures a case."""
    rows = []
    rivals = [Rival(library, threads, dtype) for library in libraries.installed()]
    for group in groups:
        print(f"\n{group}, {threads} thread(s), {dtype}; x: best rival's time / ours")
        for rival in rivals:
            rival.ask("begin", group)
        for about in _cases(rivals):
            if only in about.name:
                contenders = {name: rival for rival in rivals for name in rival.ask("prepare")}
                rows.append(_measure(about, contenders, rounds) | {"threads": threads})
                report.show(rows[-1])
    return rows


def _cases(rivals: list[Rival]) -> Iterator[About]:
    """Take everybody from case to case."""
    while True:
        first, *_ = [rival.ask("advance") for rival in rivals]
        if first is None:
            return
        yield first


def _measure(about: About, contenders: dict[str, Rival], rounds: int) -> dict[str, Any]:
    check(about, {name: rival.ask("result", name) for name, rival in contenders.items()})
    samples: dict[str, list[float]] = {name: [] for name in contenders}
    order = list(contenders)
    for _ in range(rounds):
        for name in order:
            time.sleep(SETTLE_SECONDS)
            samples[name].append(contenders[name].ask("measure", name))
        order.reverse()
    return report.record(about, {name: timing.summary(s) for name, s in samples.items()})
