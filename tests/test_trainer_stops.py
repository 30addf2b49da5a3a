"""How a training ends before its last epoch: Ctrl-C, NaN, early stopping, errors."""

import threading
from pathlib import Path

import numpy as np
import pytest
from test_package import run_python

import lamina as lm
from lamina import callbacks, nn

rng = np.random.default_rng(0)
X = rng.standard_normal((96, 6)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int64)


def copies(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(model, state):
    return all(lm.equal(value, state[name]) for name, value in model.state_dict().items())


# ---- Ctrl-C ----


def test_ctrl_c_leaves_a_whole_model_and_a_second_fit_goes_on():
    done = run_python(str(Path(__file__).with_name("interrupted_trainer.py")))
    assert done.returncode == 0, done.stderr
    assert done.stdout == "whole"


def test_outside_the_main_thread_nothing_is_done_to_signals():
    trainer = lm.Trainer(nn.Linear(6, 2))
    worker = threading.Thread(target=lambda: trainer.fit(X, Y, verbose=0))
    worker.start()
    worker.join()
    assert trainer.history.epoch == [0]


# ---- NaN ----


class Log(nn.Module):
    def forward(self, x):
        return (x + 30).log()


class Unlucky(nn.Module):
    def forward(self, x):
        return x + (lm.rand(len(x), 1) - 0.01).log()


class Root(nn.Module):
    def forward(self, x):
        return x.square().sqrt()  # the gradient at 0 is not finite


class Watch(callbacks.Callback):
    """Keeps the state as it is after each step."""

    def on_train_begin(self):
        self.state = copies(self.trainer.model)

    def on_batch_end(self, batch, loss):
        self.state = copies(self.trainer.model)
        self.moments = {
            key: value.clone()
            for state in self.trainer.optimizer.state.values()
            for key, value in state.items()
        }


def planted(kind):
    """A model and data that go wrong in batch 4, and what is to be said of it."""
    lm.manual_seed(3 if kind == "random" else 0)
    x, y = X.copy(), Y
    layers = [nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Dropout(0.1), nn.ReLU(), nn.Linear(8, 2)]
    if kind == "input":
        x[70, 2] = np.nan
        return nn.Sequential(*layers), x, y, "the inputs x hold it"
    if kind == "layer":
        layers[1:1] = [Log()]
        x[70] = -1e4
        return nn.Sequential(*layers), x, y, r"1 \(Log\): from finite inputs its output has 4 NaN"
    if kind == "overflow":
        x[70] = 3e38
        return nn.Sequential(*layers), x, y, r"0 \(Linear\): from finite inputs its output has . in"
    if kind == "random":
        layers[1:1] = [Unlucky()]
        return (
            nn.Sequential(*layers),
            x,
            y,
            r"1 \(Unlucky\): from finite inputs",
        )
    layers = [nn.Linear(6, 6, bias=False), Root(), nn.Linear(6, 2)]
    x[70] = 0
    return nn.Sequential(*layers), x, y, r"0 \(Linear\): the gradient of weight has 36 NaN"


@pytest.mark.parametrize("kind", ["input", "layer", "overflow", "gradient", "random"])
@pytest.mark.parametrize("compiled", [True, False])
def test_nan_stops_with_the_layer_named_and_the_last_good_state_kept_keras_4848(kind, compiled):
    model, x, y, text = planted(kind)
    trainer = lm.Trainer(model, compile=compiled)
    watch = Watch()
    with pytest.raises(FloatingPointError, match=f"in epoch 0, batch 4: {text}"):
        trainer.fit(x, y, batch_size=16, shuffle=False, callbacks=[watch], verbose=0)
    assert trainer.steps == 4
    assert same(model, watch.state)
    for state in trainer.optimizer.state.values():
        for key, value in state.items():
            assert value.isfinite().all(), key
    history = trainer.fit(X, Y, batch_size=16, verbose=0)  # and it can go on
    assert np.isfinite(history["loss"][0])


@pytest.mark.parametrize("option", ["clip_norm", "clip_value"])
def test_clipping_hides_no_infinity(option):
    model, x, y, _ = planted("gradient")
    trainer = lm.Trainer(model, **{option: 1.0})
    with pytest.raises(FloatingPointError, match="batch 4"):
        trainer.fit(x, y, batch_size=16, shuffle=False, verbose=0)


def test_nan_while_an_optimizer_searches():
    def loss(model, x):
        return model(x).square().exp().mean()

    lm.manual_seed(0)
    model = nn.Linear(6, 1)
    optimizer = lm.optim.LBFGS(model.parameters(), lr=1e30)
    trainer = lm.Trainer(model, step=loss, optimizer=optimizer)
    before = copies(model)
    with pytest.raises(FloatingPointError):
        trainer.fit(X, epochs=9, batch_size=96, verbose=0)
    assert same(model, before)


def test_nan_in_a_parameter_is_found():
    model = nn.Sequential(nn.Linear(6, 4), nn.Linear(4, 2))
    with lm.no_grad():
        model[1].bias.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match=r"1 \(Linear\): bias has 2 NaN"):
        lm.Trainer(model).fit(X, Y, verbose=0)


def test_nan_in_the_loss_alone():
    trainer = lm.Trainer(nn.Linear(6, 2), step=lambda model, x, y: model(x).sum() / (y * 0).sum())
    with pytest.raises(FloatingPointError, match="the loss makes it of what the model returns"):
        trainer.fit(X, Y, verbose=0)


def test_terminate_on_nan_ends_with_a_warning():
    model, x, y, _ = planted("input")
    trainer = lm.Trainer(model)
    stop = callbacks.TerminateOnNaN()
    with pytest.warns(UserWarning, match=r"\[TerminateOnNaN\] NaN or infinity: the inputs x"):
        history = trainer.fit(x, y, epochs=3, batch_size=16, callbacks=[stop], verbose=0)
    assert history.stopped == "not finite"
    assert history.epoch == []


# ---- the best weights: each way of ending ----


class End(callbacks.Callback):
    """Ends the fifth epoch's first batch in some way."""

    def __init__(self, how):
        self.how = how

    def on_batch_begin(self, batch):
        if self.trainer.epoch == 4:
            if self.how == "error":
                raise ZeroDivisionError
            if self.how == "interrupt":
                raise KeyboardInterrupt
            if self.how == "stop":
                self.trainer.stop()


class Script(callbacks.Callback):
    """Gives the epochs their values, and keeps the weights of each."""

    def __init__(self, values):
        self.values = values
        self.states = []

    def on_epoch_end(self, epoch, logs):
        logs["value"] = self.values[epoch]
        self.states.append(copies(self.trainer.model))


@pytest.mark.parametrize("how", ["end", "patience", "stop", "error", "interrupt"])
@pytest.mark.parametrize("restore", [True, False])
def test_the_best_weights_are_restored_however_training_ends_keras_12511(how, restore):
    trainer = lm.Trainer(nn.Linear(6, 2))
    script = Script([3.0, 1.0, 2.0, 1.5, 1.2, 5.0, 5.0, 5.0])
    stopping = callbacks.EarlyStopping(
        "value", patience=3 if how == "patience" else 99, restore_best=restore
    )
    arguments = {"epochs": 5 if how == "end" else 8, "verbose": 0}
    arguments["callbacks"] = [script, stopping, End(how)]
    if how in ("error", "interrupt"):
        with pytest.raises(ZeroDivisionError if how == "error" else KeyboardInterrupt):
            trainer.fit(X, Y, **arguments)
    else:
        trainer.fit(X, Y, **arguments)
    assert stopping.best_epoch == 1
    assert same(trainer.model, script.states[1]) == restore
    if how == "patience":
        assert trainer.history.stopped == "early stopping"
        assert trainer.history.epoch == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("options", "values", "epochs"),
    [
        ({"patience": 0}, [3, 2, 1, 1, 0], 4),
        ({"patience": 1, "min_delta": 0.5}, [3, 2, 1.8, 1, 0], 3),
        ({"patience": 2, "mode": "max"}, [3, 2, 1, 0, 0], 3),
        ({"patience": 2, "baseline": 1.5}, [3, 2, 1, 0, 0], 2),
        ({"patience": 1, "start_from_epoch": 3}, [1, 2, 3, 4, 5], 5),
        ({"patience": 1}, [float("nan"), 2, 1, 0, 0], 1),
    ],
)
def test_patience(options, values, epochs):
    trainer = lm.Trainer(nn.Linear(6, 2))
    stopping = callbacks.EarlyStopping("value", **options)
    history = trainer.fit(X, Y, epochs=5, callbacks=[Script(values), stopping], verbose=0)
    assert len(history.epoch) == epochs


def test_a_missing_value_is_an_error():
    trainer = lm.Trainer(nn.Linear(6, 2))
    with pytest.raises(ValueError, match=r"\[EarlyStopping\] expected 'val_loss' among .* give va"):
        trainer.fit(X, Y, callbacks=[callbacks.EarlyStopping()], verbose=0)
