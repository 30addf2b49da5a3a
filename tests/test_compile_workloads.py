"""Whole training steps of the benchmarks' networks: replays leave the bits that eager leaves."""

import numpy as np
import pytest
from benchmarks.workloads import WORKLOADS

import lamina as lm

STEPS = 20


class Training:
    """A workload with everything a training loop keeps."""

    def __init__(self, workload):
        lm.manual_seed(0)
        self.model, self.x, self.y = workload.prepare(lm)
        self.loss = workload.loss(lm.nn)
        self.optimizer = workload.optimizer(lm.optim, self.model.parameters())
        self.schedule = lm.optim.lr_scheduler.StepLR(self.optimizer, 6, 0.5)

    def step(self, x, y):
        self.optimizer.zero_grad()
        loss = self.loss(self.model(x), y)
        loss.backward()
        norm = lm.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        return loss, norm

    def run(self, step):
        """Yield what each step returns."""
        lm.manual_seed(1)
        for number in range(STEPS):
            yield step(self.x * (1 + number % 3), self.y)
            self.schedule.step()

    def state(self):
        """Return all that the steps changed, by name."""
        result = dict(self.model.state_dict())
        for name, parameter in self.model.named_parameters():
            result[f"{name}.grad"] = parameter.grad
            for key, value in self.optimizer.state[parameter].items():
                result[f"{name}.{key}"] = value
        return result | {"random": lm.get_rng_state()}


def assert_same_bits(found, expected, name):
    assert np.array_equal(found.detach().numpy(), expected.detach().numpy(), equal_nan=True), name


@pytest.fixture(params=[1, 2], ids="{}threads".format)
def threads(request):
    before = lm.get_num_threads()
    lm.set_num_threads(request.param)
    yield
    lm.set_num_threads(before)


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)
def test_training_is_bit_equal_to_eager(workload):
    eager, other = Training(workload), Training(workload)
    expected = list(eager.run(eager.step))
    random = lm.get_rng_state()
    compiled = lm.compile(other.step)
    for number, results in enumerate(other.run(compiled)):
        for one, another in zip(results, expected[number], strict=True):
            assert_same_bits(one, another, f"step {number}")
    assert_same_bits(lm.get_rng_state(), random, "random numbers")
    found, wanted = other.state(), eager.state()
    assert found.keys() == wanted.keys()
    for name in wanted:
        assert_same_bits(found[name], wanted[name], name)
    assert len(compiled.programs()) == 1


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)
def test_gradients_are_written_where_they_stay(workload):
    training = Training(workload)
    compiled = lm.compile(training.step)
    next(training.run(compiled))
    sizes = {parameter.shape for parameter in training.model.parameters()}
    launches = compiled.programs()[0]["launches"]
    assert not [writes for name, writes, _ in launches if name == "copy" and writes[0][0] in sizes]
