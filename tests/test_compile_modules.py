"""Modules inside lamina.compile: what changes about them is noticed; modules compiled alone."""

import ctypes
import threading

import numpy as np
import pytest

import lamina as lm
from lamina import nn

scale = 2.0


def network():
    lm.manual_seed(0)
    return nn.Sequential(
        nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3)
    )


def inputs(number=0):
    return lm.tensor(np.random.default_rng(number).standard_normal((6, 5)).astype(np.float32))


def same(model, compiled, x):
    """Does the compiled call return what the module does from the same state?"""
    state = {name: value.clone() for name, value in model.state_dict().items()}
    lm.manual_seed(3)
    found = compiled(x)
    model.load_state_dict(state)
    lm.manual_seed(3)
    return lm.equal(found, model(x))


@pytest.fixture
def model():
    return network()


@pytest.fixture
def compiled(model):
    """A function that is not told by its own variables what it calls."""
    holder = [model]
    function = lm.compile(lambda x: holder[0](x))
    for number in range(3):
        assert same(model, function, inputs(number))
    assert len(function.programs()) == 1
    return function


def test_modes_have_recordings_of_their_own(model, compiled):
    for _ in range(3):
        assert same(model.eval(), compiled, inputs())
        assert same(model.train(), compiled, inputs())
        model[3].eval()
        assert same(model, compiled, inputs())
        model.train()
    assert len(compiled.programs()) == 3


def test_a_replaced_parameter_is_noticed(model, compiled):
    model[0].weight = nn.Parameter(lm.ones(8, 5))
    assert same(model, compiled, inputs())
    assert len(compiled.programs()) == 1


def test_a_replaced_module_is_noticed(model, compiled):
    model[2] = nn.Tanh()
    assert same(model, compiled, inputs())


def test_a_replaced_buffer_is_noticed(model, compiled):
    model.eval()
    assert same(model, compiled, inputs())
    model[1].running_mean = lm.full((8,), 0.5)
    assert same(model, compiled, inputs())


@pytest.mark.parametrize("change", ["register_forward_hook", "register_forward_pre_hook"])
def test_hooks_are_noticed(model, compiled, change):
    double = {
        "register_forward_hook": lambda module, args, output: output * 2,
        "register_forward_pre_hook": lambda module, args: (args[0] * 2,),
    }[change]
    handle = getattr(model[0], change)(double)
    assert same(model, compiled, inputs())
    handle.remove()
    assert same(model, compiled, inputs())


def test_an_attribute_is_noticed(model, compiled):
    model[3].p = 0.25
    assert same(model, compiled, inputs())
    model[3].p = 0.5
    assert same(model, compiled, inputs())
    assert len(compiled.programs()) == 2


def test_weights_changed_in_place_are_seen_by_the_same_recording(model, compiled):
    with lm.no_grad():
        model[0].weight.fill_(0.5)
        model[4].bias.copy_(lm.tensor([1.0, 2.0, 3.0]))
    model.load_state_dict({name: value * 0.5 for name, value in model.state_dict().items()})
    assert same(model, compiled, inputs())
    assert len(compiled.programs()) == 1


def test_frozen_parameters_get_no_gradient():
    model = network()

    @lm.compile
    def step(x):
        model.zero_grad()
        model(x).sum().backward()

    step(inputs())
    step(inputs())
    model[0].weight.requires_grad_(False)
    model.zero_grad()
    step(inputs())
    assert model[0].weight.grad is None
    assert model[4].weight.grad is not None


def test_a_hook_on_a_parameter_is_noticed():
    model = nn.Linear(5, 3)

    @lm.compile
    def step(x):
        model.zero_grad()
        model(x).sum().backward()

    step(inputs())
    step(inputs())
    expected = model.weight.grad.clone()
    handle = model.weight.register_hook(lambda grad: grad * 2)
    step(inputs())
    assert lm.equal(model.weight.grad, expected * 2)
    handle.remove()
    step(inputs())
    assert lm.equal(model.weight.grad, expected)


def test_variables_of_the_function_are_noticed():
    global scale
    model = nn.Linear(5, 3)
    factor = 1.0

    @lm.compile
    def step(x):
        return model(x) * scale * factor

    step(inputs())
    for _ in range(2):
        scale *= 2
        assert lm.equal(step(inputs()), model(inputs()) * scale * factor)
        factor = 3.0
        assert lm.equal(step(inputs()), model(inputs()) * scale * factor)
        model = nn.Linear(5, 3)
        assert lm.equal(step(inputs()), model(inputs()) * scale * factor)


def test_attributes_of_its_variables_are_noticed():
    class Trainer:
        def __init__(self):
            self.model = nn.Linear(5, 3)
            self.steps = 0

        def step(self, x):
            return self.model(x)

    trainer = Trainer()
    compiled = [lm.compile(trainer.step), lm.compile(lambda x: trainer.model(x))]
    for _ in range(3):
        for call in compiled * 2:
            trainer.steps += 1
            assert lm.equal(call(inputs()), trainer.model(inputs()))
        trainer.model = nn.Linear(5, 3)
    assert [len(each.programs()) for each in compiled] == [1, 1]


def test_a_state_that_every_call_changes_is_not_lost():
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.calls = 0

        def forward(self, x):
            self.calls += 1
            return x * self.calls

    model = Counting()
    compiled = lm.compile(lambda x: model(x))
    with pytest.warns(UserWarning, match="'calls' changes from call to call"):
        results = [compiled(lm.ones(1)).item() for _ in range(12)]
    assert results == list(range(1, 13))


def test_default_types_are_noticed():
    compiled = lm.compile(lambda: lm.zeros(2))
    before = lm.get_default_dtype()
    assert compiled().dtype == before
    lm.set_default_dtype(lm.float64)
    try:
        assert compiled().dtype == lm.float64
    finally:
        lm.set_default_dtype(before)


# ---- modules compiled alone ----


def test_a_module_is_called_without_history(model):
    compiled = lm.compile(model.eval())
    for number in range(3):
        x = inputs(number).requires_grad_()
        result = compiled(x)
        assert not result.requires_grad
        assert lm.equal(result, model(x))
    assert len(compiled.programs()) == 1


def test_everything_else_is_the_modules(model):
    compiled = lm.compile(model)
    assert compiled.state_dict().keys() == model.state_dict().keys()
    assert next(iter(compiled.parameters())) is model[0].weight
    assert compiled.eval() is compiled
    assert not model.training
    compiled.extra = 3
    assert model.extra == 3
    del compiled.extra
    assert not hasattr(compiled, "extra")
    assert "named_parameters" in dir(compiled)
    assert repr(compiled) == f"compile({model!r})"


def test_training_mode_moves_running_statistics(model):
    compiled = lm.compile(model)
    for number in range(3):
        compiled(inputs(number))
    assert model[1].num_batches_tracked.item() == 3


def test_threads_calling_one_module(model):
    compiled = lm.compile(model.eval())
    batches = [inputs(number) for number in range(8)]
    expected = [model(x) for x in batches]
    wrong = []

    def work(number):
        for _ in range(100):
            if not lm.equal(compiled(batches[number]), expected[number]):
                wrong.append(number)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


# ---- texts ----


def test_explain_lists_the_launches(model):
    compiled = lm.compile(model.eval())
    assert compiled.explain() == "nothing is recorded yet: call it once"
    compiled(inputs())
    lines = compiled.explain().splitlines()
    assert "launches" in lines[0]
    assert "arena" in lines[0]
    products = [line for line in lines if "linear" in line]
    assert "f32[6, 8]" in products[0]
    assert products[0].split()[-1] == "0.5"  # kflop: 2 * 6 * 5 * 8


def test_profile_lists_times(model):
    compiled = lm.compile(model.eval())
    lines = compiled.profile(inputs(), repeat=3).splitlines()
    assert f" in {len(compiled.programs()[0]['stages'])} stages; " in lines[0]
    assert any("linear" in line for line in lines)


def test_profile_wants_a_step_that_repeats():
    weight = lm.ones(3).requires_grad_()
    compiled = lm.compile(lambda x: (weight * x).sum().backward())
    with pytest.raises(RuntimeError, match=r"\[profile\] expected a step that can be repeated"):
        compiled.profile(lm.ones(3))


@pytest.mark.parametrize(
    ("read", "advice"),
    [
        (lambda x: x.sum().item(), "return the tensor and read it after the call"),
        (lambda x: x[x > 0], "use where"),
        (lambda x: lm.tensor([x.sum(), x.sum()]), "use stack"),
        (lambda x: nn.functional.one_hot(x.long()), "give num_classes"),
        (lambda x: lm.set_rng_state(lm.get_rng_state()) or x, "before the call"),
    ],
)
def test_errors_name_the_line_and_what_to_do(read, advice):
    with pytest.raises(RuntimeError, match=advice) as error:
        lm.compile(lambda x: read(x))(lm.ones(3))
    line = read.__code__.co_firstlineno
    assert f"test_compile_modules.py:{line} (" in str(error.value)


def by_an_op(weight):
    with lm.no_grad():
        weight.mul_(2)


def by_a_view_of_numpys(weight):
    weight.detach().numpy()[...] += 1


def by_an_address(weight):
    first = ctypes.c_float.from_address(weight.data_ptr())
    first.value += 1


def by_other_memory(weight):
    weight.data = weight.data * 3


@pytest.mark.parametrize(
    "change",
    [by_an_op, by_a_view_of_numpys, by_an_address, by_other_memory],
    ids=lambda f: f.__name__,
)
@pytest.mark.parametrize("channels", [3, 16], ids=["patches", "winograd"])
def test_weights_changed_from_outside_are_seen(channels, change):
    model = nn.Conv2d(channels, 16, 3)
    compiled = lm.compile(model)
    x = lm.randn(1, channels, 16, 16)
    for _ in range(3):
        for _ in range(2):
            assert lm.equal(compiled(x), model(x).detach())
        change(model.weight)


def test_a_view_that_is_held_may_change_weights_at_any_time():
    model = nn.Conv2d(16, 16, 3)
    held = model.weight.detach().numpy()
    compiled = lm.compile(model)
    x = lm.randn(1, 16, 16, 16)
    for _ in range(3):
        assert lm.equal(compiled(x), model(x).detach())
        held += 1
    del held
    assert lm.equal(compiled(x), model(x).detach())


def test_a_compiled_model_can_be_trained():
    model = nn.Linear(2, 1)
    compiled = lm.compile(model)
    x = lm.ones(3, 2)
    compiled(x).sum().backward()
    assert model.weight.grad.tolist() == [[3, 3]]
    with lm.no_grad():
        assert not compiled(x).requires_grad
    assert not compiled.eval()(x).requires_grad
