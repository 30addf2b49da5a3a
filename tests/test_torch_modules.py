"""Beside PyTorch: its own table of modules and inputs, both ways of state dicts, error inputs."""

import copy

import numpy as np
import pytest
from samples import numpy_of
from tolerances import close

import lamina as lm

torch = pytest.importorskip("torch")

from torch_modules import module_db, ours, samples, tensors, theirs  # noqa: E402, needs torch

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]

# (module, number and description of a sample) that does not agree, with the reason.
KNOWN: dict[tuple[str, str], str] = {}

ERRORS = (ValueError, TypeError, RuntimeError, IndexError)
DTYPES = {"float32": torch.float32, "float64": torch.float64}


class Pair:
    """A module of PyTorch and ours with its state, and the arguments of one call of each."""

    def __init__(self, info, case, dtype, training):
        build = case.constructor_input
        name = info.module_cls.__name__
        torch.manual_seed(0)
        self.other = info.module_cls(*theirs(build.args), **theirs(build.kwargs))
        self.module = getattr(lm.nn, name)(*ours(build.args), **ours(build.kwargs))
        self.other.to(DTYPES[dtype]).train(training)
        self.module.to(getattr(lm, dtype)).train(training)
        forward = case.forward_input
        self.given = (theirs(forward.args), theirs(forward.kwargs))
        self.own = (ours(forward.args), ours(forward.kwargs))
        if info.is_lazy:
            self.other(*self.given[0], **self.given[1])
            self.module(*self.own[0], **self.own[1])
        self.exchange_state()

    def exchange_state(self):
        state = self.other.state_dict()
        assert list(self.module.state_dict()) == list(state)
        found = self.module.load_state_dict({key: ours(x) for key, x in state.items()})
        assert not found.missing_keys
        assert not found.unexpected_keys
        back = {key: torch.tensor(x.numpy()) for key, x in self.module.state_dict().items()}
        self.other.load_state_dict(back)

    def size(self):
        """How many numbers may be summed into one result."""
        counted = [*tensors(self.given), *self.other.parameters()]
        return 16 + sum(x.numel() for x in counted)

    def chance_decides(self):
        found = []
        for seed in (0, 1):
            torch.manual_seed(seed)
            arguments = theirs(self.given)
            found.append(tensors(copy.deepcopy(self.other)(*arguments[0], **arguments[1])))
        return any(not torch.allclose(a, b, equal_nan=True) for a, b in zip(*found, strict=True))

    def compare(self):
        random = self.chance_decides()
        expected = tensors(self.other(*self.given[0], **self.given[1]))
        got = tensors(self.module(*self.own[0], **self.own[1]))
        if random:
            kinds = [[(tuple(x.shape), x.dtype) for x in found] for found in (got, ours(expected))]
            assert kinds[0] == kinds[1]
            return
        self.agree(got, expected)
        self.agree(self.module.state_dict().values(), self.other.state_dict().values())
        self.differentiate(got, lm)
        self.differentiate(expected, torch)
        self.agree(self.gradients(self.own, self.module), self.gradients(self.given, self.other))

    def agree(self, got, expected):
        for a, b in zip(map(numpy_of, got), map(numpy_of, expected), strict=True):
            assert (a.shape, a.dtype) == (b.shape, b.dtype)
            if a.dtype.kind == "f":
                scale = np.abs(b[np.isfinite(b)]).max(initial=1.0)
                close(a, b, a.dtype.name, self.size(), scale)
            else:
                np.testing.assert_array_equal(a, b)

    @staticmethod
    def differentiate(results, library):
        rng = np.random.default_rng(0)
        made = [(x, rng.standard_normal(tuple(x.shape)), numpy_of(x).dtype) for x in results]
        roots = [(x, library.tensor(w.astype(kind))) for x, w, kind in made if x.requires_grad]
        if roots:
            library.autograd.backward(*map(list, zip(*roots, strict=True)))

    @staticmethod
    def gradients(arguments, module):
        leaves = [*tensors(arguments), *module.parameters()]
        return [
            x.new_zeros(x.shape) if x.grad is None else x.grad for x in leaves if x.requires_grad
        ]


@pytest.fixture(autouse=True)
def one_thread():
    """The samples are tiny; threads of two libraries would only wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def reason(error):
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return f"{type(error).__name__}: {' | '.join(lines[:6])}"[:400]


@pytest.mark.parametrize(
    ("info", "dtype", "mode"),
    [
        pytest.param(info, dtype, mode, id=f"{info.module_cls.__name__}-{dtype}-{mode}")
        for info in module_db()
        for dtype in DTYPES
        for mode in ("train", "eval")
        if mode == "train" or info.train_and_eval_differ
    ],
)
def test_samples(info, dtype, mode):
    failed = {}
    for name, case in samples(info, DTYPES[dtype], mode == "train"):
        try:
            Pair(info, case, dtype, mode == "train").compare()
        except Exception as error:
            failed[name] = reason(error)
    known = {key for module, key in KNOWN if module == info.module_cls.__name__}
    assert failed.keys() == known, failed


@pytest.mark.parametrize(
    "info",
    [info for info in module_db() if info.module_error_inputs_func],
    ids=lambda info: info.module_cls.__name__,
)
def test_error_inputs(info):
    from torch.testing._internal.common_modules import ModuleErrorEnum

    name = info.module_cls.__name__
    for _, case in samples(info, torch.float32, True, "module_error_inputs_func"):
        build = case.module_error_input.constructor_input
        forward = case.module_error_input.forward_input

        def run(build=build, forward=forward, constructs=case.error_on):
            module = getattr(lm.nn, name)(*ours(build.args), **ours(build.kwargs))
            if constructs is ModuleErrorEnum.FORWARD_ERROR:
                module(*ours(forward.args), **ours(forward.kwargs))

        with pytest.raises(ERRORS):  # some inputs are of types that lamina has not
            run()


def test_count():
    """Of PyTorch 2.13's 114 entries all 1813 samples agree but those above."""
    counts = [len(samples(info, torch.float32, True)) for info in module_db()]
    assert len(counts) >= 114
    assert sum(counts) - len(KNOWN) >= 1813
