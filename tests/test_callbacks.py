"""Callbacks: when they are told what, and what each does; ends are in test_trainer_stops."""

import csv
import io
import os
import sys

import numpy as np
import pytest

import lamina as lm
from lamina import callbacks, nn

rng = np.random.default_rng(0)
X = rng.standard_normal((64, 6)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int64)


def trainer(rate=0.01, **options):
    lm.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
    optimizer = lm.optim.SGD(model.parameters(), lr=rate, momentum=0.9)
    return lm.Trainer(model, optimizer=optimizer, **options)


def fit(made, *given, epochs=3, **options):
    options = {"batch_size": 16, "seed": 1, "verbose": 0, "validation_data": (X, Y)} | options
    return made.fit(X, Y, epochs, callbacks=given, **options)


def state(made):
    return {name: value.clone() for name, value in made.model.state_dict().items()}


def same(one, other):
    return all(lm.equal(value, other[name]) for name, value in one.items())


class Recorder(callbacks.Callback):
    """Writes down what it is told; `fails` names an event that it does not survive."""

    def __init__(self, fails=""):
        self.events = []
        self.fails = fails

    def note(self, event, *what):
        self.events.append(event)
        if event == self.fails:
            raise ZeroDivisionError(event)


for _event in callbacks.base.EVENTS:
    setattr(Recorder, _event, lambda self, *what, event=_event: self.note(event, *what))


# ---- events ----


def test_events_in_their_order():
    recorder = Recorder()
    fit(trainer(), recorder, epochs=2)
    batch = ["on_batch_begin", "on_batch_end", "on_checkpoint"]
    validation = ["on_validation_begin", "on_validation_end"]
    epoch = ["on_epoch_begin", *batch * 4, *validation, "on_epoch_end", "on_checkpoint"]
    assert recorder.events == ["on_train_begin", *epoch * 2, "on_train_end"]


def test_all_are_told_of_the_end():
    first, second = Recorder(fails="on_train_end"), Recorder(fails="on_train_end")
    with pytest.raises(ZeroDivisionError):
        fit(trainer(), first, second)
    assert first.events[-1] == second.events[-1] == "on_train_end"
    late = Recorder()
    with pytest.raises(ZeroDivisionError, match="on_batch_end"):
        fit(trainer(), late, Recorder(fails="on_batch_end"))
    assert late.events[-1] == "on_train_end"


def test_what_is_added_to_the_values_is_recorded():
    class Extra(callbacks.Callback):
        def on_epoch_end(self, epoch, logs):
            logs["extra"] = epoch * 10

    assert fit(trainer(), Extra())["extra"] == [0, 10, 20]


def test_evaluating_in_mid_epoch_changes_nothing():
    class Evaluate(callbacks.Callback):
        def on_batch_end(self, batch, loss):
            self.trainer.evaluate(X[:8], Y[:8])
            self.trainer.predict(X[:8])

    made, plain = trainer(), trainer()
    assert dict(fit(made, Evaluate())) == dict(fit(plain))
    assert same(state(made), state(plain))


def test_a_loss_of_each_batch():
    class Losses(callbacks.Callback):
        def on_train_begin(self):
            self.losses = []

        def on_batch_end(self, batch, loss):
            self.losses.append((batch, loss.item()))

    losses = Losses()
    history = fit(trainer(), losses, epochs=1)
    assert [batch for batch, _ in losses.losses] == [0, 1, 2, 3]
    assert np.mean([loss for _, loss in losses.losses]) == pytest.approx(history["loss"][0])


# ---- rates ----


def test_schedules_by_epoch_and_step():
    made = trainer()
    schedule = lm.optim.lr_scheduler.StepLR(made.optimizer, 6, 0.5)
    history = fit(made, callbacks.LearningRateScheduler(schedule, per="step"))
    assert history["lr"] == [0.01, 0.005, 0.0025]  # after 4, 8 and 12 steps
    by_epoch = callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))
    assert fit(trainer(), by_epoch)["lr"] == pytest.approx([0.1, 0.05, 0.1 / 3])
    halving = callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    assert fit(trainer(), halving)["lr"] == [0.005, 0.0025, 0.00125]
    by_step = callbacks.LearningRateScheduler(lambda step: 1.0 / (step + 1), per="step")
    assert fit(trainer(), by_step)["lr"] == pytest.approx([1 / 4, 1 / 8, 1 / 12])


class Script(callbacks.Callback):
    def __init__(self, *values):
        self.values = values

    def on_epoch_end(self, epoch, logs):
        logs["value"] = self.values[epoch]


def test_reduce_on_plateau():
    script = Script(1.0, 1.0, 1.0, 0.5, 0.49999, 0.5, 0.5)
    reduce = callbacks.ReduceLROnPlateau("value", factor=0.1, patience=2, min_lr=1e-4)
    history = fit(trainer(), script, reduce, epochs=7)
    assert history["lr"] == pytest.approx([1e-2] * 3 + [1e-3] * 3 + [1e-4])
    made = trainer()
    schedule = lm.optim.lr_scheduler.ReduceLROnPlateau(made.optimizer, patience=1)
    follow = callbacks.LearningRateScheduler(schedule, monitor="value")
    assert fit(made, script, follow, epochs=4)["lr"] == pytest.approx([1e-2] * 3 + [1e-3])


def test_the_rate_finder_puts_everything_back():
    made = trainer()
    fit(made, epochs=1)
    before, rng_before = state(made), lm.get_rng_state()
    momentum = made.optimizer.state[made.model[0].weight]["momentum_buffer"].clone()
    finder = callbacks.LearningRateFinder(1e-5, 100.0, steps=60)
    history = fit(made, finder, epochs=99)
    assert history.stopped == "rates tried"
    assert 3 < len(finder.sweep.rates) <= 60
    assert 1e-5 < finder.suggestion < 10
    assert same(before, state(made))
    assert lm.equal(made.optimizer.state[made.model[0].weight]["momentum_buffer"], momentum)
    assert made.optimizer.param_groups[0]["lr"] == 0.01
    assert lm.equal(lm.get_rng_state(), rng_before)


def test_gradient_health_warns_once_of_each_ailment():
    model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 2))
    with lm.no_grad():
        model[0].bias[:3] = -1e3
    health = callbacks.GradientHealth()
    with pytest.warns(UserWarning, match=r"\[GradientHealth\] epoch 1: dead units: 3 of 8") as said:
        fit(lm.Trainer(model), health)
    assert len(said) == 1
    assert [layers[0].calls > 0 for layers in health.health.history] == [True] * len(
        health.health.history
    )


# ---- averages ----


def test_ema():
    class Weights(callbacks.Callback):
        def on_train_begin(self):
            self.after = []

        def on_batch_end(self, batch, loss):
            self.after.append(self.trainer.model[0].weight.detach().clone())

        def on_validation_begin(self):
            self.validated = self.trainer.model[0].weight.detach().clone()

    made, ema, weights = trainer(), callbacks.EMA(0.8), Weights()
    fit(made, weights, ema, weights)
    expected = weights.after[0]
    for weight in weights.after[::2][1:]:  # it listens twice
        expected = expected * 0.8 + weight * 0.2
    assert lm.allclose(made.model[0].weight, expected, atol=1e-6)
    assert lm.allclose(weights.validated, expected, atol=1e-6)
    assert len(ema._update.programs()) == 1


def test_another_fit_goes_on_from_the_weights_that_were_averaged():
    made, whole, ema = trainer(), trainer(), callbacks.EMA(0.8)
    fit(made, ema, epochs=2, shuffle=False)
    fit(made, ema, epochs=5, initial_epoch=2, shuffle=False)
    fit(whole, callbacks.EMA(0.8), epochs=5, shuffle=False)
    assert same(state(made), state(whole))


def test_ema_leaves_the_training_as_it_is():
    made, plain = trainer(), trainer()
    fit(made, callbacks.EMA(0.8), shuffle=False)
    fit(plain, shuffle=False)
    assert made.history["loss"] == plain.history["loss"]
    assert made.history["val_loss"] != plain.history["val_loss"]


# ---- files ----


def test_checkpoints_go_on_bit_for_bit(tmp_path):
    whole = trainer()
    fit(whole, epochs=4)
    made = trainer()
    fit(made, callbacks.ModelCheckpoint(tmp_path / "{step}", every=5, per="step"), epochs=4)
    assert sorted(os.listdir(tmp_path)) == ["10", "15", "5"]
    for step in ("5", "10", "15"):
        again = trainer()
        again.resume(tmp_path / step)
        history = fit(again, epochs=4)
        assert same(state(again), state(whole))
        assert dict(history) == dict(whole.history)


def test_the_last_and_every_nth_epoch(tmp_path):
    last = callbacks.ModelCheckpoint(tmp_path / "last.st")
    some = callbacks.ModelCheckpoint(tmp_path / "{epoch:02d}-{val_loss:.2f}.st", every=2)
    whole = trainer()
    history = fit(whole, last, some, epochs=5)
    losses = [f"{loss:.2f}" for loss in history["val_loss"]]
    names = [f"02-{losses[1]}.st", f"04-{losses[3]}.st", "last.st"]
    assert sorted(os.listdir(tmp_path)) == names
    again = trainer()
    again.resume(tmp_path / names[0])
    assert fit(again, epochs=5).epoch == [0, 1, 2, 3, 4]
    assert same(state(again), state(whole))
    done = trainer()
    done.resume(tmp_path / "last.st")
    assert dict(fit(done, epochs=5)) == dict(history)
    assert done.steps == 20


def test_the_best_epoch(tmp_path):
    script = Script(3.0, 1.0, 2.0, 0.5, 0.7)
    path = tmp_path / "best.st"
    best = callbacks.ModelCheckpoint(path, "value", save_best_only=True, save_weights_only=True)
    made = trainer()
    fit(made, script, best, epochs=5)
    wanted = trainer()
    fit(wanted, epochs=4)
    assert same(lm.load(path), state(wanted))


def test_early_stopping_goes_on_counting_after_a_resume(tmp_path):
    script = Script(3.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0)
    stopping = callbacks.EarlyStopping("value", patience=3)
    made = trainer()
    last = callbacks.ModelCheckpoint(tmp_path / "last")
    fit(made, script, stopping, last, epochs=3)
    again, stopping = trainer(), callbacks.EarlyStopping("value", patience=3)
    again.resume(tmp_path / "last")
    history = fit(again, script, stopping, epochs=9)
    assert history.stopped == "early stopping"
    assert history.epoch == [0, 1, 2, 3, 4]
    two = trainer()
    fit(two, epochs=2)
    assert same(state(again), state(two))


def test_a_resume_with_other_batches_is_an_error(tmp_path):
    made = trainer()
    fit(made, callbacks.ModelCheckpoint(tmp_path / "{step}", per="step"), epochs=1)
    again = trainer()
    again.resume(tmp_path / "2")
    with pytest.raises(ValueError, match=r"expected a state of batch_size 8; got 16"):
        fit(again, batch_size=8)


def test_a_resume_without_a_callback_is_said(tmp_path):
    fit(trainer(), callbacks.EMA(), callbacks.ModelCheckpoint(tmp_path / "last"))
    again = trainer()
    again.resume(tmp_path / "last")
    with pytest.warns(UserWarning, match=r"also of EMA-1, which are not among"):
        fit(again, epochs=4)


def test_weights_are_no_state(tmp_path):
    lm.save(trainer().model.state_dict(), tmp_path / "weights")
    with pytest.raises(ValueError, match=r"\[resume\] expected a state that Trainer.save wrote"):
        trainer().resume(tmp_path / "weights")


def test_csv(tmp_path):
    path = tmp_path / "values.csv"
    made = trainer(metrics=["accuracy", "confusion_matrix"])
    reduce = callbacks.ReduceLROnPlateau(patience=9)
    log = callbacks.CSVLogger(path)
    history = fit(made, log, reduce, epochs=2)
    again = callbacks.CSVLogger(path, append=True)
    fit(made, again, reduce, epochs=3, initial_epoch=2)
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert list(rows[0]) == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "lr"]
    assert [float(row["loss"]) for row in rows[:2]] == history["loss"]


def test_tensorboard_reads_what_is_written(tmp_path):
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    history = fit(trainer(), callbacks.TensorBoard(tmp_path, every=2))
    found = events.EventAccumulator(str(tmp_path))
    found.Reload()
    values = [event.value for event in found.Scalars("val_loss")]
    assert values == pytest.approx(history["val_loss"])
    assert [event.step for event in found.Scalars("batch_loss")] == [2, 4, 6, 8, 10, 12]


# ---- progress ----


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_lines_where_nobody_watches():
    stream = io.StringIO()
    fit(trainer(metrics=["accuracy", "confusion_matrix"]), callbacks.ProgressBar(stream=stream))
    lines = stream.getvalue().splitlines()
    assert len(lines) == 3
    assert lines[2].startswith("epoch 3/3  ")
    for name in ("loss ", "accuracy ", "val_loss "):
        assert name in lines[2]
    assert "confusion" not in lines[2]


def test_the_seconds_of_a_resumed_epoch(tmp_path):
    fit(made := trainer(), callbacks.ModelCheckpoint(tmp_path / "{step}", per="step"), epochs=1)
    made.resume(tmp_path / "2")
    stream = io.StringIO()
    fit(made, callbacks.ProgressBar(stream=stream), epochs=1)
    assert float(stream.getvalue().split()[2]) < 60


def test_a_bar_in_a_terminal():
    pytest.importorskip("tqdm")
    stream = Terminal()
    fit(trainer(), callbacks.ProgressBar(stream=stream))
    shown = stream.getvalue()
    assert "epoch 1/3" in shown
    assert "/4" in shown
    assert "loss" in shown
    assert shown.count("\n") == 3


def test_without_tqdm_there_are_lines(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    stream = Terminal()
    fit(trainer(), callbacks.ProgressBar(stream=stream))
    assert stream.getvalue().count("\n") == 3
    with pytest.raises(ImportError, match=r"pip install lamina\[progress\]"):
        fit(trainer(), callbacks.ProgressBar(bar=True))


# ---- errors ----

ERRORS = [
    (lambda: callbacks.EarlyStopping(mode="up"), "mode to be 'auto', 'min' or 'max'; got 'up'"),
    (lambda: callbacks.EarlyStopping(min_delta=-1), "min_delta of 0 or more; got -1"),
    (lambda: callbacks.ModelCheckpoint("x", per="hour"), "per to be 'epoch' or 'step'"),
    (lambda: callbacks.ModelCheckpoint("x", every=0), "every of 1 or more; got 0"),
    (
        lambda: callbacks.ModelCheckpoint("x", per="step", save_best_only=True),
        "per='epoch' with save_best_only",
    ),
    (lambda: callbacks.LearningRateScheduler(lambda e: 1, per="hour"), "'epoch' or 'step'"),
    (lambda: callbacks.LearningRateFinder(1, 0.1), "0 < start < stop"),
    (lambda: callbacks.LearningRateFinder().suggestion, "3 rates or more; got 0"),
    (lambda: callbacks.EMA(2), "0 <= decay <= 1; got 2"),
    (lambda: fit(trainer(), callbacks.ModelCheckpoint("{no}")), "a path with names among"),
]


@pytest.mark.parametrize(("call", "text"), ERRORS, ids=[text for _, text in ERRORS])
def test_errors(call, text):
    with pytest.raises(ValueError, match=text):
        call()
