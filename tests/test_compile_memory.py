"""Compiled functions leave memory as it was: over replays, shapes and functions themselves."""

import gc
from pathlib import Path

import pytest

import lamina as lm
from lamina import nn

STATUS = Path("/proc/self/statm")
SLACK = 1 << 20  # bytes by which the process may grow: the allocator of C has its ways
pytestmark = pytest.mark.skipif(not STATUS.exists(), reason="the process's memory is not told here")


def memory():
    gc.collect()
    return int(STATUS.read_text().split()[1]) * 4096


@pytest.fixture(params=[1, 2], ids="{}threads".format)
def threads(request):
    before = lm.get_num_threads()
    lm.set_num_threads(request.param)
    yield
    lm.set_num_threads(before)


class Network:
    def __init__(self):
        lm.manual_seed(0)
        self.model = nn.Sequential(
            nn.Linear(16, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 4)
        )
        self.optimizer = lm.optim.Adam(self.model.parameters(), 1e-4)

    def training(self):
        def step(x, y):
            self.optimizer.zero_grad()
            loss = nn.functional.cross_entropy(self.model(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            return loss, x * 2

        return lm.compile(step)

    def inference(self):
        predict = lm.compile(self.model.eval())
        return lambda x, y: predict(x)


def batch(rows):
    return lm.rand(rows, 16), lm.randint(0, 4, (rows,))


def grown(run, few, many):
    """Return how much more the process holds over many runs than it did over a few before."""
    early, late = ([level(run, count // 5) for _ in range(5)] for count in (few, many))
    return min(late) - max(early)


def level(run, count):
    for number in range(count):
        run(number)
    return memory()


MANY = [pytest.param(2000, id="few"), pytest.param(100_000, id="many", marks=pytest.mark.slow)]
SOME = [pytest.param(60, id="few"), pytest.param(1000, id="many", marks=pytest.mark.slow)]
KINDS = pytest.mark.parametrize("kind", [Network.training, Network.inference])


@KINDS
@pytest.mark.parametrize("count", MANY)
@pytest.mark.usefixtures("threads")
def test_replays(kind, count):
    call, arguments = kind(Network()), batch(2048 if count < 10_000 else 64)
    kept = {}

    def run(number):
        kept[number % 7] = call(*arguments)  # kept for a while, then dropped

    assert grown(run, count // 10, count) <= SLACK


@KINDS
@pytest.mark.parametrize("count", SOME)
def test_shapes(kind, count):
    call = kind(Network())

    def run(number):
        call(*batch(2 + (number * 37) % 1000))

    assert grown(run, count, count) <= SLACK


@KINDS
@pytest.mark.parametrize("count", SOME)
def test_functions_that_are_dropped(kind, count):
    network, arguments = Network(), batch(512)

    def run(number):
        call = kind(network)
        for _ in range(3):
            call(*arguments)

    assert grown(run, count, count) <= SLACK


@pytest.mark.parametrize("count", SOME)
def test_networks_that_are_dropped(count):
    arguments = batch(512)

    def run(number):
        call = Network().training()
        for _ in range(3):
            call(*arguments)

    assert grown(run, count, count) <= SLACK


@pytest.mark.parametrize("count", SOME)
def test_calls_that_fail(count):
    @lm.compile
    def step(x):
        return (x @ x.T).sum().item()

    def run(number):
        with pytest.raises(RuntimeError, match="reads a value"):
            step(lm.rand(200, 200))

    assert grown(run, count, count) <= SLACK
