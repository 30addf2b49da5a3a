"""lamina.diagnostics: health while training, where NaN began, which rate; summary has its file."""

import math
import warnings

import pytest

import lamina as lm
from lamina import nn
from lamina.diagnostics import Health, RateSweep, find_lr, find_nan


def network(activation=nn.ReLU, depth=2, width=16):
    lm.manual_seed(1)
    layers = [nn.Linear(8, width), activation()]
    for _ in range(depth - 1):
        layers += [nn.Linear(width, width), activation()]
    return nn.Sequential(*layers, nn.Linear(width, 3))


def batch(scale=1.0):
    lm.manual_seed(0)
    return lm.randn(128, 8) * scale, lm.randint(0, 3, (128,))


def train(model, x, y, steps=10, lr=0.1, compiled=False):
    optimizer = lm.optim.SGD(model.parameters(), lr=lr)
    criterion = nn.CrossEntropyLoss()

    def step(x, y):
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()

    step = lm.compile(step) if compiled else step
    for _ in range(steps):
        step(x, y)


def watched(model, x=None, **arguments):
    data, y = batch()
    with Health(model) as health:
        train(model, data if x is None else x, y, **arguments)
    return health


def kinds(health):
    return {(each.kind, each.layer) for each in health.findings()}


# ---- figures ----


def test_figures_are_those_of_the_step():
    x, y = batch()
    model = network()
    weight = model[0].weight.detach().clone()
    bias = model[0].bias.detach().clone()
    health = watched(model, x, steps=1, lr=0.0)
    linear, relu = health.read()[:2]
    hidden = (x @ weight.T + bias).relu()
    model.zero_grad()
    nn.CrossEntropyLoss()(model(x), y).backward()
    norms = [each.grad.norm().item() ** 2 for each in model[0].parameters()]
    assert relu.mean == pytest.approx(hidden.mean().item(), rel=1e-5)
    assert relu.std == pytest.approx(hidden.std(correction=0).item(), rel=1e-5)
    assert relu.zeros == pytest.approx((hidden == 0).float().mean().item(), rel=1e-5)
    assert linear.weight == pytest.approx(math.hypot(weight.norm().item(), bias.norm().item()))
    assert linear.gradient == pytest.approx(math.sqrt(sum(norms)), rel=1e-5)
    assert (linear.calls, linear.backwards, linear.update) == (1, 1, 0)


def test_updates_are_relative_to_the_weights():
    model = nn.Linear(2, 2)
    with Health(model) as health:
        for factor in (1.0, 1.5, 1.5, 1.0):
            with lm.no_grad():
                for each in model.parameters():
                    each *= factor
            model(lm.ones(1, 2))
    assert health.read()[0].update == pytest.approx(0.5)


def test_compiled_steps_are_watched_as_well():
    eager, compiled = watched(network()), watched(network(), compiled=True)
    assert str(eager) == str(compiled)
    assert compiled.read()[0].calls == 10


def test_watching_changes_no_bit_of_the_training():
    model, other = network(), network()
    watched(model)
    train(other, *batch())
    assert all(map(lm.equal, model.parameters(), other.parameters()))


def test_evaluation_is_not_watched_and_watching_ends():
    model = network()
    with Health(model) as health:
        model.eval()(batch()[0])
        assert health.read() == []
    model.train()(batch()[0])
    assert health.read() == []


def test_records_follow_each_other():
    model = network()
    with Health(model) as health:
        train(model, *batch())
        first = health.record()
        assert health.read()[0].calls == 0
        train(model, *batch(), steps=3)
        second = health.record()
    assert (first[0].calls, second[0].calls, second[0].backwards) == (10, 3, 3)
    assert health.table() == {
        f"{i} (Linear)": [first[i].gradient, second[i].gradient] for i in (0, 2, 4)
    }
    assert list(health.table("mean")) == [layer.name for layer in first]


# ---- the callback ----


def test_the_callback_warns_once_of_each_finding_and_keeps_a_history():
    model = network(nn.Tanh)
    for each in model.parameters():
        nn.init.constant_(each, 0.1)
    callback = lm.callbacks.GradientHealth()
    trainer = lm.Trainer(model, "cross_entropy", "sgd")
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        trainer.fit(*batch(), epochs=3, callbacks=[callback], verbose=0)
    texts = [str(each.message).partition(": ")[2] for each in warned]
    assert len(texts) == len(set(texts))
    assert len([text for text in texts if "symmetric units" in text]) == 2
    assert [layers[0].calls for layers in callback.health.history] == [4, 4, 4]
    assert not any(module._call_hooks for module in model.modules())


def test_the_callback_leaves_the_training_as_it_is():
    results = []
    for callbacks in ([], [lm.callbacks.GradientHealth(warn=False)]):
        model = network()
        lm.manual_seed(0)
        trainer = lm.Trainer(model, "cross_entropy", "adam")
        trainer.fit(*batch(), epochs=2, callbacks=callbacks, verbose=0)
        results.append(model[0].weight)
    assert lm.equal(*results)


# ---- findings ----


def test_a_sound_network_has_nothing_amiss():
    health = watched(network(nn.Tanh))
    assert health.findings() == []
    assert str(health).endswith("nothing amiss")


def test_vanishing_gradients_are_named():
    health = watched(network(nn.Sigmoid, depth=8))
    assert kinds(health) == {("vanishing", "0")}
    assert "in 0 (Linear); ReLU with He" in str(health)


def test_exploding_gradients_are_named():
    model = network(depth=6)
    for each in model.parameters():
        nn.init.normal_(each, std=4)
    assert "exploding" in {each.kind for each in watched(model, lr=1e-30).findings()}


def test_dead_units_are_counted():
    model = network()
    model[0].bias.data[:5] = -100.0
    assert kinds(health := watched(model, lr=0.01)) >= {("dead", "1")}
    assert ("dead", "0") not in kinds(health)
    assert "dead units: 5 of 16 of 1 (ReLU) never fire" in str(health)


def test_dead_units_of_images_are_channels():
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))
    model[0].bias.data[1:3] = -100.0
    assert "dead units: 2 of 4 of 1 (ReLU)" in str(watched(model, lm.rand(128, 1, 8, 8)))


def test_dead_units_show_without_a_rectifying_layer():
    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = nn.Linear(8, 16)
            self.out = nn.Linear(16, 3)

        def forward(self, x):
            return self.out(self.hidden(x).relu())

    model = Functional()
    model.hidden.bias.data[:5] = -100.0
    assert "dead units: 5 of 16 of hidden (Linear) never get a gradient" in str(watched(model))


def test_saturated_units_are_named():
    assert ("saturated", "1") in kinds(watched(network(nn.Tanh), batch(300)[0]))
    assert ("saturated", "1") in kinds(watched(network(nn.Sigmoid), batch(300)[0]))


@pytest.mark.parametrize("value", [0.0, 0.1])
def test_symmetric_units_are_named(value):
    model = network(nn.Tanh)
    for each in model.parameters():
        nn.init.constant_(each, value)
    assert ("symmetric", "0") in kinds(watched(model))


def test_steps_that_are_too_large_or_too_small_are_named():
    assert ("fast", "4") in kinds(watched(network(), lr=20.0, steps=2))
    assert {each.kind for each in watched(network(nn.Tanh), lr=1e-6).findings()} == {"slow"}


def test_a_layer_without_gradient_is_named():
    model = network()
    model[4].weight.data.zero_()
    health = watched(model, lr=0.0)
    assert "no gradient reaches 2 (Linear)" in str(health)


@pytest.mark.parametrize("compiled", [False, True])
def test_nan_is_named_with_layer_and_step(compiled):
    class Root(nn.Module):
        def forward(self, x):
            return (x - 0.5).sqrt()

    lm.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 4), nn.Sigmoid(), Root(), nn.Linear(4, 3))
    model[0].weight.data.fill_(1.0)
    step = lm.compile(model.forward) if compiled else model
    with Health(model) as health:
        model.eval()(lm.ones(1, 2))  # is no step
        model.train()
        for value in (1.0, 1.0, -9.0, -9.0, 1.0):
            out = model(lm.full((1, 2), value)) if not compiled else step(lm.full((1, 2), value))
            del out
    if not compiled:  # forward() alone does not run the hook of the model, which counts the steps
        assert str(health.findings()[0]).endswith("in the output of 2 (Root), in step 3")
    assert kinds(health) == {("not finite", "2")}


def test_an_infinite_gradient_is_told_from_an_infinite_output():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    with Health(model) as health:
        (model(lm.ones(1, 2)) * 0).sqrt().sum().backward()
    assert "first in the gradient of 1 (Linear), in step 1" in str(health)


# ---- find_nan ----


def test_find_nan_names_the_first_place():
    model = network()
    x, _ = batch()
    assert find_nan(model, x) is None
    model[2].weight.data[0, 0] = math.nan
    assert str(find_nan(model, x)) == "2 (Linear): weight has 1 NaN"
    x[3, 2] = math.inf
    assert str(find_nan(model, x)) == "the input: argument 0 has 1 infinite values"


def test_find_nan_names_the_layer_that_made_it_and_leaves_the_model_alone():
    class Logarithm(nn.Module):
        def forward(self, x):
            return x.log()

    model = nn.Sequential(nn.BatchNorm1d(8), nn.Dropout(), Logarithm(), nn.Linear(8, 3))
    before = {name: each.clone() for name, each in model.state_dict().items()}
    found = find_nan(model, batch()[0])
    assert found.layer == "2"
    assert "2 (Logarithm): from finite inputs its output has" in str(found)
    assert all(lm.equal(each, before[name]) for name, each in model.state_dict().items())


def test_find_nan_looks_at_gradients_last():
    model = network()
    x, _ = batch()
    for index in (0, 2):
        model[index].weight.grad = lm.full_like(model[index].weight, math.nan)
    assert str(find_nan(model, x)) == "2 (Linear): the gradient of weight has 256 NaN"


# ---- find_lr ----


def test_find_lr_suggests_a_rate_that_trains_and_leaves_everything_alone():
    model, (x, y) = network(), batch()
    optimizer = lm.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
    before = [each.detach().clone() for each in model.parameters()]
    criterion = nn.CrossEntropyLoss()
    sweep = find_lr(model.eval(), criterion, optimizer, [(x, y)])
    assert all(map(lm.equal, model.parameters(), before))
    assert not model.training
    assert optimizer.param_groups[0]["lr"] == 0.5
    assert not optimizer.state
    assert len(sweep.rates) == len(sweep.losses) <= 100
    assert sweep.rates[0] == pytest.approx(1e-6)
    start = criterion(model(x), y).item()
    train(model, x, y, lr=sweep.suggestion, steps=30)
    assert criterion(model(x), y).item() < 0.95 * start


def test_a_sweep_stops_when_the_loss_diverges():
    sweep = RateSweep(1e-3, 1.0, 4)
    assert sweep.saw(1.0)
    assert sweep.saw(0.5)
    assert not sweep.saw(math.nan)
    assert sweep.rates == pytest.approx([1e-3, 1e-2])
    assert not sweep.saw(1e3)
    assert sweep.rate == pytest.approx(1.0)


def test_find_lr_errors():
    model = network()
    optimizer = lm.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ValueError, match="got no batch"):
        find_lr(model, nn.CrossEntropyLoss(), optimizer, [])
    with pytest.raises(ValueError, match="expected 0 < start < stop"):
        RateSweep(1.0, 0.1)
    with pytest.raises(ValueError, match="start from a smaller rate"):
        _ = RateSweep().suggestion
