"""The process of one library: walks through the cases, computes and times what it is told to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.case import Case, Contender


def serve(told: Connection, library: str, threads: int, dtype: str) -> None:
    """Answer the methods of Work by name until the other side ends."""
    from benchmarks import libraries

    libraries.pin(threads)
    work = Work(library, dtype)
    while True:
        try:
            method, *arguments = told.recv()
        except EOFError:
            return
        told.send(getattr(work, method)(*arguments))


class Work:
    """Where this process is in the cases, and what it can do with the present one."""

    def __init__(self, library: str, dtype: str) -> None:
        self._library = library
        self._dtype = dtype
        self._cases: Iterator[Case] = iter(())
        self._case: Any = None
        self._contenders: Mapping[str, Contender] = {}
        self._calls: dict[str, int] = {}

    def begin(self, group: str) -> None:
        """Go to the first case of a group."""
        from benchmarks.groups import GROUPS

        self._cases = GROUPS[group](self._dtype)

    def advance(self) -> Any:
        """Go to the next case and say what it is; None at the end."""
        self._case = next(self._cases, None)
        return self._case and self._case.about

    def prepare(self) -> list[str]:
        """Make ready for the case; who of this library takes part."""
        self._contenders = self._case.prepare()
        return [name for name in self._contenders if name.split()[0] == self._library]

    def result(self, name: str) -> Any:
        """What a contender computes, as an array."""
        return self._case.to_numpy(self._contenders[name]())

    def measure(self, name: str) -> float:
        """Time one round of a contender: seconds a call."""
        from benchmarks import timing

        function = self._contenders[name]
        function()
        key = f"{self._case.about.name}/{name}"
        if key not in self._calls:
            self._calls[key] = timing.calls_per_round(function)
        return timing.one_round(function, self._calls[key])
