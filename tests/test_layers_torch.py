"""Every row of the tables in layers/ beside PyTorch: text, state, first values, results."""

import numpy as np
import pytest
from built import awake, built, construct, differentiable, filled, run, size_of
from cases import FLOATS
from layers import collect
from samples import apply, for_lamina, for_torch, leaves, named, numpy_of
from tolerances import close, factor_of

import lamina as lm
from lamina import nn

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore::UserWarning"),  # lazy modules, deprecated arguments
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
torch = pytest.importorskip("torch")

ROWS = [row for row in collect() if row.torch is not None]
DRAWS = 5000  # elements of a parameter from which its distribution is judged


def counterpart(row):
    return row.torch if callable(row.torch) else named(torch.nn, row.torch or row.name)


def pair(row, sample, dtype):
    """The same module in both libraries, and the arguments of a call."""
    module, call = built(row, sample, dtype)
    build, _ = filled(row, sample, dtype)
    torch.manual_seed(0)
    made = for_torch(build, torch)
    other = counterpart(row)(*made.args, **made.kwargs).to(getattr(torch, dtype))
    awake(other, for_torch(call, torch), torch.nn)
    state = {key: torch.tensor(x.numpy()) for key, x in module.state_dict().items()}
    other.load_state_dict(state)
    return module, other, call


def rows(test):
    return pytest.mark.parametrize("row", [pytest.param(row, id=f"{row}-") for row in ROWS])(test)


@rows
def test_text_and_state_are_pytorchs(row):
    for sample in row.samples:
        module, other, _ = pair(row, sample, "float32")
        assert repr(module) == repr(other)
        ours, theirs = module.state_dict(), other.state_dict()
        assert list(ours) == list(theirs)
        for key, x in ours.items():
            assert tuple(x.shape) == tuple(theirs[key].shape)
            assert str(x.dtype).split(".")[1] == str(theirs[key].dtype).split(".")[1]
        assert [k for k, _ in module.named_parameters()] == [k for k, _ in other.named_parameters()]


def agree(row, ours, theirs, size):
    ours, theirs = numpy_of(ours), numpy_of(theirs)
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    if ours.dtype.kind != "f":
        np.testing.assert_array_equal(ours, theirs)
        return
    scale = np.abs(theirs[np.isfinite(theirs)]).max(initial=1.0)
    name = ours.dtype.name
    close(ours, theirs, name, size, scale, factor_of(row.torch_tol, name) * row.tol)


def backward(results, weights, library):
    pairs = [
        (x, library.tensor(w))
        for x, w in zip(results, weights, strict=True)
        if getattr(x, "requires_grad", False)
    ]
    if pairs:
        library.autograd.backward(*map(list, zip(*pairs, strict=True)))


def gradient(tensor, library):
    return library.zeros_like(tensor) if tensor.grad is None else tensor.grad


@pytest.mark.parametrize(
    ("row", "dtype", "mode"),
    [
        pytest.param(row, dtype, mode, id=f"{row}-{dtype}-{mode}")
        for row in ROWS
        for dtype in FLOATS
        for mode in ("train", "eval")
        if not (row.random and mode == "train")
    ],
)
def test_agrees_with_pytorch(row, dtype, mode):
    for sample in row.samples:
        module, other, call = pair(row, sample, dtype)
        size = size_of(module, call)
        module.train(mode == "train")
        other.train(mode == "train")
        ours, theirs = for_lamina(call, row.grad), for_torch(call, torch, row.grad)
        got = run(module, ours)
        expected = [x for x in apply(other, theirs) if x is not None]
        for a, b in zip(got, expected, strict=True):
            agree(row, a, b, size)
        for a, b in zip(module.buffers(), other.buffers(), strict=True):
            agree(row, a, b, size)
        if not row.grad:
            continue
        weights = [np.cos(np.nan_to_num(numpy_of(x))) for x in expected]
        backward(got, weights, lm)
        backward(expected, weights, torch)
        wanted = [x for x in leaves(theirs) if getattr(x, "requires_grad", False)]
        wanted += [p for p in other.parameters() if p.requires_grad]
        for a, b in zip(differentiable(module, ours), wanted, strict=True):
            agree(row, gradient(a, lm), gradient(b, torch), size)


@rows
def test_parameters_begin_as_in_pytorch(row):
    if not row.init:
        pytest.skip("another distribution, with the reason in the row")
    build, call = filled(row, row.samples[0], "float32")
    ours = first_values(lambda: awake(construct(row, for_lamina(build)), for_lamina(call), nn))
    made, arguments = for_torch(build, torch), for_torch(call, torch)
    theirs = first_values(
        lambda: awake(counterpart(row)(*made.args, **made.kwargs), arguments, torch.nn)
    )
    assert ours.keys() == theirs.keys()
    for name, x in ours.items():
        y = theirs[name]
        if np.ptp(y) == 0:
            np.testing.assert_array_equal(np.unique(x), np.unique(y), err_msg=name)
            continue
        np.testing.assert_allclose(x.std(), y.std(), rtol=0.05, err_msg=name)
        np.testing.assert_allclose(x.mean(), y.mean(), atol=0.1 * y.std(), err_msg=name)
        if np.abs(y).max() < 2 * y.std():  # uniform: the bounds are its own
            assert np.abs(x).max() <= 1.01 * np.abs(y).max(), name


def first_values(construct):
    """Parameters by name, over enough constructions to tell their distribution."""
    found = {}
    lm.manual_seed(0)
    torch.manual_seed(0)
    for _ in range(500):
        for name, parameter in construct().named_parameters():
            found.setdefault(name, []).append(numpy_of(parameter).ravel())
        if all(sum(map(np.size, drawn)) >= DRAWS for drawn in found.values()):
            break
    return {name: np.concatenate(drawn) for name, drawn in found.items()}
