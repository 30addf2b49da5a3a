"""`python -m benchmarks [group ...]`: runs the groups and prints how lamina compares."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

NAMES = (
    "products",
    "elementwise",
    "reductions",
    "small",
    "capture",
    "steps",
    "inference",
    "loading",
    "memory",
)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="group", help=", ".join(NAMES) + " (all)")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="thread counts")
    parser.add_argument("--rounds", type=int, default=15, help="rounds of each contender")
    parser.add_argument("--only", default="", help="run cases whose name contains this")
    parser.add_argument(
        "--dtype", default="float32", choices=("float32", "float64"), help="of the plain ops"
    )
    parser.add_argument("--json", type=Path, default=Path("benchmarks.json"), help="figures")
    chosen = parser.parse_args()
    unknown = set(chosen.groups) - set(NAMES)
    if unknown:
        parser.error(f"expected groups among {', '.join(NAMES)}; got {', '.join(sorted(unknown))}")
    return chosen


def main() -> None:
    """Measure with each thread count, print a summary and keep the figures."""
    from benchmarks import contest, memory, report

    chosen = _arguments()
    groups = chosen.groups or list(NAMES)
    rows = []
    for threads in chosen.threads:
        raced = [group for group in groups if group != "memory"]
        rows += contest.run(raced, threads, chosen.dtype, chosen.rounds, chosen.only)
        if "memory" in groups:
            rows += memory.show(threads, chosen.only)
    print()
    report.summarize(rows)
    chosen.json.write_text(json.dumps(rows, indent=1))
    print(f"figures: {chosen.json}")


if __name__ == "__main__":
    main()
