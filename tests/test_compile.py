"""lamina.compile: replays equal eager runs bit for bit; what cannot be captured is an error."""

from __future__ import annotations

import itertools
import threading

import numpy as np
import pytest

import lamina as lm

STEPS = 200


def parameters(sizes, seed=0):
    rng = np.random.default_rng(seed)
    result = []
    for rows, columns in itertools.pairwise(sizes):
        result.append(rng.standard_normal((rows, columns)).astype(np.float32) / rows**0.5)
        result.append(np.zeros(columns, np.float32))
    return [lm.tensor(array).requires_grad_() for array in result]


def binary_loss(params, x, y):
    z = lm.tanh(x @ params[0] + params[1]) @ params[2] + params[3]
    return (lm.logaddexp(z, lm.zeros_like(z)) - z * y).mean()


def class_loss(params, x, y):
    z = lm.relu(x @ params[0] + params[1]) @ params[2] + params[3]
    return -lm.log_softmax(z, -1).gather(1, y).mean()


def training_step(loss_of, params, rate=0.1):
    def step(x, y):
        loss = loss_of(params, x, y)
        loss.backward()
        with lm.no_grad():
            for p in params:
                p -= rate * p.grad
                p.grad = None
        return loss

    return step


def xor_data(number):
    rng = np.random.default_rng(number)
    x = rng.integers(0, 2, (4, 2)).astype(np.float32)
    return lm.tensor(x), lm.tensor((x.sum(1, keepdims=True) == 1).astype(np.float32))


def class_data(number):
    rng = np.random.default_rng(number)
    x = rng.standard_normal((64, 784)).astype(np.float32)
    return lm.tensor(x), lm.tensor(rng.integers(0, 10, (64, 1)))


@pytest.mark.parametrize(
    ("sizes", "loss_of", "data"),
    [((2, 8, 1), binary_loss, xor_data), ((784, 128, 10), class_loss, class_data)],
    ids=["xor_mlp", "mlp_small"],
)
@pytest.mark.parametrize("threads", [1, 2])
def test_training_is_bit_equal_to_eager(sizes, loss_of, data, threads):
    before = lm.get_num_threads()
    lm.set_num_threads(threads)
    try:
        eager_params, params = parameters(sizes), parameters(sizes)
        eager = training_step(loss_of, eager_params)
        compiled = lm.compile(training_step(loss_of, params))
        for number in range(STEPS):
            batch = data(number % 7)
            assert eager(*batch).item() == compiled(*batch).item()
        for expected, found in zip(eager_params, params, strict=True):
            assert np.array_equal(expected.detach().numpy(), found.detach().numpy())
        assert len(compiled.programs()) == 1
    finally:
        lm.set_num_threads(before)


def test_replay_does_not_call_python(capsys):
    @lm.compile
    def double(x):
        print("called")
        return x * 2

    for value in range(5):
        assert double(lm.tensor([float(value)])).item() == 2 * value
    assert capsys.readouterr().out == "called\n"


def test_new_shapes_are_recorded_anew_and_bounded():
    compiled = lm.compile(lambda x: x.sum() * 2)
    for size in (*range(1, 30), 3, 29):
        assert compiled(lm.ones(size)).item() == 2 * size
    assert len(compiled.programs()) == 8


def test_results_of_earlier_calls_stay():
    square = lm.compile(lambda x: x * x)
    results = [square(lm.tensor([float(value)])) for value in range(6)]
    assert [result.item() for result in results] == [0, 1, 4, 9, 16, 25]


def test_gradients_left_in_place_accumulate_as_in_eager():
    weight, eager_weight = (lm.ones(3).requires_grad_() for _ in range(2))
    compiled = lm.compile(lambda x: (weight * x).sum().backward())
    for value in range(1, 6):
        x = lm.full((3,), float(value))
        compiled(x)
        (eager_weight * x).sum().backward()
        assert lm.equal(weight.grad, eager_weight.grad)
    weight.grad = eager_weight.grad = None
    compiled(lm.ones(3))
    assert weight.grad.tolist() == [1, 1, 1]


def test_gradients_cleared_inside_the_step():
    weight = lm.ones(3).requires_grad_()

    @lm.compile
    def step(x):
        weight.grad = None
        (weight * x).sum().backward()

    for value in range(1, 5):
        step(lm.full((3,), float(value)))
        assert weight.grad.tolist() == [value] * 3
    assert len(step.programs()) == 1


def test_random_numbers_go_on_as_in_eager():
    compiled = lm.compile(lambda x: x + lm.rand(4))
    lm.manual_seed(3)
    found = [compiled(lm.zeros(4)).tolist() for _ in range(4)]
    lm.manual_seed(3)
    assert found == [lm.rand(4).tolist() for _ in range(4)]
    assert found[0] != found[1]


def test_arguments_may_be_slices_of_one_array():
    data = lm.arange(24.0).reshape(6, 4)
    compiled = lm.compile(lambda x, y: (x * 10 + y).sum())
    for start in (0, 2, 4):
        x, y = data[start : start + 1], data[start + 1 : start + 2]
        assert compiled(x, y).item() == (x * 10 + y).sum().item()


def test_weights_changed_from_outside_are_seen():
    weight = lm.ones(2)
    compiled = lm.compile(lambda x: x * weight)
    compiled(lm.ones(2))
    weight.fill_(5)
    assert compiled(lm.ones(2)).tolist() == [5, 5]
    weight.data = lm.full((2,), 7.0)
    assert compiled(lm.ones(2)).tolist() == [7, 7]


def test_structure_and_other_arguments():
    compiled = lm.compile(lambda pair, scale=1: {"sum": pair[0] + pair[1], "x": [pair[0] * scale]})
    for scale in (1, 3, 1):
        result = compiled((lm.ones(2), lm.ones(2)), scale=scale)
        assert result["sum"].tolist() == [2, 2]
        assert result["x"][0].tolist() == [scale, scale]


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("item", lambda x: x.sum().item()),
        ("bool", lambda x: 1 if x.sum() > 0 else 0),
        ("float", lambda x: float(x.sum())),
        ("nonzero", lambda x: x.nonzero()),
        ("numpy", lambda x: x.numpy()),
        ("tolist", lambda x: x.tolist()),
    ],
)
def test_reading_a_value_is_an_error_that_names_the_line(name, read):
    compiled = lm.compile(lambda x: read(x * 2))
    with pytest.raises(RuntimeError, match=name) as error:
        compiled(lm.ones(3))
    assert "test_compile.py" in str(error.value)
    assert lm.ones(3).sum().item() == 3  # the failed capture left nothing behind


def test_memory_stays_flat_over_replays():
    compiled = lm.compile(lambda x: (x @ x).relu().sum())
    x = lm.ones(32, 32)
    compiled(x)
    before = lm.memory_stats()["in_use"]
    for _ in range(1000):
        compiled(x)
    assert lm.memory_stats()["in_use"] <= before + 4096


def test_threads_calling_one_function():
    compiled = lm.compile(lambda x: (x @ x).tanh().sum(0))
    inputs = [lm.full((64, 64), value / 100) for value in range(8)]
    expected = [compiled(x).tolist() for x in inputs]
    wrong = []

    def work(number):
        for _ in range(50):
            if compiled(inputs[number]).tolist() != expected[number]:
                wrong.append(number)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


def test_only_functions_are_compiled():
    with pytest.raises(TypeError, match=r"\[compile\] expected a function or a module; got int"):
        lm.compile(3)


@pytest.mark.parametrize("layer", [lm.nn.LayerNorm, lm.nn.BatchNorm1d])
def test_gradients_beside_one_nobody_needs(layer):
    """Normalization of an input without gradient leaves an empty buffer in the program."""
    lm.manual_seed(0)
    batches = [(lm.randn(8, 3), lm.randint(0, 2, (8,))) for _ in range(5)]

    def losses(compiled):
        lm.manual_seed(1)
        model = lm.nn.Sequential(layer(3), lm.nn.Linear(3, 2))
        optimizer = lm.optim.SGD(model.parameters(), 0.1)

        def step(x, y):
            optimizer.zero_grad()
            loss = lm.nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

        run = lm.compile(step) if compiled else step
        return [run(x, y).item() for x, y in batches]

    assert losses(compiled=True) == losses(compiled=False)
