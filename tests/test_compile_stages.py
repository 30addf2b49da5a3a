"""What a program does together, leaves out and puts into one place, beside the eager run's bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import lamina as lm

ROWS, COLUMNS = 300, 257  # beyond what a stage takes through at a time, and no whole vectors


def compiled_and_eager(step: Callable[..., Any], *inputs: Any) -> dict[str, Any]:
    """Assert that replays give the eager bits, on one thread and on two; return the program."""
    compiled = lm.compile(step)
    before = lm.get_num_threads()
    compiled(*(x.clone() for x in inputs))
    try:
        for threads in (1, 2):
            lm.set_num_threads(threads)
            for scale in (1.0, -0.5):
                own = [x * scale for x in inputs]
                given = [x.clone() for x in own]
                expected, got = step(*own), compiled(*given)
                pairs = zip([*_flat(expected), *own], [*_flat(got), *given], strict=True)
                for left, right in pairs:
                    assert left.numpy().tobytes() == right.numpy().tobytes()
    finally:
        lm.set_num_threads(before)
    (program,) = compiled.programs()
    return program


def _flat(result: Any) -> list[Any]:
    return list(result) if isinstance(result, tuple) else [result]


def normal(*sizes: int) -> Any:
    return lm.randn(*sizes, generator=lm.Generator().manual_seed(len(sizes)))


def together(
    x: Any, y: Any, bias: Any, column: Any
) -> dict[str, tuple[Callable[..., Any], tuple[Any, ...], list[int]]]:
    """Steps, their inputs, and how many launches each of their stages takes together."""
    return {
        "chain": (lambda x: ((x * 2 + 1).tanh() * x).abs(), (x,), [5]),
        "rows": (lambda x, b: (x + b).relu() * x, (x, bias), [3]),
        "columns": (lambda x, c: (x * c).exp() - x, (x, column), [3]),
        "types": (lambda x, y: lm.where(x > y, x, -y), (x, y), [3]),
        "in place": (lambda x, y: (x * y).add_(x).mul_(y), (x, y), [3]),
        "two results": (lambda x, y: ((s := x + y) * 2, s * 3), (x, y), [3]),
        "halves": (lambda x: x[:150] * 2 - x[150:], (x,), [2]),
        "a dependent shift": (lambda x: (z := x * 2)[1:] + z[:-1], (x,), [1, 1]),
        "a transposed read": (lambda x: (z := x[:, :256] * 2)[:256].t() + z[:256], (x,), [1, 1]),
        "a flipped read": (lambda x: (z := x * 2).flip(0) + z, (x,), [1, 2]),
        "a sum between": (lambda x: (z := x * 2) / z.sum(0), (x,), [1, 1, 1]),
        "a whole read": (lambda x: (z := x * 2) - z[3], (x,), [1, 1]),
        "its argument changed": (lambda x, y: x.mul_(2).add_(y), (x, y), [1, 1]),
        "little work": (lambda x: (x[:4] * 2 + 1).tanh(), (x,), [1, 1, 1]),
    }


NAMES = tuple(together(*(None,) * 4))


@pytest.mark.parametrize("name", NAMES)
def test_parts_go_together_where_they_depend_on_the_same_parts(name: str) -> None:
    x, y = normal(ROWS, COLUMNS), normal(COLUMNS, ROWS).t().contiguous()
    step, inputs, stages = together(x, y, normal(COLUMNS), normal(ROWS, 1))[name]
    assert compiled_and_eager(step, *inputs)["stages"] == stages


def test_what_passes_takes_no_memory_of_its_own() -> None:
    x = normal(ROWS, COLUMNS)
    program = compiled_and_eager(lambda x: (x * 2 + 1).tanh().exp(), x)
    assert program["arena_bytes"] == 0


def test_a_result_takes_over_the_place_of_what_is_read_last() -> None:
    x, w = normal(ROWS, COLUMNS), normal(COLUMNS, COLUMNS)
    one = compiled_and_eager(lambda x, w: x @ w @ w, x, w)["arena_bytes"]
    program = compiled_and_eager(lambda x, w: (x @ w).relu() @ w, x, w)
    assert program["stages"] == [1, 1, 1]
    assert program["arena_bytes"] == one


def test_what_is_read_later_keeps_its_place() -> None:
    x, w = normal(ROWS, COLUMNS), normal(COLUMNS, COLUMNS)
    compiled_and_eager(lambda x, w: (h := x @ w).relu() @ w + h, x, w)


def test_backward_passes_go_together() -> None:
    def step(x: Any, y: Any) -> Any:
        leaf = x.detach().requires_grad_()
        return lm.autograd.grad(((leaf * y).sigmoid() * leaf).tanh().sum(), leaf)[0]

    program = compiled_and_eager(step, normal(ROWS, COLUMNS), normal(ROWS, COLUMNS))
    assert max(program["stages"]) > 3


def test_what_nobody_reads_is_left_out() -> None:
    def step(x: Any, w: Any) -> Any:
        (x @ w).argmax(1)
        return x * 2

    program = compiled_and_eager(step, normal(20, 30), normal(30, 10))
    assert [name for name, _, _ in program["launches"]] == ["mul"]
    assert program["unread"] == 2


def test_what_nobody_reads_still_draws() -> None:
    def step(x: Any) -> Any:
        lm.rand(100)
        lm.dropout(x, 0.5, True)
        return lm.rand(3)

    x = normal(50)
    compiled = lm.compile(step)
    compiled(x)
    lm.manual_seed(7)
    expected = [step(x).tolist() for _ in range(3)]
    lm.manual_seed(7)
    assert [compiled(x).tolist() for _ in range(3)] == expected


def test_changes_of_outside_memory_are_kept_in_order() -> None:
    weight, step_size = normal(ROWS, COLUMNS), normal(1, COLUMNS)

    def step(gradient: Any) -> Any:
        with lm.no_grad():
            weight.sub_(gradient * step_size).mul_(0.5)
        return weight * 1

    gradient = normal(ROWS, COLUMNS)
    first = weight.clone()
    expected = [step(gradient).tolist() for _ in range(3)]
    weight.copy_(first)
    compiled = lm.compile(step)
    assert [compiled(gradient).tolist() for _ in range(3)] == expected
    # The gradient might be the weight itself, under another name.
    weight.copy_(first)
    step(weight.detach()), step(weight.detach())
    eager = weight.tolist()
    weight.copy_(first)
    compiled(weight.detach()), compiled(weight.detach())
    assert weight.tolist() == eager


def test_explain_shows_what_goes_together() -> None:
    compiled = lm.compile(lambda x: (x * 2 + 1).tanh() @ x.t())
    compiled(normal(ROWS, COLUMNS))
    head, _, *rows = compiled.explain().splitlines()
    assert head.startswith("4 launches in 2 stages")
    assert [row.split()[:2] for row in rows] == [
        ["0", "mul"],
        ["+", "add"],
        ["+", "tanh"],
        ["1", "matmul"],
    ]
