"""Beside PyTorch: the settings of its own tests, its schedules, and state dicts both ways."""

import sys
import types
import unittest

import numpy as np
import pytest
from optimizers import collect
from tolerances import EPS

import lamina as lm

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

STEPS = 12
SHAPES = ((7, 5), (5,), (3, 4), (), (33,))


def optim_db():
    """PyTorch's table; it wants a package for tests of its own, of which nothing is used here."""
    if "expecttest" not in sys.modules:
        stand_in = types.ModuleType("expecttest")
        stand_in.TestCase = unittest.TestCase
        sys.modules["expecttest"] = stand_in
    from torch.testing._internal.common_optimizers import optim_db as table

    return [info for info in table if info.optim_cls is not torch.optim.SparseAdam]


SETTINGS = [
    pytest.param(info.optim_cls.__name__, case.kwargs, id=f"{info.optim_cls.__name__}-{case.desc}")
    for info in optim_db()
    for case in info.optim_inputs_func("cpu")
]


def ours(value):
    if isinstance(value, torch.Tensor):
        return lm.tensor(value.detach().numpy())
    return value


class Pair:
    """The same parameters and optimizer here and there, minimizing the same loss."""

    def __init__(self, name, options, dtype):
        shapes = [s for s in SHAPES if len(s) == 2] if name == "Muon" else SHAPES
        rng = np.random.default_rng(1)
        starts, self.targets = (
            [rng.standard_normal(s).astype(dtype) for s in shapes] for _ in range(2)
        )
        self.params = [lm.tensor(x).requires_grad_() for x in starts]
        self.torch_params = [torch.tensor(x, requires_grad=True) for x in starts]
        own = {key: ours(value) for key, value in options.items()}
        self.optimizer = getattr(lm.optim, name)(self.params, **own)
        self.torch_optimizer = getattr(torch.optim, name)(self.torch_params, **options)

    def step(self):
        for library, optimizer, params in (
            (lm, self.optimizer, self.params),
            (torch, self.torch_optimizer, self.torch_params),
        ):

            def closure(library=library, optimizer=optimizer, params=params):
                optimizer.zero_grad()
                targets = [library.tensor(x) for x in self.targets]
                losses = [((p - t) ** 2).sum() for p, t in zip(params, targets, strict=True)]
                loss = sum(losses) + 0.1 * sum((p**4).sum() for p in params)
                loss.backward()
                return loss

            optimizer.step(closure)

    def assert_close(self, tolerance):
        for param, other in zip(self.params, self.torch_params, strict=True):
            np.testing.assert_allclose(
                param.detach().numpy(), other.detach().numpy(), rtol=tolerance, atol=tolerance
            )


def tolerance_of(name, options, dtype):
    # NAdam's product and ASGD's rate are kept in float32; PyTorch computes with a rate that is a
    # tensor in its type, we in float64; a line search multiplies roundings.
    if name == "LBFGS":
        return {"float32": 1e-3, "float64": 1e-6}[dtype]
    rounded = name in {"NAdam", "ASGD"} or isinstance(options.get("lr"), torch.Tensor)
    return 200 * EPS["float32" if rounded else dtype]


@pytest.fixture
def full_precision(monkeypatch):
    """PyTorch's Muon rounds to bfloat16, which hides everything else."""
    monkeypatch.setattr(torch.Tensor, "bfloat16", lambda self: self.clone())


@pytest.mark.usefixtures("full_precision")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options"), SETTINGS)
def test_settings(name, options, dtype):
    pair = Pair(name, options, dtype)
    for _ in range(STEPS):
        pair.step()
    pair.assert_close(tolerance_of(name, options, dtype))
    lines = [x for x in repr(pair.torch_optimizer).split("\n") if "tensor" not in x]
    extra = {"    nesterov: False"} if name == "RMSprop" else set()
    found = [x for x in repr(pair.optimizer).split("\n") if "tensor" not in x and x not in extra]
    assert found == [x for x in lines if x not in extra]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "info",
    [info for info in optim_db() if info.optim_error_inputs_func],
    ids=lambda info: info.optim_cls.__name__,
)
def test_errors(info):
    """Where PyTorch raises, we raise the same kind of error; complex tensors do not exist here."""
    for case in info.optim_error_inputs_func("cpu", torch.float32):
        given = case.optimizer_error_input
        if "complex" in given.desc or "duplicate parameters" in given.desc:
            continue
        params = [lm.ones(2, 3).requires_grad_()] if given.params is None else nested(given.params)
        options = {key: nested(value) for key, value in given.kwargs.items()}
        with pytest.raises(case.error_type):
            getattr(lm.optim, info.optim_cls.__name__)(params, **options)


def nested(value):
    if isinstance(value, torch.Tensor):
        return lm.tensor(value.detach().numpy()).requires_grad_(value.requires_grad)
    if isinstance(value, dict):
        return {key: nested(item) for key, item in value.items()}
    return type(value)(map(nested, value)) if isinstance(value, list | tuple) else value


@pytest.mark.usefixtures("full_precision")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "options"), SETTINGS)
@pytest.mark.parametrize("direction", ["from", "to"])
def test_state_dicts_are_exchanged(name, options, direction):
    pair, other = Pair(name, options, "float32"), Pair(name, options, "float32")
    for _ in range(3):
        pair.step()
    if direction == "from":
        other.optimizer.load_state_dict(pair.torch_optimizer.state_dict())
        copy_values(pair.torch_params, other.params, lm)
        other.torch_optimizer, other.torch_params = pair.torch_optimizer, pair.torch_params
    else:
        other.torch_optimizer.load_state_dict(theirs(pair.optimizer.state_dict()))
        copy_values(pair.params, other.torch_params, torch)
        other.optimizer, other.params = pair.optimizer, pair.params
    for _ in range(4):
        other.step()
    other.assert_close(tolerance_of(name, options, "float32"))


def copy_values(sources, targets, library):
    with library.no_grad():
        for source, target in zip(sources, targets, strict=True):
            target.copy_(library.tensor(source.detach().numpy()))


def theirs(value):
    if isinstance(value, lm.Tensor):
        return torch.tensor(value.numpy())
    if isinstance(value, dict):
        return {key: theirs(item) for key, item in value.items()}
    return type(value)(map(theirs, value)) if isinstance(value, list | tuple) else value


# ---- schedules ----

EPOCHS = 18
BASES = (0.5, 0.125)


def rates(library, optimizer_name, build, metrics):
    groups = [{"params": [library.ones(2).requires_grad_()], "lr": rate} for rate in BASES]
    optimizer = getattr(library.optim, optimizer_name)(groups)
    schedule = build(library.optim.lr_scheduler, optimizer)
    result = []
    for epoch in range(EPOCHS):
        result.append(
            [
                (group["lr"], group.get("momentum"), group.get("betas"))
                for group in optimizer.param_groups
            ]
        )
        optimizer.step()
        schedule.step(*([] if metrics is None else [metrics[epoch]]))
    return result, schedule


@pytest.mark.parametrize("row", collect("SCHEDULES"), ids=repr)
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_schedules(row, optimizer):
    def build(schedules, target):
        return getattr(schedules, row.name)(target, **row.options)

    found, schedule = rates(lm, optimizer, build, row.metrics)
    wanted, other = rates(torch, optimizer, build, row.metrics)
    assert found == wanted
    assert set(schedule.state_dict()) == set(other.state_dict())


# Not OneCycleLR: twelve and eighteen steps are more than its twenty.
RESUMABLE = [row for row in collect("SCHEDULES") if not row.metrics and row.name != "OneCycleLR"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("row", RESUMABLE, ids=repr)
@pytest.mark.parametrize("epochs", [(3, 7, 1), (0, 4, 12)])
def test_schedules_at_an_epoch_and_resumed(row, epochs):
    def build(schedules, target):
        schedule = getattr(schedules, row.name)(target, **row.options)
        for epoch in epochs:
            schedule.step(epoch)
        return getattr(schedules, row.name)(target, **row.options, last_epoch=epochs[-1])

    assert rates(lm, "SGD", build, None)[0] == rates(torch, "SGD", build, None)[0]


def linear_then_exponential(schedules, optimizer):
    parts = [schedules.LinearLR(optimizer), schedules.ExponentialLR(optimizer, 0.5)]
    return schedules.SequentialLR(optimizer, parts, [7])


def three_parts(schedules, optimizer):
    parts = [
        schedules.ConstantLR(optimizer, 0.1, 20),
        schedules.StepLR(optimizer, 2),
        schedules.CosineAnnealingWarmRestarts(optimizer, 3),
    ]
    return schedules.SequentialLR(optimizer, parts, [2, 9])


def chained(schedules, optimizer):
    parts = [schedules.PolynomialLR(optimizer, 9), schedules.ExponentialLR(optimizer, 0.5)]
    return schedules.ChainedScheduler(parts)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("build", [linear_then_exponential, three_parts, chained])
def test_combinations(build):
    assert rates(lm, "SGD", build, None)[0] == rates(torch, "SGD", build, None)[0]


@pytest.mark.parametrize("strategy", ["cos", "linear"])
def test_swa_rates(strategy):
    def build(schedules, optimizer):
        library = lm if isinstance(optimizer, lm.optim.Optimizer) else torch
        return library.optim.swa_utils.SWALR(optimizer, 0.05, 5, strategy)

    import torch.optim.swa_utils

    assert rates(lm, "SGD", build, None)[0] == rates(torch, "SGD", build, None)[0]
