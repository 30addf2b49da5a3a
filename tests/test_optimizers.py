"""Each row of optimizers/: steps against NumPy, layouts, threads, state, errors."""

import copy
import math
import pickle

import numpy as np
import pytest
from optimizers import collect
from tolerances import close

import lamina as lm

ROWS = collect("OPTIMIZERS")
SETTINGS = [
    pytest.param(row, options, id=f"{row}-{number}")
    for row in ROWS
    for number, options in enumerate(row.settings)
]
STEPS = 8


def arrays(shapes, dtype, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def leaves(values):
    return [lm.tensor(value).requires_grad_() for value in values]


def make(row, params, options):
    return getattr(lm.optim, row.name)(params, **options)


def run(optimizer, params, steps, first=0):
    """Take steps on gradients that depend on the step's number alone."""
    for step in range(first, first + steps):
        dtype = str(params[0].dtype).removeprefix("lamina.")
        for param, grad in zip(params, arrays([p.shape for p in params], dtype, step), strict=True):
            param.grad = lm.tensor(grad)
        optimizer.step()


def values(params):
    return [param.detach().numpy().copy() for param in params]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("row", "options"), SETTINGS)
def test_steps(row, options, dtype):
    expected = [x.astype(np.float64) for x in arrays(row.shapes, dtype, 99)]
    params = leaves(arrays(row.shapes, dtype, 99))
    optimizer = make(row, params, options)
    states = [{} for _ in expected]
    extra = {"epsilon": 2.0**-23} if row.name == "Adafactor" and dtype == "float32" else {}
    for step in range(STEPS):
        grads = arrays(row.shapes, dtype, step)
        expected = [
            row.ref(p, g.astype(np.float64), state, **options, **extra)
            for p, g, state in zip(expected, grads, states, strict=True)
        ]
        run(optimizer, params, 1, step)
    # Scalars such as NAdam's product are kept in float32, whatever the type.
    precision = "float32" if {"mu_product", "eta"} & row.state else dtype
    for param, value, state in zip(params, expected, states, strict=True):
        close(param.detach().numpy(), value, precision, STEPS, factor=row.tol)
        assert set(optimizer.state[param]) == set(state)
        for key, wanted in state.items():
            close(optimizer.state[param][key].numpy(), wanted, precision, STEPS, factor=row.tol)


@pytest.mark.parametrize(("row", "options"), SETTINGS)
def test_layouts_are_bit_equal(row, options):
    shapes = [shape for shape in row.shapes if len(shape) == 2]
    params = leaves(arrays(shapes, "float32", 99))
    apart = [lm.tensor(np.repeat(p.detach().numpy(), 2, 0))[::2].detach() for p in params]
    turned = [lm.tensor(p.detach().numpy().T.copy()).T.detach() for p in params]
    run(make(row, params, options), params, 3)
    for others in (apart, turned):
        for other in others:
            other.requires_grad_()
        run(make(row, others, options), others, 3)
        for one, other in zip(params, others, strict=True):
            assert not other.is_contiguous() or 1 in other.shape or 0 in other.shape
            assert np.array_equal(one.detach().numpy(), other.detach().numpy())


@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_threads_are_bit_equal(row):
    shapes = [(300, 301), (65, 3), (1001, 77)]
    results = []
    before = lm.get_num_threads()
    for threads in (1, 2, 4):
        lm.set_num_threads(threads)
        params = leaves(arrays(shapes, "float32", 99))
        run(make(row, params, row.settings[-1]), params, 2)
        results.append(values(params))
    lm.set_num_threads(before)
    for other in results[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(results[0], other, strict=True))


@pytest.mark.parametrize(("row", "options"), SETTINGS)
def test_state_goes_on_bit_for_bit(row, options):
    params = leaves(arrays(row.shapes, "float32", 99))
    optimizer = make(row, params, options)
    run(optimizer, params, 3)
    copies = leaves(values(params))
    other = make(row, copies, options)
    other.load_state_dict(optimizer.state_dict())
    pickled, twins = pickle.loads(pickle.dumps((other, copies)))
    deep, deep_params = copy.deepcopy((other, copies))
    trained = [(optimizer, params), (other, copies), (pickled, twins), (deep, deep_params)]
    for one, its in trained:
        run(one, its, 3, 3)
    for one, its in trained[1:]:
        assert repr(one) == repr(optimizer)
        for a, b in zip(params, its, strict=True):
            assert np.array_equal(a.detach().numpy(), b.detach().numpy())


@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_state_dict_names(row):
    params = leaves(arrays(row.shapes, "float32", 99))
    found = set()
    for options in row.settings:
        optimizer = make(row, params, options)
        run(optimizer, params, 1)
        for state in optimizer.state_dict()["state"].values():
            found |= set(state)
    wanted = row.state - {"grad_avg", "momentum_buffer"} if row.name == "RMSprop" else row.state
    assert wanted <= found <= row.state


@pytest.mark.parametrize(
    ("row", "case"), [(row, case) for row in ROWS for case in row.errors], ids=repr
)
def test_errors(row, case):
    params = leaves(arrays(row.shapes[:1], "float32"))
    with pytest.raises(case.error, match=rf"\[{row.name}\] .*{case.message}"):
        make(row, params, case.options)


@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_mixed_types_and_missing_gradients(row):
    shape = row.shapes[0]
    params = leaves([*arrays([shape], "float32"), *arrays([shape, shape], "float64")])
    optimizer = make(row, params, {})
    before = values(params)
    for param in params[:2]:
        param.grad = lm.ones_like(param)
    optimizer.step()
    assert np.array_equal(before[2], params[2].detach().numpy())
    assert not optimizer.state[params[2]] or optimizer.state[params[2]]["step"].item() == 0
    for param in params:
        param.grad = lm.ones_like(param)
    optimizer.step()
    assert not np.array_equal(before[2], params[2].detach().numpy())
    if "step" in row.state:
        assert [optimizer.state[p]["step"].item() for p in params] == [2, 2, 1]


@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_a_tensor_as_rate(row):
    one, other = (leaves(arrays(row.shapes, "float64", 99)) for _ in range(2))
    rate = lm.tensor(0.25)
    first, second = make(row, one, {"lr": 0.25}), make(row, other, {"lr": rate})
    run(first, one, 2)
    run(second, other, 2)
    first.param_groups[0]["lr"] = 0.125
    rate.fill_(0.125)
    run(first, one, 2, 2)
    run(second, other, 2, 2)
    assert all(np.array_equal(a, b) for a, b in zip(values(one), values(other), strict=True))
    with pytest.raises(ValueError, match="one element"):
        make(row, one, {"lr": lm.tensor([0.1, 0.2])})


@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_closure_and_versions(row):
    (param,) = leaves(arrays(row.shapes[:1], "float32"))
    optimizer = make(row, [param], {"lr": 0.01})

    def closure():
        optimizer.zero_grad()
        loss = (param * param).sum()
        loss.backward()
        return loss

    version = param._version
    loss_before = float((values([param])[0] ** 2).sum())
    with lm.no_grad():
        assert optimizer.step(closure).item() == pytest.approx(loss_before, rel=1e-6)
    assert param._version > version
    loss = (param * param).sum()
    optimizer.step()
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


def test_infinite_parameters_stay_infinite_without_decay():
    (param,) = leaves([np.array([math.inf, 1], np.float32)])
    param.grad = lm.ones(2)
    lm.optim.SGD([param], lr=1.0).step()
    assert param.tolist() == [math.inf, 0]


def test_rows_of_one_memory_take_turns():
    (param,) = leaves([np.ones(40000, np.float32)])
    with pytest.warns(UserWarning, match="more than once"):
        optimizer = lm.optim.SGD([param, param], lr=0.25, momentum=0.5)
    param.grad = lm.ones(40000)
    optimizer.step()
    assert set(param.tolist()) == {1 - 0.25 * 1 - 0.25 * 1.5}


def test_what_cannot_be_changed():
    frozen = np.ones(3, np.float32)
    frozen.setflags(write=False)
    param = lm.as_tensor(frozen)
    param.grad = lm.ones(3)
    with pytest.raises(ValueError, match=r"\[sgd\] .*read-only"):
        lm.optim.SGD([param]).step()
    expanded = lm.ones(1, 3).expand(2, 3).requires_grad_()
    expanded.grad = lm.ones(2, 3)
    with pytest.raises(ValueError, match=r"\[sgd\] .*expanded"):
        lm.optim.SGD([expanded]).step()
    whole = lm.ones(3, dtype=lm.int64)
    whole.grad = lm.ones(3, dtype=lm.int64)
    with pytest.raises(TypeError, match=r"\[sgd\] expected parameters of floating type; got int64"):
        lm.optim.SGD([whole]).step()


def test_a_state_of_another_shape_is_refused():
    (param,) = leaves([np.ones(3, np.float32)])
    param.grad = lm.ones(3)
    optimizer = lm.optim.Adam([param])
    optimizer.step()
    optimizer.state[param]["exp_avg"] = lm.ones(4)
    with pytest.raises(ValueError, match=r"\[adam\] expected state of shape \(3,\)"):
        optimizer.step()
    optimizer.state[param]["exp_avg"] = lm.ones(3)
    optimizer.state[param]["step"] = lm.ones((), dtype=lm.float64)
    with pytest.raises(
        ValueError, match=r"\[adam\] .*type float32; got shape \(\) and type float64"
    ):
        optimizer.step()
