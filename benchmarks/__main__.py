"""`python -m benchmarks [group ...]`: runs the groups and prints how lamina compares."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.peers import environment, pin

NAMES = ("products", "elementwise", "reductions", "small", "steps")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="group", help=", ".join(NAMES) + " (all)")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="thread counts")
    parser.add_argument("--rounds", type=int, default=15, help="rounds of each contender")
    parser.add_argument("--only", default="", help="run cases whose name contains this")
    parser.add_argument("--json", type=Path, default=Path("benchmarks.json"), help="figures")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    unknown = set(chosen.groups) - set(NAMES)
    if unknown:
        parser.error(f"expected groups among {', '.join(NAMES)}; got {', '.join(sorted(unknown))}")
    return chosen


def _work(arguments: argparse.Namespace) -> None:
    """Measure in this process, which the parent started with the right environment."""
    pin(arguments.worker)
    import lamina as lm
    from benchmarks import report, timing
    from benchmarks.groups import GROUPS

    lm.set_num_threads(arguments.worker)
    rows: list[dict[str, Any]] = []
    for group in arguments.groups or NAMES:
        print(f"\n{group}, {arguments.worker} thread(s), {lm.isa()}; x: best rival's time / ours")
        for case in GROUPS[group]():
            if arguments.only not in case.name:
                continue
            case.check()
            timings = timing.alternate(case.contenders, arguments.rounds)
            rows.append(report.record(case, timings, arguments.worker))
            report.show(case, rows[-1])
    arguments.json.write_text(json.dumps(rows))


def main() -> None:
    """Start one process per thread count and gather what they measured."""
    arguments = _arguments()
    if arguments.worker:
        _work(arguments)
        return
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for threads in arguments.threads:
            part = Path(folder) / f"{threads}.json"
            command = [sys.executable, "-m", "benchmarks", *arguments.groups]
            command += ["--worker", str(threads), "--rounds", str(arguments.rounds)]
            command += ["--only", arguments.only, "--json", str(part)]
            subprocess.run(command, check=True, env=environment(threads))
            rows += json.loads(part.read_text())
    from benchmarks.report import summarize

    print()
    summarize(rows)
    arguments.json.write_text(json.dumps(rows, indent=1))
    print(f"figures: {arguments.json}")


if __name__ == "__main__":
    main()
