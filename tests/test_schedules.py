"""Each row of optimizers/schedules.py: rates in closed form, saving, going on; combinations."""

import math

import numpy as np
import pytest
from optimizers import collect

import lamina as lm
from lamina.optim import lr_scheduler, swa_utils

ROWS = collect("SCHEDULES")
BASES = (0.5, 0.125)
EPOCHS = 20


def optimizer_with(rates=BASES, kind=lm.optim.SGD, **options):
    groups = [{"params": [lm.ones(2).requires_grad_()], "lr": rate} for rate in rates]
    return kind(groups, **options)


def make(row, optimizer, **more):
    return getattr(lr_scheduler, row.name)(optimizer, **row.options, **more)


def step(row, optimizer, schedule, epoch):
    optimizer.step()
    schedule.step(*([] if row.metrics is None else [row.metrics[epoch]]))


def rates_of(optimizer):
    return [float(group["lr"]) for group in optimizer.param_groups]


def run(row, optimizer, schedule, epochs):
    """Return the rates of each epoch; those that follow a metric come after it."""
    rates = []
    for epoch in range(epochs):
        if row.metrics is not None or epoch > 0:
            step(row, optimizer, schedule, epoch)
        rates.append(rates_of(optimizer))
        assert [float(rate) for rate in schedule.get_last_lr()] == rates[-1]
    return rates


def expected(row):
    if row.metrics is not None:
        return np.transpose([row.ref(base, row.metrics) for base in BASES])
    return [[row.ref(epoch, base) for base in BASES] for epoch in range(EPOCHS)]


@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_rates(row):
    optimizer = optimizer_with()
    found = run(row, optimizer, make(row, optimizer), EPOCHS)
    np.testing.assert_allclose(found, expected(row), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("row", [row for row in ROWS if row.momentum], ids=repr)
@pytest.mark.parametrize("kind", [lm.optim.SGD, lm.optim.Adam])
def test_momentum(row, kind):
    optimizer = optimizer_with(kind=kind)
    schedule = make(row, optimizer)
    for epoch in range(EPOCHS - 1):
        group = optimizer.param_groups[1]
        momentum = group["betas"][0] if kind is lm.optim.Adam else group["momentum"]
        assert momentum == pytest.approx(row.momentum(epoch), rel=1e-12)
        step(row, optimizer, schedule, epoch)


@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_a_rate_that_is_a_tensor_is_changed_in_place(row):
    rate = lm.tensor(BASES[0], dtype=lm.float64)
    optimizer = lm.optim.SGD([lm.ones(2).requires_grad_()], lr=rate)
    found = run(row, optimizer, make(row, optimizer), EPOCHS)
    assert optimizer.param_groups[0]["lr"] is rate
    np.testing.assert_allclose(found, np.array(expected(row))[:, :1], rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_state_goes_on(row):
    optimizer, others = optimizer_with(), optimizer_with()
    schedule, other = make(row, optimizer), make(row, others)
    for epoch in range(7):
        step(row, optimizer, schedule, epoch)
    state = schedule.state_dict()
    assert "optimizer" not in state
    before = dict(state)
    other.load_state_dict(state)
    assert state == before
    others.load_state_dict(optimizer.state_dict())
    for epoch in range(7, EPOCHS - 1):
        step(row, optimizer, schedule, epoch)
        step(row, others, other, epoch)
        assert rates_of(optimizer) == rates_of(others)


# As in PyTorch, a restarted schedule finds its round only with step(epoch), and a step that falls
# on the epoch itself is taken again.
RESUMED = [
    row
    for row in ROWS
    if row.metrics is None and "Restarts" not in row.name and row.options.get("step_size") != 1
]


@pytest.mark.parametrize("row", RESUMED, ids=repr)
def test_resumed_at_an_epoch(row):
    optimizer, others = optimizer_with(), optimizer_with()
    schedule = make(row, optimizer)
    for epoch in range(7):
        step(row, optimizer, schedule, epoch)
    others.load_state_dict(optimizer.state_dict())
    resumed = make(row, others, last_epoch=6)
    for epoch in range(7, EPOCHS - 1):
        np.testing.assert_allclose(rates_of(others), rates_of(optimizer), rtol=1e-12)
        step(row, optimizer, schedule, epoch)
        step(row, others, resumed, epoch)
    with pytest.raises(KeyError, match="'initial_lr' in param_groups"):
        lr_scheduler.StepLR(optimizer_with(), 3, last_epoch=6)


@pytest.mark.parametrize(
    ("row", "case"), [(row, case) for row in ROWS for case in row.errors], ids=repr
)
def test_options_that_are_refused(row, case):
    message = rf"\[({row.name}|lr_scheduler)\] expected .*{case.message}"
    with pytest.raises(case.error, match=message):
        getattr(lr_scheduler, row.name)(optimizer_with(), **case.options)


def test_only_optimizers_have_schedules():
    for kind in (lr_scheduler.StepLR, lr_scheduler.ReduceLROnPlateau):
        with pytest.raises(TypeError, match=r"\[lr_scheduler\] expected an optimizer; got int"):
            kind(3, 0.5)
    adagrad = optimizer_with(kind=lm.optim.Adagrad)
    with pytest.raises(ValueError, match=r"\[CyclicLR\] .* momentum or betas .*; got Adagrad"):
        lr_scheduler.CyclicLR(adagrad, 0.1, 0.5)


def test_one_cycle_ends():
    optimizer = optimizer_with()
    schedule = lr_scheduler.OneCycleLR(optimizer, 0.5, 3)
    for _ in range(3):
        optimizer.step()
        schedule.step()
    with pytest.raises(ValueError, match="expected 3 steps; got 4"):
        schedule.step()


def test_closed_forms_with_an_epoch():
    optimizer = optimizer_with()
    schedule = lr_scheduler.StepLR(optimizer, 3, 0.5)
    optimizer.step()
    with pytest.warns(UserWarning, match="step\\(epoch\\) is deprecated"):
        schedule.step(7)
    assert rates_of(optimizer) == [0.5 / 4, 0.125 / 4]
    restarts = lr_scheduler.CosineAnnealingWarmRestarts(optimizer_with(), 2, 2)
    for epoch in (2.5, 6, 1.5, 13.75):
        restarts.step(epoch)
        length = 2 if epoch < 2 else 4 if epoch < 6 else 8
        place = epoch - {2: 0, 4: 2, 8: 6}[length]
        wanted = 0.5 * (1 + math.cos(math.pi * place / length)) / 2
        assert restarts.get_last_lr()[0] == pytest.approx(wanted)
    with pytest.raises(ValueError, match="epoch >= 0; got -1"):
        restarts.step(-1)


def test_the_order_of_steps_is_watched():
    optimizer = optimizer_with()
    schedule = lr_scheduler.StepLR(optimizer, 3)
    with pytest.warns(UserWarning, match="before optimizer.step"):
        schedule.step()
    schedule.step()
    optimizer = optimizer_with()
    schedule = lr_scheduler.StepLR(optimizer, 3)
    optimizer.step = lambda: None
    with pytest.warns(UserWarning, match="was replaced"):
        schedule.step()
    with pytest.warns(UserWarning, match="get_last_lr"):
        schedule.get_lr()


# ---- combinations ----


def test_one_after_another():
    optimizer = optimizer_with()
    parts = [
        lr_scheduler.ConstantLR(optimizer, 0.1, 20),
        lr_scheduler.ExponentialLR(optimizer, 0.5),
        lr_scheduler.StepLR(optimizer, 2),
    ]
    schedule = lr_scheduler.SequentialLR(optimizer, parts, [3, 6])
    factors = []
    for _ in range(11):
        factors.append(rates_of(optimizer)[0] / 0.5)
        optimizer.step()
        schedule.step()
    wanted = [0.1, 0.1, 0.1, 1, 0.5, 0.25, 1, 1, 0.1, 0.1, 0.01]
    np.testing.assert_allclose(factors, wanted, rtol=1e-9)


def test_all_at_once():
    optimizer = optimizer_with()
    parts = [lr_scheduler.ConstantLR(optimizer, 0.1, 3), lr_scheduler.ExponentialLR(optimizer, 0.5)]
    schedule = lr_scheduler.ChainedScheduler(parts)
    for epoch in range(6):
        wanted = (0.1 if epoch < 3 else 1) * 0.5**epoch * np.array(BASES)
        np.testing.assert_allclose(rates_of(optimizer), wanted, rtol=1e-9)
        optimizer.step()
        schedule.step()
        assert schedule.get_last_lr() == rates_of(optimizer)


def combined(optimizer):
    parts = [lr_scheduler.LinearLR(optimizer), lr_scheduler.ExponentialLR(optimizer, 0.5)]
    return lr_scheduler.SequentialLR(optimizer, parts, [3])


def chained(optimizer):
    parts = [lr_scheduler.StepLR(optimizer, 2), lr_scheduler.ExponentialLR(optimizer, 0.5)]
    return lr_scheduler.ChainedScheduler(parts)


@pytest.mark.parametrize("build", [combined, chained])
def test_combinations_are_saved_whole(build):
    optimizer, others = optimizer_with(), optimizer_with()
    schedule, other = build(optimizer), build(others)
    for _ in range(5):
        optimizer.step()
        schedule.step()
    other.load_state_dict(schedule.state_dict())
    others.load_state_dict(optimizer.state_dict())
    for _ in range(3):
        for one, its in ((optimizer, schedule), (others, other)):
            one.step()
            its.step()
        assert rates_of(optimizer) == rates_of(others)


@pytest.mark.parametrize("kind", ["SequentialLR", "ChainedScheduler"])
def test_what_cannot_be_combined(kind):
    optimizer = optimizer_with()

    def build(*parts):
        if kind == "ChainedScheduler":
            return lr_scheduler.ChainedScheduler(list(parts), optimizer)
        return lr_scheduler.SequentialLR(optimizer, list(parts), [1] * (len(parts) - 1))

    good = lr_scheduler.StepLR(optimizer, 2)
    with pytest.raises(ValueError, match="at least one schedule; got none"):
        build()
    with pytest.raises(TypeError, match="expected schedules; got int at index 1"):
        build(good, 3)
    with pytest.raises(ValueError, match="no metric; got ReduceLROnPlateau"):
        build(good, lr_scheduler.ReduceLROnPlateau(optimizer))
    with pytest.raises(ValueError, match="of the same optimizer; got another at index 1"):
        build(good, lr_scheduler.StepLR(optimizer_with(), 2))
    with pytest.raises(ValueError, match="1 milestones, one less than schedules; got 3"):
        lr_scheduler.SequentialLR(optimizer, [good, good], [1, 2, 3])


def test_a_plateau_wants_a_bound_for_each_new_group():
    optimizer = optimizer_with()
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, min_lr=[0.1, 0.1])
    optimizer.add_param_group({"params": [lm.ones(2).requires_grad_()]})
    schedule.step(1.0)
    with pytest.raises(RuntimeError, match=r"min_lrs for 3 groups, .*; got 2"):
        schedule.step(1.0)


@pytest.mark.parametrize("strategy", ["cos", "linear"])
def test_swa_rates(strategy):
    optimizer = optimizer_with()
    schedule = swa_utils.SWALR(optimizer, 0.05, anneal_epochs=5, anneal_strategy=strategy)
    for epoch in range(9):
        part = min(epoch / 5, 1)
        part = (1 - math.cos(math.pi * part)) / 2 if strategy == "cos" else part
        wanted = [0.05 * part + base * (1 - part) for base in BASES]
        np.testing.assert_allclose(rates_of(optimizer), wanted, rtol=1e-9)
        optimizer.step()
        schedule.step()
    with pytest.raises(ValueError, match="'cos' or 'linear'; got 'x'"):
        swa_utils.SWALR(optimizer_with(), 0.05, anneal_strategy="x")
    with pytest.raises(ValueError, match="anneal_epochs >= 0; got -1"):
        swa_utils.SWALR(optimizer_with(), 0.05, anneal_epochs=-1)
