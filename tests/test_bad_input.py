"""What a mistake makes of the good calls in layers/ and optimizers/: an error that says what is
wrong or a result, and beside PyTorch no result where it has none, nor another one."""

import fnmatch
import warnings

import layers
import numpy as np
import optimizers
import pytest
from bad_input import PARAMETERS, variants
from bad_input import optimizers as bad_options
from samples import apply, for_lamina, for_torch, named, numpy_of

import lamina as lm
from lamina import nn, optim

ROWS = layers.collect()
OPTIMIZERS = optimizers.collect("OPTIMIZERS")
CLEAR = (ValueError, TypeError, IndexError, RuntimeError, NotImplementedError, MemoryError)

# (layer or optimizer, what is wrong) where results differ from PyTorch's, with the reason.
ROUNDING = "both lost their digits to inputs a thousand times as large as what they differ by"
STABLE = "finite here, where PyTorch's exponential overflows"
WIDER = "float64 beside float32 gives float64, as everywhere else"
UNSIGNED = "targets of -1 do not exist in bytes"
FIRST_BATCH = "PyTorch reads the first sample or column of a lazy module's input"
MOVES = "what only moves numbers moves truth values too"
KNOWN = {
    ("*Norm*", "input 0: far"): ROUNDING,
    ("*Norm*", "input 0: negative"): ROUNDING,
    ("Conv2d", "input 0: far"): ROUNDING,
    ("MultiheadAttention", "input 1: far"): ROUNDING,
    ("MultiheadAttention", "input 1: negative"): ROUNDING,
    ("SoftMarginLoss", "input ?: far"): STABLE,
    ("SoftMarginLoss", "input ?: negative"): STABLE,
    ("*Loss", "input ?: doubles"): WIDER,
    ("*Loss", "input ?: bytes"): UNSIGNED,
    ("MarginRankingLoss", "input 2: truth"): UNSIGNED,
    ("Lazy*Norm1d", "input 0: no columns"): FIRST_BATCH,
    ("Lazy*Norm*", "input 0: an empty batch"): FIRST_BATCH,
    ("Re*Pad?d", "input 0: truth"): MOVES,
    ("LocalResponseNorm", "input 0: bytes"): "bytes are promoted",
    ("*Loss", "argument *: another word"): "any word but an empty one is true, as in Python",
    ("CTCLoss", "input 1: one vector"): "labels after the last length are not read",
    ("PixelUnshuffle", "input 0: an empty batch"): "PyTorch returns an input of another shape",
    ("PixelUnshuffle", "input 0: no columns"): "PyTorch returns an input of another shape",
    ("Hardtanh", "argument *: NaN"): "PyTorch's bound of NaN makes everything NaN in vectors alone",
    ("GaussianNLLLoss", "argument eps: NaN"): "a NaN stays one",
    ("MultiMarginLoss", "argument margin: *"): "infinities and NaN stay what they are",
    ("MultiMarginLoss", "input 0: NaN"): "a NaN stays one",
    ("EmbeddingBag", "argument embedding_dim: zero"): "a bag of no numbers is one of size 0",
    ("*", "capturable: another word"): "a step of any optimizer may be captured here",
    ("Adafactor", "lr: infinite"): "the decay of 0 times the rate is NaN",
    ("RMSprop", "nesterov: another word"): "beyond PyTorch",
}


def known(name, what):
    return any(
        fnmatch.fnmatch(name, layer) and fnmatch.fnmatch(what, mistake) for layer, mistake in KNOWN
    )


def is_clear(error):
    """Does it name the op or the argument?"""
    text = str(error)
    return isinstance(error, CLEAR) and (text.startswith("[") or "argument" in text)


def outcome(run, *arguments):
    """The results, or the error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return run(*arguments)
        except Exception as error:
            return error


def called(cls, build, call, state=None):
    lm.manual_seed(0)
    module = cls(*build.args, **build.kwargs)
    if state:
        module.load_state_dict(state)
    return [x for x in apply(module.eval(), call) if x is not None]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_layers_give_a_result_or_a_clear_error(row):
    cls, count, unclear = getattr(nn, row.name), 0, {}
    for what, build, call in variants(row, cls):
        found = outcome(called, cls, for_lamina(build), for_lamina(call))
        count += 1
        if isinstance(found, Exception) and not is_clear(found):
            unclear[what] = repr(found)
    assert count > 2
    assert not unclear


def test_every_layer_and_optimizer_has_a_row():
    assert {"Linear", "CTCLoss", "Transformer"} < {row.name for row in ROWS}
    names = {name for name in dir(optim) if isinstance(getattr(optim, name), type)}
    assert names - {"Optimizer", "LBFGS", "Muon"} == {row.name for row in OPTIMIZERS} - {"Muon"}


# ---- optimizers ----


def leaf(library):
    made = library.ones(2, 3, requires_grad=True)
    made.grad = library.ones(2, 3)
    return made


def stepped(library, cls, params, given):
    optimizer = cls(params, **given)
    loss = optimizer.step(lambda: library.ones(()))
    return [p for group in optimizer.param_groups for p in group["params"]], loss


def optimized(library, name, setting):
    """(what is wrong, the outcome) for each option and kind of parameters."""
    cls, make = getattr(library.optim, name), lambda: leaf(library)
    for what, given in bad_options(getattr(optim, name), setting):
        yield what, outcome(stepped, library, cls, [make()], given)
    for what, params in PARAMETERS.items():
        yield what, outcome(stepped, library, cls, params(make), setting)


SETTINGS = {row.name: {} for row in OPTIMIZERS} | {"LBFGS": {}, "Muon": {}}


@pytest.mark.parametrize("name", SETTINGS)
def test_optimizers_step_or_give_a_clear_error(name):
    found = optimized(lm, name, SETTINGS[name])
    wrong = {what: x for what, x in found if isinstance(x, Exception) and not is_clear(x)}
    assert not wrong


# ---- beside PyTorch ----


def agree(ours, theirs):
    arrays = [(numpy_of(a), numpy_of(b)) for a, b in zip(ours, theirs, strict=True)]
    return all(
        a.shape == b.shape
        and a.dtype == b.dtype
        and (a.dtype.kind not in "fiu" or np.allclose(a, b, 1e-4, 1e-5, equal_nan=True))
        for a, b in arrays
    )


def differs(ours, theirs):
    """Is there a result where PyTorch has an error or another result? Errors may be ours alone."""
    if isinstance(ours, Exception):
        return False
    return isinstance(theirs, Exception) or len(ours) != len(theirs) or not agree(ours, theirs)


@pytest.fixture
def one_thread():
    """The calls are tiny; threads of two libraries would only wait for each other."""
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.torch
@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("row", [row for row in ROWS if row.torch is not None], ids=str)
def test_layers_beside_pytorch(row):
    torch = pytest.importorskip("torch")
    cls, found = getattr(nn, row.name), {}
    other = row.torch if callable(row.torch) else named(torch.nn, row.torch or row.name)
    for what, build, call in variants(row, cls):
        theirs = outcome(beside, torch, other, for_torch(build, torch), for_torch(call, torch))
        state = theirs[1] if not isinstance(theirs, Exception) else None
        theirs = theirs if isinstance(theirs, Exception) else theirs[0]
        ours = outcome(called, cls, for_lamina(build), for_lamina(call), state)
        if differs(ours, theirs) and not known(row.name, what):
            found[what] = (ours, theirs)
    assert not found


def beside(torch, cls, build, call):
    torch.manual_seed(0)
    module = cls(*build.args, **build.kwargs).eval()
    results = [x for x in apply(module, call) if x is not None]
    return results, {key: lm.tensor(x.numpy()) for key, x in module.state_dict().items()}


@pytest.mark.torch
@pytest.mark.parametrize("name", [row.name for row in OPTIMIZERS if row.torch] + ["LBFGS"])
def test_optimizers_beside_pytorch(name):
    torch = pytest.importorskip("torch")
    ours = optimized(lm, name, SETTINGS[name])
    theirs = dict(optimized_there(torch, name))
    found = {
        what: (mine, theirs[what])
        for what, mine in ours
        if what in theirs and differs(*map(flat, (mine, theirs[what]))) and not known(name, what)
    }
    assert not found


def optimized_there(torch, name):
    cls, make = getattr(torch.optim, name), lambda: leaf(torch)
    for what, given in bad_options(getattr(optim, name), SETTINGS[name]):
        yield what, outcome(stepped, torch, cls, [make()], given)
    for what, params in PARAMETERS.items():
        yield what, outcome(stepped, torch, cls, params(make), SETTINGS[name])


def flat(found):
    return found if isinstance(found, Exception) else found[0]
