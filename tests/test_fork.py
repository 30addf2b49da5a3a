"""Processes: a child made after threaded work computes the same and does not hang."""

import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

import lamina as lm

SECONDS = 60
START_METHODS = [
    m for m in ("fork", "spawn", "forkserver") if m in multiprocessing.get_all_start_methods()
]

# Product, exp and gradient, then the same in a child and a grandchild.
FORK = """
import os, signal, sys
import numpy as np
import lamina as lm
lm.set_num_threads(2)
a = lm.tensor(np.random.default_rng(0).normal(size=(400, 400)).astype(np.float32))
def work():
    x = a.clone().requires_grad_()
    y = lm.exp(x @ x * 0.01)
    y.sum().backward()
    return y.detach().numpy().tobytes() + x.grad.numpy().tobytes()
before = work()
child = os.fork()
if child == 0:
    signal.alarm(30)
    ok = all(work() == before for _ in range(3))
    grandchild = os.fork()
    if grandchild == 0:
        os._exit(0 if work() == before else 1)
    _, status = os.waitpid(grandchild, 0)
    os._exit(0 if ok and status == 0 else 1)
_, status = os.waitpid(child, 0)
assert work() == before, "the parent changed"
sys.exit(0 if status == 0 else f"the child ended with {status}")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_fork_after_threaded_work():
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def workers(method, count):
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context(method))


def gradient(seed):
    rng = np.random.default_rng(seed)
    x = lm.tensor(rng.normal(size=(300, 300)).astype(np.float32), requires_grad=True)
    lm.tanh(x @ x).sum().backward()
    return x.grad.numpy().tobytes()


@pytest.mark.parametrize("method", START_METHODS)
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_workers(method):
    expected = [gradient(seed) for seed in range(4)]  # threads are awake in this process
    with workers(method, 2) as pool:
        assert list(pool.map(gradient, range(4), timeout=SECONDS)) == expected


@pytest.mark.parametrize("method", START_METHODS)
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_tensors_travel_between_processes(method):
    sent = [lm.ones(3, 4), lm.arange(5)]
    with workers(method, 1) as pool:
        received = pool.submit(tuple, sent).result(timeout=SECONDS)
    for a, b in zip(sent, received, strict=True):
        assert a.dtype is b.dtype
        np.testing.assert_array_equal(a.numpy(), b.numpy())
