"""Threads: equal bits on any number of them, many Python threads at once, and NumPy beside us."""

import threading
import time

import numpy as np
import pytest
from cases import collect
from samples import apply, fill, for_lamina, function, numpy_of

import lamina as lm


@pytest.fixture(autouse=True)
def restore_threads():
    before = lm.get_num_threads()
    yield
    lm.set_num_threads(before)


def bits(tensors):
    return [x.detach().numpy().tobytes() for x in tensors]


def train(threads, steps=10):
    """An MLP's whole training on core ops; returns every loss and the weights."""
    lm.set_num_threads(threads)
    rng = np.random.default_rng(0)
    sizes = [(784, 256), (256,), (256, 10), (10,)]
    weights = [lm.tensor(rng.normal(0, 0.05, s).astype(np.float32)) for s in sizes]
    x = lm.tensor(rng.normal(0, 1, (256, 784)).astype(np.float32))
    target = lm.tensor(np.eye(10, dtype=np.float32)[rng.integers(0, 10, 256)])
    weights = [w.requires_grad_() for w in weights]
    w1, b1, w2, b2 = weights
    losses = []
    for _ in range(steps):
        scores = lm.relu(x @ w1 + b1) @ w2 + b2
        loss = ((scores.logsumexp(1) - (scores * target).sum(1)).mean()) + 1e-4 * (w1 * w1).sum()
        gradients = lm.autograd.grad(loss, weights)
        with lm.no_grad():
            for weight, gradient in zip(weights, gradients, strict=True):
                weight -= 0.1 * gradient
        losses.append(loss.detach())
    return losses, weights


def test_a_whole_training_has_equal_bits_on_any_number_of_threads():
    runs = [train(threads) for threads in (1, 2, 4, 2)]
    assert runs[0][0][-1].item() < 0.6 * runs[0][0][0].item()  # it learned
    for losses, weights in runs[1:]:
        assert bits(losses) == bits(runs[0][0])
        assert bits(weights) == bits(runs[0][1])


@pytest.mark.parametrize("threads", [1, 2])
def test_python_threads_at_once_equal_serial(threads):
    lm.set_num_threads(threads)
    rows = [row for row in collect() if row.ref and row.grad]
    calls = [(row, fill(row, sample, "float32")) for row in rows for sample in row.samples[-1:]]

    def work():
        return [numpy_of(x).tobytes() for row, call in calls for x in results(row, call)]

    def results(row, call):
        made = for_lamina(call, requires_grad=True)
        outputs = apply(function(row), made)
        roots = [x for x in outputs if isinstance(x, lm.Tensor) and x.requires_grad]
        lm.autograd.backward(roots, [lm.ones_like(x) for x in roots])
        leaves = [x for x in made.args if isinstance(x, lm.Tensor) and x.grad is not None]
        return outputs + [x.grad for x in leaves]

    serial = work()
    found = [None] * 4

    def run(which):
        found[which] = work()

    started = [threading.Thread(target=run, args=(i,)) for i in range(len(found))]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join(timeout=120)
    assert all(result == serial for result in found)


def test_big_ops_in_many_python_threads():
    a = lm.tensor(np.random.default_rng(0).normal(size=(256, 256)).astype(np.float32))
    serial = bits([a @ a, lm.exp(a), a.sum()])
    found = []

    def run():
        found.append([bits([a @ a, lm.exp(a), a.sum()]) for _ in range(20)])

    started = [threading.Thread(target=run) for _ in range(4)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join(timeout=120)
    assert len(found) == 4
    assert all(result == serial for results in found for result in results)


def test_another_thread_runs_while_a_long_op_works():
    a = lm.ones(2000, 2000)
    ticks = []
    done = threading.Event()

    def tick():
        while not done.wait(0.0005):
            ticks.append(time.perf_counter())

    ticker = threading.Thread(target=tick)
    ticker.start()
    start = time.perf_counter()
    a @ a
    end = time.perf_counter()
    done.set()
    ticker.join(timeout=60)
    assert sum(start < at < end for at in ticks) > 5


def test_grad_mode_belongs_to_its_thread():
    x = lm.ones(2, requires_grad=True)
    seen = []
    with lm.no_grad():
        thread = threading.Thread(target=lambda: seen.append((x * 2).requires_grad))
        thread.start()
        thread.join(timeout=60)
        assert not (x * 2).requires_grad
    assert seen == [True]


def test_one_graph_may_be_used_by_several_threads():
    x = lm.ones(1000, dtype=lm.float64, requires_grad=True)
    y = lm.exp(x * 0.5).sum()
    expected = lm.autograd.grad(y, x, retain_graph=True)[0].numpy().tobytes()
    found = []

    def run():
        found.append(lm.autograd.grad(y, x, retain_graph=True)[0].numpy().tobytes())

    started = [threading.Thread(target=run) for _ in range(4)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join(timeout=60)
    assert found == [expected] * 4


def test_alternating_with_numpy_products():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(200, 200))
    ours = lm.tensor(a)
    expected, product = bits([ours @ ours])[0], a @ a
    for _ in range(50):
        np.testing.assert_array_equal(a @ a, product)
        assert bits([ours @ ours])[0] == expected


def test_the_number_of_threads():
    lm.set_num_threads(3)
    assert lm.get_num_threads() == 3
    for wrong in (0, -1, 1 << 40):
        with pytest.raises((ValueError, TypeError), match=str(wrong)):
            lm.set_num_threads(wrong)
    for wrong in (1.5, "two", None):
        with pytest.raises(TypeError):
            lm.set_num_threads(wrong)
    assert lm.get_num_threads() == 3
