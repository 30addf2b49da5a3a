"""Peak memory of training: each library and workload in a fresh process."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import Any

from benchmarks import libraries
from benchmarks.contest import environment_of

STEPS = 20


def _train(answer: Any, contender: str, workload: str, threads: int) -> None:
    libraries.pin(threads)
    from benchmarks.groups import steps
    from benchmarks.workloads import WORKLOADS

    chosen = next(each for each in WORKLOADS if each.name == workload)
    step = steps.contenders(chosen)[contender]
    for _ in range(STEPS):
        step()
    answer.send(_peak())


def _peak() -> int:
    """Bytes, as Linux tells them; rusage's figure is inherited from the process that started us."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


def peak(contender: str, workload: str, threads: int) -> int:
    """Bytes that a process needed at most, its imports included."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_train, args=(theirs, contender, workload, threads))
    with environment_of(contender.split()[0], threads):
        process.start()
    theirs.close()
    result: int = ours.recv()
    process.join()
    return result


def show(threads: int, only: str) -> list[dict[str, Any]]:
    """Print a line a workload."""
    from benchmarks.workloads import WORKLOADS

    rows = []
    names = [name for name in libraries.installed() if name != "numpy"]
    print(f"\nmemory, {threads} thread(s): peak in MB of a process that trains")
    for workload in WORKLOADS:
        if only not in workload.name:
            continue
        found = {name: peak(name, workload.name, threads) for name in names}
        print(
            f"{workload.name:<26} "
            + "  ".join(f"{name} {size / 1e6:.0f}" for name, size in found.items()),
            flush=True,
        )
        rows.append(
            {"group": "memory", "name": workload.name, "threads": threads, "bytes_of": found}
        )
    return rows
