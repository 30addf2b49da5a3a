"""How one contender is timed: short rounds of calls; who takes turns stands in contest.py."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

from benchmarks.case import Contender

ROUND_SECONDS = 0.004


@dataclass(frozen=True)
class Timing:
    """Seconds a call: the median over rounds, and how far the quartiles lie apart."""

    median: float
    spread: float


def calls_per_round(function: Contender) -> int:
    """As many as fill a round."""
    calls = 1
    while True:
        elapsed = calls * one_round(function, calls)
        if elapsed >= ROUND_SECONDS / 2:
            return max(1, round(calls * ROUND_SECONDS / elapsed))
        calls *= 4


def one_round(function: Contender, calls: int) -> float:
    """Seconds a call."""
    start = time.perf_counter()
    for _ in range(calls):
        function()
    return (time.perf_counter() - start) / calls


def summary(samples: list[float]) -> Timing:
    """The median of rounds and their spread."""
    low, middle, high = statistics.quantiles(samples, n=4)
    return Timing(median=middle, spread=(high - low) / middle)
