"""`python -m benchmarks.page`: races the libraries and writes docs/benchmarks.md and its plot."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import math
import platform
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import contest, libraries, memory

DOCS = Path(__file__).parents[1] / "docs"
Row = dict[str, Any]

HEAD = """# How fast, beside whom

Written by `python -m benchmarks.page` with {libraries}, on {machine}, {when}.

Every library runs in a process of its own, held to as many CPUs as threads; the processes take
turns, in {rounds} rounds, and the median counts. All begin with the same weights and the same
batch, and the first result of each is compared with the others'. PyTorch runs eagerly with its
fused optimizers and through `torch.compile`; JAX with Flax and Optax under `jit`, its buffers
donated; Keras on TensorFlow as one `tf.function` without what `fit` adds. A workload is defined
once, in `benchmarks/workloads`, for all of them.

**Floor** is the time that the products of a step take at {peak:.0f} GFLOP/s a thread, the best that
anybody reached on products of 512x512 in the same run; where Winograd's tiles save multiplications,
a step may come below it. **x** is the time of the best other library over that of `lm.compile`,
**x eager** that of PyTorch's eager step over lamina's.
"""


def _time(seconds: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} us"


def _mean(ratios: list[float]) -> str:
    return f"{math.exp(statistics.fmean(map(math.log, ratios))):.2f}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _others(rows: list[Row]) -> list[str]:
    names = dict.fromkeys(name for row in rows for name in row["seconds"])
    return [name for name in names if not name.startswith("lamina")]


def _races(rows: list[Row], peak: float, floors: bool) -> str:
    """A line a case."""
    others = _others(rows)
    lines, eager = [], []
    for row in rows:
        times = row["seconds"]
        eager.append(times["torch"] / times["lamina eager"] if "torch" in times else math.nan)
        floor = row["flops"] / (peak * row["threads"])
        cells = [row["name"], _time(times["lamina"])]
        if floors:
            cells.append(f"{times['lamina'] / floor:.2f}" if floor > 1e-6 else "")
        cells.append(_time(times["lamina eager"]))
        cells += [_time(times[name]) if name in times else "" for name in others]
        lines.append([*cells, f"{row['ratio']:.2f}", f"{eager[-1]:.2f}"])
    means = [_mean([row["ratio"] for row in rows]), _mean(eager)]
    lines.append(["geometric mean", *[""] * (len(lines[0]) - 3), *means])
    head = ["", "lamina", *(["/ floor"] if floors else []), "lamina eager", *others]
    return _table([*head, "x", "x eager"], lines)


def _memory(rows: list[Row]) -> str:
    names = list(rows[0]["bytes_of"])
    lines = []
    for row in rows:
        sizes = row["bytes_of"]
        share = [f"{sizes['lamina'] / sizes['torch']:.2f}"] if "torch" in sizes else []
        lines.append([row["name"], *(f"{sizes[name] / 1e6:.0f}" for name in names), *share])
    return _table(["MB", *names, *(["lamina / torch"] if "torch" in names else [])], lines)


def _plot(steps: dict[int, list[Row]], path: Path) -> None:
    """How many times faster than each other library, workload by workload."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(len(steps), figsize=(9, 3.2 * len(steps)), squeeze=False)
    for axes, (threads, rows) in zip(panels[:, 0], steps.items(), strict=True):
        others = _others(rows)
        width = 0.8 / len(others)
        for i, name in enumerate(others):
            places = [k + (i - (len(others) - 1) / 2) * width for k in range(len(rows))]
            heights = [
                row["seconds"].get(name, math.nan) / row["seconds"]["lamina"] for row in rows
            ]
            axes.bar(places, heights, width, label=name)
        axes.axhline(1, color="black", linewidth=1)
        axes.set_yscale("log")
        axes.set_yticks([1, 2, 5, 10, 20, 50, 100], ["1", "2", "5", "10", "20", "50", "100"])
        axes.minorticks_off()
        axes.set_xticks(range(len(rows)), [row["name"] for row in rows], rotation=20)
        axes.set_ylabel("time / lamina's")
        axes.set_title(f"A training step, {threads} thread{'s' * (threads > 1)}")
    panels[0, 0].legend(ncols=4, fontsize="small")
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def _by_threads(rows: list[Row], group: str) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        if row["group"] == group:
            found.setdefault(row["threads"], []).append(row)
    return found


def measure(threads: list[int], rounds: int) -> list[Row]:
    """Run all races."""
    rows: list[Row] = []
    for count in threads:
        rows += contest.run(["products"], count, "float32", rounds, "512x512x512")
        rows += contest.run(["steps", "inference"], count, "float32", rounds, "")
    return rows + memory.show(1, "")


def write(rows: list[Row], rounds: int, when: str) -> None:
    """Write the page and its plot."""
    steps, inference = _by_threads(rows, "steps"), _by_threads(rows, "inference")
    square = [row for row in rows if row["group"] == "products" and row["threads"] == 1]
    peak = max(row["flops"] / min(row["seconds"].values()) for row in square)
    names = [f"{name} {_version(name)}" for name in libraries.installed()]
    text = HEAD.format(
        libraries=", ".join(names), machine=_machine(), when=when, rounds=rounds, peak=peak / 1e9
    )
    text += "\n![how many times faster](benchmarks.png)\n"
    parts: list[tuple[str, dict[int, list[Row]], Callable[[list[Row]], str]]] = [
        ("Training steps", steps, lambda rows: _races(rows, peak, floors=True)),
        ("Inference, by batch", inference, lambda rows: _races(rows, peak, floors=False)),
    ]
    for title, group, table in parts:
        for threads, chosen in group.items():
            text += f"\n## {title}, {threads} thread{'s' * (threads > 1)}\n\n{table(chosen)}"
    text += "\n## Peak memory of a process that trains\n\n"
    text += _memory([row for row in rows if row["group"] == "memory"])
    (DOCS / "benchmarks.md").write_text(text)
    _plot(steps, DOCS / "benchmarks.png")


def _version(library: str) -> str:
    import lamina as lm

    return lm.__version__ if library == "lamina" else importlib.metadata.version(library)


def _machine() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def main() -> None:
    """Measure, or take the figures of an earlier run, and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="thread counts")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each contender")
    parser.add_argument("--figures", type=Path, default=Path("page.json"), help="kept here")
    parser.add_argument("--write-only", action="store_true", help="from the figures kept")
    chosen = parser.parse_args()
    if not chosen.write_only:
        import datetime

        kept = {
            "rows": measure(chosen.threads, chosen.rounds),
            "rounds": chosen.rounds,
            "when": datetime.date.today().isoformat(),
        }
        chosen.figures.write_text(json.dumps(kept, indent=1))
    kept = json.loads(chosen.figures.read_text())
    write(kept["rows"], kept["rounds"], kept["when"])


if __name__ == "__main__":
    main()
