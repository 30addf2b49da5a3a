"""Whole training of the benchmarks' networks: compiled runs leave the bits that eager runs leave.

On any number of threads, and with all that training loops add to a network.
"""

import dataclasses

import pytest
from benchmarks.workloads import WORKLOADS

import lamina as lm
from lamina import nn

EPOCH = 5  # batches, of which the last is smaller
RUNS = [(compiled, threads) for compiled in (False, True) for threads in (1, 2, 4)]
EACH = pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)


def small(workload):
    """Return the workload with a batch of a few samples, and sequences of a few steps."""
    samples, *sizes = workload.inputs
    if len(sizes) == 2:
        sizes[0] = 6
    return dataclasses.replace(workload, inputs=(min(samples, 8), *sizes))


class Training:
    """A workload in a loop as people write them; `full` adds what the workload lacks."""

    def __init__(self, workload, steps, full):
        lm.manual_seed(0)
        self.model, self.x, self.y = workload.prepare(lm)
        self.steps = steps
        self.full = full
        if full:
            ends = [nn.Dropout(0.1), nn.BatchNorm1d(workload.classes or 1)]
            self.model = nn.Sequential(nn.Dropout(0.1), self.model, *ends)
        self.loss = workload.loss(nn)
        self.optimizer = workload.optimizer(lm.optim, self.model.parameters())
        self.schedule = self.make_schedule()

    def make_schedule(self):
        schedules = lm.optim.lr_scheduler
        if not self.full:
            return schedules.StepLR(self.optimizer, self.steps // 3, 0.5)
        group = self.optimizer.param_groups[0]
        group["weight_decay"] = 0.01
        momentum = "betas" in group or group["momentum"] > 0
        return schedules.OneCycleLR(
            self.optimizer, 5 * group["lr"], self.steps, cycle_momentum=momentum
        )

    def step(self, x, y):
        self.optimizer.zero_grad()
        loss = self.loss(self.model(x), y)
        loss.backward()
        if self.full:
            nn.utils.clip_grad_value_(self.model.parameters(), 0.05)
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), 0.5)
        self.optimizer.step()
        return loss, norm

    def run(self, compiled):
        """Yield the bits that each step returns, those of evaluations and of the final state."""
        step = lm.compile(self.step) if compiled else self.step
        predict = lm.compile(self.model) if compiled else self.model
        lm.manual_seed(1)
        for number in range(self.steps):
            samples = len(self.x) - (number % EPOCH == EPOCH - 1)
            yield bits(step(self.x[:samples] * (1 + number % 3), self.y[:samples]))
            self.schedule.step()
            if number % EPOCH == EPOCH - 1:
                self.model.eval()
                with lm.no_grad():
                    yield bits([predict(self.x)])
                self.model.train()
        yield dict(zip(self.state(), bits(self.state().values()), strict=True))
        if compiled:
            assert len(step.programs()) == 2

    def state(self):
        """Return all that the steps changed, by name."""
        result = dict(self.model.state_dict())
        for name, parameter in self.model.named_parameters():
            result[f"{name}.grad"] = parameter.grad
            for key, value in self.optimizer.state[parameter].items():
                result[f"{name}.{key}"] = value
        return result | {"random": lm.get_rng_state()}


def bits(tensors):
    return [x.detach().numpy().tobytes() for x in tensors]


def check(workload, steps, full):
    """Hold all runs against the first."""
    expected = None
    before = lm.get_num_threads()
    try:
        for compiled, threads in RUNS:
            lm.set_num_threads(threads)
            found = list(Training(workload, steps, full).run(compiled))
            expected = expected or found
            for number, (one, other) in enumerate(zip(found, expected, strict=True)):
                assert one == other, f"{compiled=}, {threads} threads, {number}"
    finally:
        lm.set_num_threads(before)


@EACH
@pytest.mark.parametrize("full", [False, True], ids=["plain", "full"])
def test_training_of_few_samples(workload, full):
    check(small(workload), 20, full)


@pytest.mark.slow
@pytest.mark.timeout(3000)
@EACH
@pytest.mark.parametrize("full", [False, True], ids=["plain", "full"])
def test_training(workload, full):
    check(workload, 200, full)


@EACH
def test_gradients_are_written_where_they_stay(workload):
    training = Training(small(workload), 20, full=False)
    compiled = lm.compile(training.step)
    compiled(training.x, training.y)
    sizes = {parameter.shape for parameter in training.model.parameters()}
    launches = compiled.programs()[0]["launches"]
    assert not [writes for name, writes, _ in launches if name == "copy" and writes[0][0] in sizes]
