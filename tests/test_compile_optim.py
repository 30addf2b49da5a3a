"""Optimizers inside lamina.compile: replays equal eager steps bit for bit, schedules included."""

import numpy as np
import pytest
from optimizers import collect

import lamina as lm
from lamina import compiling

ROWS = [row for row in collect("OPTIMIZERS") if row.torch or row.name == "Lion"]
SHAPES = ((6, 5), (5, 4))


def leaves(seed=0):
    rng = np.random.default_rng(seed)
    return [lm.tensor(rng.standard_normal(s).astype(np.float32)).requires_grad_() for s in SHAPES]


def training(make):
    params = leaves()
    optimizer = make(params)

    def step(x, y):
        optimizer.zero_grad()
        loss = ((lm.tanh(x @ params[0]) @ params[1] - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    return step, optimizer, params


def batch(number):
    rng = np.random.default_rng(number % 5)
    return [lm.tensor(rng.standard_normal((8, n)).astype(np.float32)) for n in (6, 4)]


def run_both(make, steps, between=lambda optimizer, number: None):
    """Train eagerly and compiled, side by side; return the compiled function."""
    eager, eager_optimizer, eager_params = training(make)
    step, optimizer, params = training(make)
    compiled = lm.compile(step)
    for number in range(steps):
        assert eager(*batch(number)).item() == compiled(*batch(number)).item()
        between(eager_optimizer, number)
        between(optimizer, number)
        for one, other in zip(eager_params, params, strict=True):
            assert np.array_equal(one.detach().numpy(), other.detach().numpy())
    for one, other in zip(eager_params, params, strict=True):
        state, other_state = eager_optimizer.state[one], optimizer.state[other]
        assert all(lm.equal(state[key], other_state[key]) for key in state)
    return compiled


@pytest.mark.parametrize(
    ("row", "options"),
    [pytest.param(row, o, id=f"{row}-{i}") for row in ROWS for i, o in enumerate(row.settings)],
)
def test_steps(row, options):
    compiled = run_both(lambda params: getattr(lm.optim, row.name)(params, **options), 12)
    assert len(compiled.programs()) == 1


@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_a_schedule_is_seen(row):
    schedules = {}

    def make(params):
        optimizer = getattr(lm.optim, row.name)(params, lr=0.01)
        schedules[id(optimizer)] = lm.optim.lr_scheduler.StepLR(optimizer, 7, 0.5)
        return optimizer

    compiled = run_both(make, 50, lambda optimizer, _: schedules[id(optimizer)].step())
    assert len(compiled.programs()) == 1


def test_momentum_is_cycled():
    schedules = {}

    def make(params):
        optimizer = lm.optim.Adam(params)
        schedules[id(optimizer)] = lm.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, 40)
        return optimizer

    run_both(make, 40, lambda optimizer, _: schedules[id(optimizer)].step())


def test_a_rate_that_is_a_tensor():
    rates = {}

    def make(params):
        optimizer = lm.optim.SGD(params, lr=lm.tensor(0.1), momentum=0.9)
        rates[id(optimizer)] = optimizer.param_groups[0]["lr"]
        return optimizer

    run_both(make, 12, lambda optimizer, _: rates[id(optimizer)].mul_(0.9))


def test_loading_a_state_captures_anew():
    saved = {}

    def save_and_load(optimizer, number):
        if number == 4:
            saved[id(optimizer)] = optimizer.state_dict()
            optimizer.load_state_dict(saved[id(optimizer)])

    compiled = run_both(lm.optim.Adam, 12, save_and_load)
    assert len(compiled.programs()) == 1


def test_a_group_that_is_added_captures_anew():
    waiting = {}

    def make(params):
        optimizer = lm.optim.Adam(params[:1], lr=0.1)
        waiting[id(optimizer)] = params[1]
        return optimizer

    def add(optimizer, number):
        if number == 3:
            waiting[id(optimizer)].grad = None
            optimizer.add_param_group({"params": [waiting[id(optimizer)]], "lr": 0.5})

    run_both(make, 8, add)


def test_parameters_without_gradient_are_left_alone():
    used, unused = lm.ones(3).requires_grad_(), lm.ones(3).requires_grad_()
    optimizer = lm.optim.Adam([used, unused], lr=0.5)

    @lm.compile
    def step(x):
        optimizer.zero_grad()
        (used * x).sum().backward()
        optimizer.step()

    for number in range(4):
        step(lm.full((3,), float(number + 1)))
    assert optimizer.state[used]["step"].item() == 4
    assert unused.tolist() == [1, 1, 1]
    assert unused not in optimizer.state


def test_two_functions_share_one_optimizer():
    step, optimizer, params = training(lambda p: lm.optim.Adam(p, lr=0.1))
    eager, eager_optimizer, eager_params = training(lambda p: lm.optim.Adam(p, lr=0.1))
    first, second = lm.compile(step), lm.compile(lambda x, y: step(y @ lm.ones(4, 6), y))
    for number in range(6):
        x, y = batch(number)
        for compiled, arguments in ((first, (x, y)), (second, (y @ lm.ones(4, 6), y))):
            assert eager(*arguments).item() == compiled(x, y).item()
    assert eager_optimizer.state[eager_params[0]]["step"].item() == 12
    assert optimizer.state[params[0]]["step"].item() == 12


def test_before_replay_needs_a_capture():
    calls = []
    compiling.before_replay(lambda: calls.append(1) or True)
    compiled = lm.compile(lambda x: x + 1)
    compiled(lm.ones(2))
    compiled(lm.ones(2))
    assert not calls
    assert not compiling.capturing()


def trained(split, steps=6, clip=False):
    """The losses of a network; gradients come from one function and the update from another."""
    lm.manual_seed(0)
    model = lm.nn.Sequential(lm.nn.Linear(3, 8), lm.nn.Tanh(), lm.nn.Linear(8, 1))
    optimizer = lm.optim.Adam(model.parameters(), lr=0.1)
    x, y = lm.randn(6, 3), lm.randn(6, 1)

    def gradients():
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        return loss

    def update():
        if clip:
            lm.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimizer.step()

    if split:
        gradients, update = lm.compile(gradients), lm.compile(update)
    losses = []
    for _ in range(steps):
        losses.append(gradients().item())
        update()
    if split:
        assert [len(each.programs()) for each in (gradients, update)] == [1, 1]
    return losses


@pytest.mark.parametrize("clip", [False, True])
def test_gradients_come_from_another_compiled_function(clip):
    assert trained(split=True, clip=clip) == trained(split=False, clip=clip)


def test_a_gradient_that_was_missing_is_noticed():
    weight = lm.ones(2, requires_grad=True)
    optimizer = lm.optim.SGD([weight], lr=1.0)
    update = lm.compile(optimizer.step)
    update()
    weight.grad = lm.ones(2)
    update()
    assert lm.equal(weight.detach(), lm.zeros(2))


def test_a_gradient_that_is_assigned_is_left_by_replays_too():
    weight = lm.ones(2, requires_grad=True)

    def assign(x):
        weight.grad = x * 2

    compiled = lm.compile(assign)
    for number in range(4):
        compiled(lm.full((2,), float(number)))
        assert weight.grad.tolist() == [2.0 * number] * 2
