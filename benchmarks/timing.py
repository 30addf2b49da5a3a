"""How contenders are timed: alternating, warmed up, medians of many short rounds."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Contender = Callable[[], object]

ROUND_SECONDS = 0.004
# The worker threads of one contender spin for a while (OpenBLAS's for some 30 ms), on the very CPU
# that the next one's workers need; they must be asleep when it starts.
SETTLE_SECONDS = 0.05


@dataclass(frozen=True)
class Timing:
    """Seconds a call: the median over rounds, and how far the quartiles lie apart."""

    median: float
    spread: float


def _calls_per_round(function: Contender) -> int:
    calls = 1
    while True:
        start = time.perf_counter()
        for _ in range(calls):
            function()
        elapsed = time.perf_counter() - start
        if elapsed >= ROUND_SECONDS / 2:
            return max(1, round(calls * ROUND_SECONDS / elapsed))
        calls *= 4


def _one_round(function: Contender, calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        function()
    return (time.perf_counter() - start) / calls


def alternate(contenders: Mapping[str, Contender], rounds: int) -> dict[str, Timing]:
    """Time all contenders in turn, `rounds` times, each round in the reverse order of the last."""
    calls = {name: _calls_per_round(function) for name, function in contenders.items()}
    samples: dict[str, list[float]] = {name: [] for name in contenders}
    order = list(contenders)
    for _ in range(rounds):
        for name in order:
            time.sleep(SETTLE_SECONDS)
            contenders[name]()
            samples[name].append(_one_round(contenders[name], calls[name]))
        order.reverse()
    return {name: _summary(values) for name, values in samples.items()}


def _summary(values: list[float]) -> Timing:
    low, middle, high = statistics.quantiles(values, n=4)
    return Timing(median=middle, spread=(high - low) / middle)
