"""Every row of the tables in layers/: values, gradients, errors, state, copies, threads."""

import copy
import inspect
import pickle

import numpy as np
import pytest
from built import (
    bits,
    built,
    construct,
    differentiable,
    filled,
    floating,
    moved,
    run,
    size_of,
    widened,
)
from cases import FLOATS, Call
from differences import cotangents, directions
from layers import Sample, collect
from samples import for_lamina, numpy_of
from tolerances import STEP, close, close_differences

import lamina as lm
from lamina import nn

ROWS = collect()


def each(rows, *choices):
    """Parametrize by row and further choices, with ids such as Linear-float32."""
    keys = [(row,) for row in rows]
    for options in choices:
        keys = [(*key, option) for key in keys for option in options]
    return [pytest.param(*key, id="-".join([*map(str, key), ""])) for key in keys]


@pytest.mark.parametrize(
    ("row", "dtype", "mode"), each([row for row in ROWS if row.ref], FLOATS, ["train", "eval"])
)
def test_value(row, dtype, mode):
    if row.random and mode == "train":
        pytest.skip("chance decides")
    for sample in row.samples:
        module, call = built(row, sample, dtype)
        module.train(mode == "train")
        exact = copy.deepcopy(module).double()
        expected = run(lambda *args, m=exact, **kw: row.ref(m, *args, **kw), widened(call))
        got = run(module, for_lamina(call))
        assert len(got) == len(expected)
        for ours, theirs in zip(map(numpy_of, got), map(numpy_of, expected), strict=True):
            assert ours.shape == theirs.shape
            if ours.dtype.kind != "f":
                np.testing.assert_array_equal(ours, theirs)
                continue
            assert ours.dtype == dtype
            scale = np.abs(theirs[np.isfinite(theirs)]).max(initial=1.0)
            close(ours, theirs, dtype, size_of(module, call), scale, row.tol)


def weighted(module, call):
    """The sum of all outputs, weighted, of a copy: the module keeps its state."""
    results = floating(run(copy.deepcopy(module), call))
    return sum((x * w).sum() for x, w in zip(results, cotangents(results), strict=True))


@pytest.mark.parametrize("row", each([row for row in ROWS if row.grad]))
def test_gradient(row):
    for sample in row.samples:
        module, call = built(row, sample, "float64")
        made, working = for_lamina(call, requires_grad=True), copy.deepcopy(module)
        results = floating(run(working, made))
        root = sum((x * w).sum() for x, w in zip(results, cotangents(results), strict=True))
        leaves = differentiable(working, made)
        if not leaves:
            continue
        found = lm.autograd.grad(root, leaves, allow_unused=True, materialize_grads=True)
        gradients = [x.numpy() for x in found]
        scale = max([np.abs(g).max(initial=0) for g in gradients], default=0)
        for direction in directions(gradients):
            ends = []
            for step in (STEP, -STEP):
                there, place = moved(module, call, [step * d for d in direction])
                ends.append(weighted(there, for_lamina(place)).item())
            analytic = sum(np.sum(g * d) for g, d in zip(gradients, direction, strict=True))
            close_differences(analytic, (ends[0] - ends[1]) / (2 * STEP), scale, row.tol)


@pytest.mark.parametrize(
    ("row", "failure"),
    [
        pytest.param(row, failure, id=f"{row}-{failure.message}")
        for row in ROWS
        for failure in row.errors
    ],
)
def test_error(row, failure):
    kwargs = dict(failure.call.kwargs)
    inputs = kwargs.pop("inputs", None)
    sample = Sample(Call(failure.call.args, kwargs), Call(tuple(inputs or ()), {}))
    build, call = filled(row, sample, "float32")
    with pytest.raises(failure.error, match=failure.message) as caught:  # noqa: PT012, either may
        module = construct(row, for_lamina(build))
        if inputs is not None:
            module(*for_lamina(call).args)
    assert str(caught.value).lstrip("'\"").startswith("[")


@pytest.mark.parametrize("row", each(ROWS))
def test_dtype_and_device(row):
    if "dtype" not in inspect.signature(getattr(nn, row.name)).parameters:
        pytest.skip("no parameters")
    for sample in row.samples:
        build = for_lamina(filled(row, sample, "float64")[0])
        kwargs = {**build.kwargs, "dtype": lm.float64}
        module = construct(row, Call(build.args, {**kwargs, "device": "cpu"}))
        kinds = {x.dtype for x in [*module.parameters(), *module.buffers()]}
        assert lm.float32 not in kinds
        with pytest.raises(RuntimeError, match="CPU"):
            construct(row, Call(build.args, {**kwargs, "device": "cuda"}))


# ---- state and copies ----


def outputs(module, call):
    return bits(run(module.eval(), for_lamina(call)))


@pytest.mark.parametrize("row", each(ROWS))
def test_state_dict_round_trip(row):
    for sample in row.samples:
        module, call = built(row, sample, "float32")
        run(module.train(), for_lamina(call))
        expected = outputs(module, call)
        for convert in (lambda x: x, lambda x: x.numpy()):
            other, _ = built(row, sample, "float32", seed=1)
            state = {key: convert(x) for key, x in module.state_dict().items()}
            assert not any(other.load_state_dict(state))
            assert outputs(other, call) == expected


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["deepcopy", "pickle"]
)
@pytest.mark.parametrize("row", each(ROWS))
def test_copy(row, copied):
    for sample in row.samples:
        module, call = built(row, sample, "float32")
        expected = outputs(module, call)
        other = copied(module)
        assert repr(other) == repr(module)
        assert outputs(other, call) == expected
        with lm.no_grad():
            for parameter in other.parameters():
                assert type(parameter) is nn.Parameter
                parameter.zero_()
        assert outputs(module, call) == expected


# ---- threads ----


@pytest.fixture
def thread_counts():
    before = lm.get_num_threads()
    yield (1, 2, 4)
    lm.set_num_threads(before)


@pytest.mark.parametrize("row", each(ROWS))
def test_equal_bits_on_any_number_of_threads(row, thread_counts):
    for sample in row.large or row.samples:
        seen = []
        for count in thread_counts:
            lm.set_num_threads(count)
            module, call = built(row, sample, "float32")
            made = for_lamina(call, requires_grad=row.grad)
            results = run(module, made)
            roots = [x for x in floating(results) if x.requires_grad]
            if roots:
                lm.autograd.backward(roots, [lm.cos(x.detach()) for x in roots])
            grads = [x.grad for x in differentiable(module, made) if x.grad is not None]
            seen.append(bits([*floating(results), *grads, *module.buffers()]))
        assert all(result == seen[0] for result in seen[1:])


def test_names_are_unique():
    names = [(row.name, row.random) for row in ROWS]  # what draws has a row of its own
    assert len(names) == len(set(names))
