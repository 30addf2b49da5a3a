"""Texts on recorded programs: what they launch, and where their time goes; and their tables."""

from __future__ import annotations

import itertools
import math
from collections.abc import Container, Iterable, Sequence
from typing import Any

from lamina import _core

# Shape, type and buffer; a launch has a name, what it writes and what it reads.
Operand = tuple[tuple[int, ...], _core.dtype, int]
Launch = tuple[str, list[Operand], list[Operand]]

_PRODUCTS = {"linear", "matmul", "mm", "bmm", "addmm", "baddbmm"}
_RECURRENT = {"lstm", "gru", "rnn_tanh", "rnn_relu"}


def explain(programs: list[Any]) -> str:
    """Return the launches of all programs in order, with what they write, read and compute."""
    if not programs:
        return "nothing is recorded yet: call it once"
    return "\n\n".join(_explain(program) for program in programs)


def profile(program: Any, runs: list[list[float]]) -> str:
    """Return the median time of each stage, the longest first."""
    stages = _stages(program)
    times = [sorted(each)[len(each) // 2] for each in zip(*runs, strict=True)]
    total = sum(times)
    rows = [("", "launches", "us", "share", "GB/s", "GFLOP/s", "writes")]
    for i in sorted(range(len(stages)), key=lambda i: -times[i]):
        seconds = max(times[i], 1e-9)
        rows.append(
            (
                str(i),
                " + ".join(name for name, _, _ in stages[i]),
                f"{times[i] * 1e6:.1f}",
                f"{times[i] / total:.1%}",
                f"{sum(map(_bytes, stages[i])) / seconds / 1e9:.1f}",
                _count(sum(map(flops, stages[i])) / seconds / 1e9),
                _tensors([written for _, writes, _ in stages[i] for written in writes]),
            )
        )
    return f"{total * 1e6:.1f} us in {len(stages)} stages\n" + table(rows)


def _stages(program: Any) -> list[list[Launch]]:
    """Return the launches of a program in the groups that run together."""
    launches = iter(program["launches"])
    return [list(itertools.islice(launches, count)) for count in program["stages"]]


def _explain(program: Any) -> str:
    launches, stages = program["launches"], _stages(program)
    rows = [("", "launch", "writes", "reads", "kB", "kflop")]
    for i, stage in enumerate(stages):
        for launch in stage:
            name, writes, reads = launch
            place = str(i) if launch is stage[0] else "+"  # runs together with the one before
            kilobytes, work = _count(_bytes(launch) / 1e3), _count(flops(launch) / 1e3)
            rows.append((place, name, _tensors(writes), _tensors(reads), kilobytes, work))
    head = [f"{len(launches)} launches in {len(stages)} stages"]
    if program["unread"]:
        head.append(f"{program['unread']} more left out, whose results nobody reads")
    head.append(f"{_count(sum(map(_bytes, launches)) / 1e3)} kB read and written")
    head.append(f"arena {_count(program['arena_bytes'] / 1e3)} kB")
    return f"{', '.join(head)}\n{table(rows)}"


def _bytes(launch: Launch) -> int:
    """Return how much memory a launch touches; what it reads and writes in place counts twice."""
    _, writes, reads = launch
    return sum(math.prod(shape) * dtype.itemsize for shape, dtype, _ in [*writes, *reads])


def flops(launch: Launch) -> int:
    """Return the operations of a forward product or convolution; 0 where they do not count."""
    name, writes, reads = launch
    if name.removesuffix("_cell") in _RECURRENT:
        matrices = [math.prod(shape) for shape, _, _ in reads[1:] if len(shape) == 2]
        # First states, if given: of an LSTM two. A projection stands beside its two weights.
        weights = 3 if name.startswith("lstm") and len(matrices) % 2 else 2
        return 2 * reads[0][0][0] * sum(matrices[-weights:])
    if name == "scaled_dot_product_attention":
        query, key = reads[0][0], reads[1][0]
        return 2 * key[-2] * (math.prod(query) + math.prod(writes[0][0]))
    if name in _PRODUCTS:
        return 2 * math.prod(writes[0][0]) * reads[0][0][-1]
    if name == "conv_weight_grad":  # (x, gradient of the result) to the weight's
        weight, grad = writes[0][0], reads[1][0]
        return 2 * math.prod(weight) * grad[0] * math.prod(grad[2:])
    if name.startswith("conv") and len(reads) > 1:
        result, source, weight = writes[0][0], reads[0][0], reads[1][0]
        dims = len(weight) - 2
        images = math.prod(result[: -dims - 1])
        # Each filter is laid once on each pixel of one side.
        pixels = math.prod((source if "transpose" in name else result)[-dims:])
        return 2 * images * pixels * math.prod(weight)
    return 0


def _count(number: float) -> str:
    return f"{number:.1f}" if number else ""


def _tensors(operands: Iterable[Operand]) -> str:
    texts = [f"{_short(dtype)}{list(shape)}" for shape, dtype, _ in operands]
    more = f" and {len(texts) - 3} more" if len(texts) > 3 else ""
    return " ".join(texts[:3]) + more


def _short(dtype: _core.dtype) -> str:
    name = str(dtype).rpartition(".")[2]
    return name[0] + name.lstrip("abcdefghijklmnopqrstuvwxyz")


def table(rows: Sequence[tuple[str, ...]], numbers: Container[int] = ()) -> str:
    """Return rows in aligned columns; those of `numbers` end at one edge."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(
            cell.rjust(width) if i in numbers else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
    return "\n".join(lines)
