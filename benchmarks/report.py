"""Prints a row for each case as it is measured, and keeps the figures for JSON."""

from __future__ import annotations

import math
from typing import Any

from benchmarks.case import Case
from benchmarks.timing import Timing


def _time(seconds: float) -> str:
    for unit, scale in (("s ", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:7.2f} {unit}"
    return f"{seconds / 1e-9:7.1f} ns"


def _rate(case: Case, seconds: float) -> str:
    if case.flops:
        return f"{case.flops / seconds / 1e9:7.1f} GF/s"
    return f"{case.bytes / seconds / 1e9:7.1f} GB/s" if case.bytes else " " * 12


def record(case: Case, timings: dict[str, Timing], threads: int) -> dict[str, Any]:
    """The figures of one case; `ratio` is the best rival's time over lamina's."""
    own = timings["lamina"].median
    rivals = {name: t.median for name, t in timings.items() if not name.startswith("lamina")}
    return {
        "group": case.group,
        "name": case.name,
        "threads": threads,
        "flops": case.flops,
        "bytes": case.bytes,
        "seconds": {name: t.median for name, t in timings.items()},
        "spread": {name: t.spread for name, t in timings.items()},
        "ratio": min(rivals.values()) / own if rivals else None,
    }


def show(case: Case, row: dict[str, Any]) -> None:
    """Print one line."""
    seconds = row["seconds"]
    others = "  ".join(f"{n} {_time(s)}" for n, s in seconds.items() if n != "lamina")
    ratio = f"{row['ratio']:5.2f}x" if row["ratio"] else "      "
    own = seconds["lamina"]
    print(f"{case.name:<26} {_time(own)} {_rate(case, own)} {ratio}  | {others}", flush=True)


def summarize(rows: list[dict[str, Any]]) -> None:
    """Print the geometric mean of each group and its slowest case."""
    groups = sorted({(row["threads"], row["group"]) for row in rows})
    for threads, group in groups:
        chosen = [r for r in rows if (r["threads"], r["group"]) == (threads, group) and r["ratio"]]
        if not chosen:
            continue
        mean = math.exp(sum(math.log(r["ratio"]) for r in chosen) / len(chosen))
        worst = min(chosen, key=lambda r: r["ratio"])
        behind = sum(r["ratio"] < 1 for r in chosen)
        print(
            f"{group}, {threads} thread(s): {mean:.2f}x the best rival in the geometric mean, "
            f"behind in {behind} of {len(chosen)}, worst {worst['ratio']:.2f}x ({worst['name']})"
        )
