"""Prints a row for each case as it is measured, and keeps the figures for JSON."""

from __future__ import annotations

import math
from typing import Any

from benchmarks.case import About
from benchmarks.timing import Timing


def _time(seconds: float) -> str:
    for unit, scale in (("s ", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:7.2f} {unit}"
    return f"{seconds / 1e-9:7.1f} ns"


def _rate(row: dict[str, Any], seconds: float) -> str:
    for amount, unit in ((row["flops"], "GF/s"), (row["bytes"], "GB/s")):
        if amount:
            return f"{amount / seconds / 1e9:7.1f} {unit}"
    return " " * 12


def record(about: About, timings: dict[str, Timing]) -> dict[str, Any]:
    """The figures of one case; `ratio` is the best rival's time over lamina's."""
    own = timings["lamina"].median
    rivals = {name: t.median for name, t in timings.items() if not name.startswith("lamina")}
    return {
        "group": about.group,
        "name": about.name,
        "flops": about.flops,
        "bytes": about.bytes,
        "seconds": {name: t.median for name, t in timings.items()},
        "spread": {name: t.spread for name, t in timings.items()},
        "ratio": min(rivals.values()) / own if rivals else None,
    }


def show(row: dict[str, Any]) -> None:
    """Print one line."""
    seconds = row["seconds"]
    others = "  ".join(f"{n} {_time(s)}" for n, s in seconds.items() if n != "lamina")
    ratio = f"{row['ratio']:5.2f}x" if row["ratio"] else "      "
    own = seconds["lamina"]
    print(f"{row['name']:<26} {_time(own)} {_rate(row, own)} {ratio}  | {others}", flush=True)


def summarize(rows: list[dict[str, Any]]) -> None:
    """Print the geometric mean of each group and its slowest case."""
    rows = [row for row in rows if row.get("ratio")]
    groups = sorted({(row["threads"], row["group"]) for row in rows})
    for threads, group in groups:
        chosen = [
            r for r in rows if (r["threads"], r["group"]) == (threads, group) and r.get("ratio")
        ]
        if not chosen:
            continue
        mean = math.exp(sum(math.log(r["ratio"]) for r in chosen) / len(chosen))
        worst = min(chosen, key=lambda r: r["ratio"])
        behind = sum(r["ratio"] < 1 for r in chosen)
        print(
            f"{group}, {threads} thread(s): {mean:.2f}x the best rival in the geometric mean, "
            f"behind in {behind} of {len(chosen)}, worst {worst['ratio']:.2f}x ({worst['name']})"
        )
