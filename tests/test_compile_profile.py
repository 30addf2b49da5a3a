"""What profile() and explain() say about launches: times, limits and counts of operations."""

import re

import pytest

import lamina as lm
from lamina import _programs, nn
from lamina.nn import functional as F


def backward_of(model, *inputs):
    """Return the launches of a step by name, with their counts of operations."""

    @lm.compile
    def step(*inputs):
        model.zero_grad()
        result = model(*inputs)
        (result[0] if isinstance(result, tuple) else result).sum().backward()

    step(*inputs)
    return [
        (name, _programs.flops((name, *rest))) for name, *rest in step.programs()[0]["launches"]
    ]


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.project = nn.Linear(8, 24)

    def forward(self, x):
        query, key, value = self.project(x)[:, None].chunk(3, -1)
        return F.scaled_dot_product_attention(query, key, value)


ROWS, INPUT, HIDDEN = 3 * 11, 5, 7
INTO, ALONG = (ROWS * HIDDEN * other for other in (INPUT, HIDDEN))


@pytest.mark.parametrize(
    ("model", "shape", "name", "forward", "backward"),
    [
        (nn.LSTM(INPUT, HIDDEN), (11, 3, 5), "lstm", 8 * (INTO + ALONG), 8 * (INTO + 2 * ALONG)),
        (nn.GRU(INPUT, HIDDEN), (11, 3, 5), "gru", 6 * (INTO + ALONG), 6 * (INTO + 2 * ALONG)),
        (nn.RNN(INPUT, HIDDEN), (11, 3, 5), "rnn_tanh", 2 * (INTO + ALONG), 2 * (INTO + 2 * ALONG)),
        (
            nn.LSTM(INPUT, HIDDEN, proj_size=2),
            (11, 3, 5),
            "lstm",
            2 * ROWS * HIDDEN * (4 * 5 + 4 * 2 + 2),
            2 * ROWS * HIDDEN * (4 * 5 + 2 * (4 * 2 + 2)),
        ),
        (Attention(), (2, 10, 8), "attention", 4 * 2 * 10 * 10 * 8, 10 * 2 * 10 * 10 * 8),
    ],
    ids=["lstm", "gru", "rnn", "projected lstm", "attention"],
)
def test_operations_are_counted_both_ways(model, shape, name, forward, backward):
    found = backward_of(model, lm.rand(*shape))
    assert [work for launch, work in found if launch.endswith(name)][-1] == forward
    assert [work for launch, work in found if launch == f"{name}_backward"] == [backward]


def test_deeper_layers_give_gradients_of_their_inputs():
    found = backward_of(nn.GRU(HIDDEN, HIDDEN, 2), lm.rand(11, 3, HIDDEN))
    assert [work for launch, work in found if launch == "gru_backward"] == [24 * ALONG, 18 * ALONG]


def test_profile_names_the_limits_and_how_near_each_launch_comes():
    limits = _programs.limits(lm.get_num_threads())
    assert limits is _programs.limits(lm.get_num_threads())
    assert limits.flops > 1e8
    assert limits.bytes > 1e8
    compiled = lm.compile(nn.Linear(64, 64))
    head, names, row = compiled.profile(lm.rand(256, 64), repeat=3).splitlines()
    assert head.endswith(str(limits))
    assert re.search(r"limits on \d+ threads?: \d+ GFLOP/s and \d+ GB/s from memory", head)
    place = names.index("limit")
    share = int(re.match(r"\d+", row[place:]).group())
    speed = float(row[names.index("GFLOP/s") :].split()[0])
    assert share >= 99 * speed * 1e9 / limits.flops - 1  # of two limits the nearer one counts


def test_what_replays_leave_out_is_skipped():
    compiled = lm.compile(nn.Conv2d(8, 16, 3).eval())
    lines = compiled.profile(lm.rand(1, 8, 16, 16), repeat=3).splitlines()
    assert "skipped" in lines[-1]
    assert "conv_weights" in lines[-1]


def test_explain_counts_bytes_and_operations():
    compiled = lm.compile(lambda x: x @ x)
    compiled(lm.rand(100, 100))
    _, names, row = compiled.explain().splitlines()
    assert names.split()[-2:] == ["kB", "kflop"]
    assert row.split()[-2:] == ["120.0", "2000.0"]
