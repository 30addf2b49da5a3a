"""Texts on recorded programs: what they launch, and where their time goes; and their tables."""

from __future__ import annotations

import functools
import itertools
import math
import time
from collections.abc import Callable, Container, Iterable, Sequence
from typing import Any, NamedTuple

from lamina import _core

# Shape, type and buffer; a launch has a name, what it writes and what it reads.
Operand = tuple[tuple[int, ...], _core.dtype, int]
Launch = tuple[str, list[Operand], list[Operand]]

_PRODUCTS = {"linear", "matmul", "mm", "bmm", "addmm", "baddbmm"}
_RECURRENT = {"lstm", "gru", "rnn_tanh", "rnn_relu"}


class Limits(NamedTuple):
    """What a machine can do in a second."""

    flops: float
    bytes: float
    threads: int

    def __str__(self) -> str:
        threads = f"{self.threads} thread{'s' * (self.threads > 1)}"
        speeds = f"{self.flops / 1e9:.0f} GFLOP/s and {self.bytes / 1e9:.0f} GB/s"
        return f"limits on {threads}: {speeds} from memory"


@functools.cache
def limits(threads: int) -> Limits:
    """Measure, with the threads that are set, a product and a sum over what no cache holds."""
    side, length = 512, 1 << 24
    square, long = _core.ones(side, side), _core.ones(length)
    work = 2 * side**3 / _least_time(lambda: _core.matmul(square, square))
    return Limits(work, 4 * length / _least_time(lambda: _core.sum(long)), threads)


def _least_time(call: Callable[[], Any]) -> float:
    times = []
    for _ in range(4):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def explain(programs: list[Any]) -> str:
    """Return the launches of all programs in order, with what they write, read and compute."""
    if not programs:
        return "nothing is recorded yet: call it once"
    return "\n\n".join(_explain(program) for program in programs)


def profile(program: Any, runs: list[list[float]], limits: Limits) -> str:
    """Return the median time of each stage, the longest first, beside what the machine can do."""
    stages = _stages(program)
    times = [sorted(each)[len(each) // 2] for each in zip(*runs, strict=True)]
    total = sum(each for each in times if each >= 0)
    rows = [("", "launches", "us", "share", "GB/s", "GFLOP/s", "limit", "writes")]
    for i in sorted(range(len(stages)), key=lambda i: -times[i]):
        name = " + ".join(name for name, _, _ in stages[i])
        speeds = _speeds(stages[i], times[i], total, limits) if times[i] >= 0 else _SKIPPED
        written = _tensors([each for _, writes, _ in stages[i] for each in writes])
        rows.append((str(i), name, *speeds, written))
    head = f"{total * 1e6:.1f} us in {len(stages)} stages; {limits}"
    return f"{head}\n{table(rows)}"


# A stage whose result is that of an earlier run, as what it reads has not changed.
_SKIPPED = ("skipped", "", "", "", "")


def _speeds(
    stage: list[Launch], seconds: float, total: float, limits: Limits
) -> tuple[str, str, str, str, str]:
    seconds = max(seconds, 1e-9)
    moved, work = sum(map(_bytes, stage)) / seconds, sum(map(flops, stage)) / seconds
    return (
        f"{seconds * 1e6:.1f}",
        f"{seconds / total:.1%}",
        f"{moved / 1e9:.1f}",
        _count(work / 1e9),
        f"{max(moved / limits.bytes, work / limits.flops):.0%}",
    )


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
    """Return the operations of products and convolutions, both ways; 0 where they do not count."""
    name, writes, reads = launch
    if name.endswith("_backward") and name.removesuffix("_backward") in _RECURRENT:
        return _recurrent_backward(launch)
    if name == "attention_backward":  # (query, key, value, mask, result, ...) to three gradients
        query, key, result = reads[0][0], reads[1][0], reads[4][0]
        return 2 * key[-2] * (3 * math.prod(query) + 2 * math.prod(result))
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


def _recurrent_backward(launch: Launch) -> int:
    """Read (gradient, input, weights of input and state, ...); write gradients, if of the input."""
    name, writes, reads = launch
    source, of_input, of_state = (shape for shape, _, _ in reads[1:4])
    hidden = of_state[0] // 4 if name.startswith("lstm") else of_state[1]
    recurrent = math.prod(of_state) + (hidden * of_state[1] if hidden != of_state[1] else 0)
    weights = math.prod(of_input) + recurrent
    to_input = math.prod(of_input) if tuple(writes[0][0]) == tuple(source) else 0
    return 2 * source[0] * (weights + recurrent + to_input)


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
