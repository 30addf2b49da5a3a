"""Trainer: fit, evaluate and predict on every form of data; weights, steps, names and errors."""

import copy
import warnings

import numpy as np
import pytest

import lamina as lm
from lamina import callbacks, nn
from lamina.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

rng = np.random.default_rng(0)
X = rng.standard_normal((90, 6)).astype(np.float32)
Y = rng.integers(0, 3, 90)
T = X @ rng.standard_normal((6, 1)).astype(np.float32)


def network(outputs=3, seed=0):
    lm.manual_seed(seed)
    return nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, outputs))


def fitted(*args, loss="cross_entropy", outputs=3, optimizer="adam", trainer=(), **options):
    """The weights and the history after `fit`."""
    made = lm.Trainer(network(outputs), loss, optimizer, **dict(trainer))
    options = {"epochs": 2, "batch_size": 16, "seed": 1, "verbose": 0} | options
    history = made.fit(*args, **options)
    return made, history


def weights(trainer):
    return np.concatenate([p.detach().numpy().ravel() for p in trainer.model.parameters()])


def by_hand(model, batches, loss=nn.functional.cross_entropy):
    optimizer = lm.optim.Adam(model.parameters())
    for x, y in batches:
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()
    return model


# ---- what fit does ----


@pytest.mark.parametrize("compiled", [True, False])
def test_fit_is_the_loop_that_one_writes(compiled):
    trainer, history = fitted(X, Y, shuffle=False, trainer={"compile": compiled})
    loader = DataLoader(TensorDataset(X, Y), 16)
    model = by_hand(network(), [batch for _ in range(2) for batch in loader])
    for one, other in zip(trainer.model.parameters(), model.parameters(), strict=True):
        assert lm.equal(one, other)
    assert history.epoch == [0, 1]
    assert trainer.steps == 12


def test_the_same_bits_on_any_number_of_threads_pytorch_88718():
    def run(threads):
        before = lm.get_num_threads()
        lm.set_num_threads(threads)
        try:
            return fitted(X, Y, validation_split=0.2, trainer={"clip_norm": 0.5})
        finally:
            lm.set_num_threads(before)

    (one, history), (two, other) = run(1), run(2)
    assert np.array_equal(weights(one), weights(two))
    assert dict(history) == dict(other)


def test_the_order_is_the_loaders():
    trainer, _ = fitted(X, Y, seed=5)
    generator = lm.Generator().manual_seed(5)
    loader = DataLoader(TensorDataset(X, Y), 16, shuffle=True, generator=generator)
    model = by_hand(network(), [batch for _ in range(2) for batch in loader])
    assert lm.equal(trainer.model[0].weight, model[0].weight)


def test_the_order_without_a_seed_is_drawn_from_the_default_generator():
    def run(number):
        trainer = lm.Trainer(network())
        lm.manual_seed(number)
        trainer.fit(X, Y, batch_size=16, verbose=0)
        return weights(trainer)

    assert np.array_equal(run(3), run(3))
    assert not np.array_equal(run(3), run(4))


def test_history():
    trainer, history = fitted(X, Y, validation_data=(X[:20], Y[:20]), epochs=3)
    assert list(history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert len(history["loss"]) == 3
    assert history.history["loss"] == history["loss"]
    assert history is trainer.history
    assert dict(history)["val_accuracy"][-1] == trainer.evaluate(X[:20], Y[:20])["accuracy"]
    assert history.best("val_loss") == int(np.argmin(history["val_loss"]))
    assert history.best("accuracy", "max") == int(np.argmax(history["accuracy"]))
    assert not history.interrupted
    assert "val_loss" in repr(history)
    with pytest.raises(KeyError, match=r"\[History\] expected one of loss, accuracy"):
        history["nothing"]


def test_memory_stays_flat_over_predictions_keras_13118():
    trainer = lm.Trainer(network())
    for size in range(1, 40):
        trainer.predict(X[:size])
    before = lm.memory_stats()["in_use"]
    for number in range(1000):
        trainer.predict(X[: 1 + number % 40])
    assert lm.memory_stats()["in_use"] <= before + 4096


@pytest.mark.slow
def test_memory_stays_flat_over_100_000_predictions_keras_13118():
    resource = pytest.importorskip("resource")
    trainer = lm.Trainer(network())

    def most():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    for number in range(2000):
        trainer.predict(X[: 1 + number % 40])
    before = most()
    for number in range(100_000):
        trainer.predict(X[: 1 + number % 40])
    assert most() <= before + 1024  # KiB


def test_values_are_means_over_samples_whatever_the_batches():
    trainer, _ = fitted(X, Y)
    found = [trainer.evaluate(X, Y, batch_size=size) for size in (7, 32, 90)]
    logits = trainer.predict(X)
    expected = nn.functional.cross_entropy(logits, lm.tensor(Y)).item()
    right = float((logits.numpy().argmax(1) == Y).mean())
    for values in found:
        assert values["loss"] == pytest.approx(expected, rel=1e-6)
        assert values["accuracy"] == pytest.approx(right)


def test_predict_joins_batches_and_leaves_the_mode():
    model = nn.Sequential(nn.Linear(6, 3), nn.Dropout(0.5))
    trainer = lm.Trainer(model)
    expected = copy.deepcopy(model).eval()(lm.tensor(X)).detach()
    for size in (None, 1, 7, 90):
        found = trainer.predict(X, batch_size=size)
        assert lm.allclose(found, expected, atol=1e-6)
        assert not found.requires_grad
    assert model[1].training
    model[1].eval()
    trainer.predict(X)
    assert model[0].training
    assert not model[1].training


def test_a_second_fit_goes_on_from_the_weights():
    trainer, _ = fitted(X, Y, epochs=1, shuffle=False)
    history = trainer.fit(X, Y, epochs=2, initial_epoch=1, batch_size=16, shuffle=False, verbose=0)
    whole, _ = fitted(X, Y, shuffle=False)
    assert history.epoch == [1]
    assert np.array_equal(weights(trainer), weights(whole))


def test_hand_written_loops_between_fits():
    trainer, _ = fitted(X, Y, epochs=1, shuffle=False)
    loader = DataLoader(TensorDataset(X, Y), 16)
    for x, y in loader:
        trainer.optimizer.zero_grad()
        nn.functional.cross_entropy(trainer.model(x), y).backward()
        trainer.optimizer.step()
    trainer.fit(X, Y, batch_size=16, shuffle=False, verbose=0)
    whole, _ = fitted(X, Y, epochs=3, shuffle=False)
    assert np.array_equal(weights(trainer), weights(whole))


def test_validation_split_takes_the_last_samples():
    _, split = fitted(X, Y, validation_split=0.2)
    _, given = fitted(X[:72], Y[:72], validation_data=(X[72:], Y[72:]))
    assert dict(split) == dict(given)


# ---- forms of data ----


class Samples(Dataset):
    def __len__(self):
        return 90

    def __getitem__(self, index):
        return X[index], int(Y[index])


class Stream(IterableDataset):
    def __iter__(self):
        return ((X[i], int(Y[i])) for i in range(90))


@pytest.mark.parametrize(
    "data",
    [
        (X, Y),
        (X.astype(np.float64), Y.astype(np.int32)),
        (X.tolist(), Y.tolist()),
        (np.asfortranarray(X), Y[::-1].copy()[::-1]),
        (lm.tensor(X), lm.tensor(Y)),
        (X, Y[:, None]),
        (X, np.eye(3)[Y]),
        (TensorDataset(X, Y),),
        (Samples(),),
        (Stream(),),
    ],
    ids=[
        "arrays",
        "types",
        "lists",
        "strides",
        "tensors",
        "column",
        "one-hot",
        "tensors",
        "samples",
        "stream",
    ],
)
def test_forms_of_data(data):
    expected, history = fitted(X, Y, shuffle=False)
    trainer, found = fitted(*data, shuffle=False)
    assert np.allclose(weights(trainer), weights(expected), atol=1e-6)
    assert found["accuracy"] == history["accuracy"]
    assert trainer.evaluate(*data)["accuracy"] == expected.evaluate(X, Y)["accuracy"]
    assert trainer.predict(data[0]).shape == (90, 3)


def test_a_loader_has_its_own_batches():
    loader = DataLoader(TensorDataset(X, Y), 16)
    trainer, _ = fitted(loader, batch_size=None)
    expected, _ = fitted(X, Y, shuffle=False)
    assert np.array_equal(weights(trainer), weights(expected))
    with pytest.raises(ValueError, match=r"\[fit\] expected no batch_size beside a DataLoader"):
        fitted(loader)
    with pytest.raises(ValueError, match=r"\[fit\] expected no y and weights beside a DataLoader"):
        fitted(loader, Y, batch_size=None)


def test_inputs_by_name_as_lists():
    class Named(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(6, 3)

        def forward(self, a, b):
            return self.linear(a + b)

    def run(a, b):
        lm.manual_seed(0)
        trainer = lm.Trainer(Named())
        trainer.fit({"a": a, "b": b}, Y, shuffle=False, verbose=0)
        return weights(trainer)

    assert np.array_equal(run(X.tolist(), X.tolist()), run(X, X))


def test_memory_mapped_arrays(tmp_path):
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    trainer, _ = fitted(mapped, Y)
    expected, _ = fitted(X, Y)
    assert np.array_equal(weights(trainer), weights(expected))


@pytest.mark.parametrize("split", [0, 0.2])
def test_memory_mapped_doubles_are_converted_by_batches(tmp_path, split):
    np.save(tmp_path / "x.npy", X.astype(np.float64))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    trainer, history = fitted(mapped, Y, validation_split=split)
    kept = next(lm.train.data.leaves(trainer.loader.dataset.batch.x))
    assert kept.dtype is lm.float64
    assert np.shares_memory(kept.numpy(), mapped)
    expected, wanted = fitted(X.astype(np.float64), Y, validation_split=split)
    assert dict(history) == dict(wanted)
    assert np.array_equal(weights(trainer), weights(expected))
    assert trainer.predict(mapped).dtype is lm.float32


class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Linear(4, 3), nn.Linear(2, 1)

    def forward(self, a, b):
        return {"kind": self.left(a), "size": self.right(b)}


@pytest.mark.parametrize("named", [True, False])
def test_several_inputs_and_outputs(named):
    lm.manual_seed(0)
    x = {"a": X[:, :4], "b": X[:, 4:]} if named else (X[:, :4], X[:, 4:])
    trainer = lm.Trainer(
        Pair(),
        {"kind": "cross_entropy", "size": "mse"},
        metrics={"kind": ["accuracy"], "size": "mae"},
        loss_weights={"kind": 1.0, "size": 0.5},
    )
    history = trainer.fit(x, {"kind": Y, "size": T[:, 0]}, epochs=2, verbose=0)
    assert list(history) == ["loss", "kind_loss", "size_loss", "kind_accuracy", "size_mae"]
    total = np.array(history["kind_loss"]) + 0.5 * np.array(history["size_loss"])
    assert history["loss"] == pytest.approx(total, rel=1e-6)
    assert trainer.predict(x)["size"].shape == (90, 1)


def test_outputs_in_a_tuple():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = Pair()

        def forward(self, x):
            return tuple(self.inner(x[:, :4], x[:, 4:]).values())

    trainer = lm.Trainer(Two(), ("cross_entropy", "mse"), metrics=(["accuracy"], []))
    history = trainer.fit(X, (Y, T), verbose=0)
    assert list(history) == ["loss", "0_loss", "1_loss", "0_accuracy"]
    assert [part.shape for part in trainer.predict(X)] == [(90, 3), (90, 1)]


def test_regression_on_a_row_of_targets():
    trainer, history = fitted(X, T[:, 0], loss="mse", outputs=1, trainer={"metrics": ["mae", "r2"]})
    expected, _ = fitted(X, T, loss="mse", outputs=1)
    assert np.array_equal(weights(trainer), weights(expected))
    assert list(history) == ["loss", "mae", "r2"]


@pytest.mark.parametrize(("loss", "last"), [("bce_with_logits", None), ("bce", nn.Sigmoid())])
def test_two_classes(loss, last):
    model = nn.Sequential(nn.Linear(6, 1), *([last] if last else []))
    optimizer = lm.optim.Adam(model.parameters(), lr=0.05)
    trainer = lm.Trainer(model, loss, optimizer, ["accuracy", "auc", "f1"])
    labels = T[:, 0] > 0
    trainer.fit(X, labels, epochs=60, verbose=0)
    found = trainer.evaluate(X, labels)
    threshold = 0.5 if last else 0
    right = (trainer.predict(X).numpy()[:, 0] > threshold) == labels
    assert found["accuracy"] == pytest.approx(right.mean())
    assert found["auc"] > 0.8


@pytest.mark.parametrize(
    ("loss", "last"),
    [
        ("cross_entropy", []),
        ("nll", [nn.LogSoftmax(-1)]),
        ("sparse_categorical_crossentropy", [nn.Softmax(-1)]),
    ],
)
def test_the_area_under_the_curve_of_two_scores(loss, last):
    from sklearn.metrics import roc_auc_score

    labels = (T[:, 0] > 0).astype(np.int64)
    model = nn.Sequential(network(2), *last)
    trainer = lm.Trainer(model, loss, metrics=["auc", "accuracy"])
    trainer.fit(X, labels, epochs=3, verbose=0)
    scores = trainer.predict(X).numpy()
    logits = loss != "sparse_categorical_crossentropy"
    expected = roc_auc_score(labels, scores[:, 1] - scores[:, 0] if logits else scores[:, 1])
    assert trainer.evaluate(X, labels[:, None])["auc"] == pytest.approx(expected, abs=1e-3)


# ---- weights: named after the complaint ----

WEIGHTED_LOSSES = [
    ("cross_entropy", 3, Y),
    (nn.CrossEntropyLoss(label_smoothing=0.1), 3, Y),
    ("sparse_categorical_crossentropy", 3, Y),
    ("mse", 1, T),
    ("mae", 1, T),
    ("huber", 1, T),
    ("bce_with_logits", 1, T[:, 0] > 0),
    (lambda p, t, reduction="mean": nn.functional.mse_loss(p, t, reduction=reduction), 1, T),
]


@pytest.mark.parametrize(("loss", "outputs", "y"), WEIGHTED_LOSSES)
def test_sample_weights_equal_repeating_the_samples_pytorch_8062(loss, outputs, y):
    times = np.arange(90) % 3
    metrics = ["accuracy"] if outputs == 3 else ["mae"]
    if loss == "sparse_categorical_crossentropy":
        outputs = 3

    def run(x, y, **options):
        model = network(outputs)
        if loss == "sparse_categorical_crossentropy":
            model.append(nn.Softmax(-1))
        trainer = lm.Trainer(
            model, loss, lambda p: lm.optim.SGD(p, lr=0.1), [], weighted_metrics=metrics
        )
        history = trainer.fit(x, y, epochs=3, batch_size=500, shuffle=False, verbose=0, **options)
        return trainer, history

    weighted, history = run(X, y, sample_weight=times)
    repeated, expected = run(np.repeat(X, times, 0), np.repeat(y, times, 0))
    assert np.allclose(weights(weighted), weights(repeated), atol=1e-5)
    for name in expected:
        assert history[name] == pytest.approx(expected[name], rel=1e-4)
    found = weighted.evaluate(X, y, sample_weight=times)
    assert found == pytest.approx(
        repeated.evaluate(np.repeat(X, times, 0), np.repeat(y, times, 0)), rel=1e-4
    )


def test_ignored_targets_do_not_count():
    y = Y.copy()
    y[:40] = -100
    trainer, _ = fitted(X, Y, trainer={"metrics": []})
    expected = nn.functional.cross_entropy(trainer.predict(X), lm.tensor(y)).item()
    assert trainer.evaluate(X, y, batch_size=50)["loss"] == pytest.approx(expected, rel=1e-6)
    _, plain = fitted(X, y, batch_size=90, trainer={"metrics": []})
    _, weighted = fitted(X, y, batch_size=90, sample_weight=np.ones(90), trainer={"metrics": []})
    assert weighted["loss"] == pytest.approx(plain["loss"], rel=1e-5)


@pytest.mark.parametrize("table", [{1: 2, 2: 0}, [1.0, 2.0, 0.0]])
@pytest.mark.parametrize("y", [Y, np.eye(3, dtype=np.float32)[Y]], ids=["indices", "one-hot"])
def test_class_weights_are_sample_weights(table, y):
    of_samples = np.array([1.0, 2.0, 0.0])[Y]
    counting = {"weighted_metrics": "accuracy"}
    found, history = fitted(X, y, class_weight=table, validation_split=0.2, trainer=counting)
    expected, wanted = fitted(X[:72], y[:72], sample_weight=of_samples[:72], trainer=counting)
    assert np.array_equal(weights(found), weights(expected))
    assert history["weighted_accuracy"] == wanted["weighted_accuracy"]
    assert history["val_loss"][-1] == found.evaluate(X[72:], y[72:])["loss"]


@pytest.mark.parametrize("form", ["indices", "one-hot", "column", "tensor", "list"])
def test_balanced_class_weights_are_those_of_scikit_learn(form):
    from sklearn.utils.class_weight import compute_class_weight

    labels = np.where(np.arange(90) < 60, 0, Y)
    table = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    y = {
        "one-hot": np.eye(3, dtype=np.float32)[labels],
        "column": labels[:, None],
        "tensor": lm.tensor(labels),
        "list": labels.tolist(),
    }.get(form, labels)
    found, _ = fitted(X, y, class_weight="balanced")
    expected, _ = fitted(X, labels, class_weight=table)
    assert np.allclose(weights(found), weights(expected), atol=1e-6)
    plain, _ = fitted(X, y)
    assert not np.allclose(weights(found), weights(plain), atol=1e-4)


def test_metrics_count_each_sample_once_and_weighted_metrics_its_weight():
    times = (np.arange(90) % 3).astype(np.float32)
    trainer = lm.Trainer(network(), metrics=["accuracy"], weighted_metrics=["accuracy"])
    right = trainer.predict(X).numpy().argmax(1) == Y
    found = trainer.evaluate(X, Y, sample_weight=times, batch_size=16)
    assert found["accuracy"] == pytest.approx(right.mean())
    assert found["weighted_accuracy"] == pytest.approx((right * times).sum() / times.sum())


def test_a_batch_without_weight_changes_nothing():
    times = np.ones(90)
    times[16:32] = 0
    sgd = {"optimizer": "sgd", "shuffle": False}
    accumulated, _ = fitted(X, Y, sample_weight=0 * times, trainer={"accumulate": 2}, **sgd)
    assert np.array_equal(weights(accumulated), weights(lm.Trainer(network())))
    found, history = fitted(X, Y, sample_weight=times, **sgd)
    kept = times > 0
    expected, wanted = fitted(X[kept], Y[kept], sample_weight=times[kept], **sgd)
    assert np.array_equal(weights(found), weights(expected))
    assert history["loss"] == wanted["loss"]


def test_class_weights_times_sample_weights():
    own = np.random.default_rng(2).random(90)
    found, _ = fitted(X, Y, class_weight={1: 2.0}, sample_weight=own)
    expected, _ = fitted(X, Y, sample_weight=own * np.array([1.0, 2.0, 1.0])[Y])
    assert np.allclose(weights(found), weights(expected), atol=1e-6)


def test_weights_from_a_dataset_and_for_validation():
    times = (np.arange(90) % 3).astype(np.float32)
    found, _ = fitted(TensorDataset(X, Y, times), shuffle=False)
    expected, _ = fitted(X, Y, sample_weight=times, shuffle=False)
    assert np.array_equal(weights(found), weights(expected))
    _, history = fitted(X, Y, validation_data=(X, Y, times), epochs=1)
    _, plain = fitted(X, Y, validation_data=(X, Y), epochs=1)
    assert history["val_loss"] != plain["val_loss"]


def test_weights_need_a_loss_that_can_be_weighted():
    with pytest.raises(ValueError, match="reduction='none'"):
        fitted(X, Y, loss=lambda p, t: p.sum(), sample_weight=np.ones(90))
    both = nn.CrossEntropyLoss(weight=lm.ones(3))
    with pytest.raises(ValueError, match="give the classes' weights as class_weight"):
        fitted(X, Y, loss=both, sample_weight=np.ones(90))


# ---- steps ----


@pytest.mark.parametrize("accumulate", [2, 4])
def test_accumulated_batches_are_one_large_batch(accumulate):
    """The last update of an epoch has fewer batches, and the last batch fewer samples."""
    times = np.random.default_rng(1).random(90)
    sgd = {"optimizer": lambda p: lm.optim.SGD(p, lr=0.5), "shuffle": False}
    found, _ = fitted(
        X, Y, batch_size=8, sample_weight=times, trainer={"accumulate": accumulate}, **sgd
    )
    expected, _ = fitted(X, Y, batch_size=8 * accumulate, sample_weight=times, **sgd)
    assert np.allclose(weights(found), weights(expected), atol=1e-6)


@pytest.mark.parametrize("option", ["clip_norm", "clip_value"])
@pytest.mark.parametrize("accumulate", [1, 2])
def test_gradients_are_clipped(option, accumulate):
    model = network()
    trainer = lm.Trainer(model, optimizer="sgd", accumulate=accumulate, **{option: 0.01})
    trainer.fit(X, Y, batch_size=10, verbose=0)
    clipped = [p.grad for p in model.parameters()]
    if option == "clip_norm":
        assert nn.utils.get_total_norm(clipped).item() == pytest.approx(0.01, rel=1e-3)
    else:
        assert max(float(g.abs().max()) for g in clipped) == pytest.approx(0.01)


def test_a_step_of_ones_own():
    def step(model, x, y):
        loss = nn.functional.cross_entropy(model(x), y)
        return loss, {"double": 2 * loss.detach()}

    found = lm.Trainer(network(), step=step)
    history = found.fit(X, Y, epochs=2, batch_size=16, seed=1, verbose=0, validation_split=0.1)
    expected, _ = fitted(X, Y, validation_split=0.1)
    assert np.array_equal(weights(found), weights(expected))
    assert list(history) == ["loss", "double", "val_loss", "val_double"]
    assert history["double"] == pytest.approx([2 * loss for loss in history["loss"]])


def test_a_step_without_targets():
    trainer = lm.Trainer(network(6), step=lambda model, x: (model(x) - x).square().mean())
    losses = trainer.fit(X, epochs=5, verbose=0)["loss"]
    assert losses[-1] < losses[0]


def test_optimizers_that_search_take_whole_steps():
    history = fitted(X, T, loss="mse", outputs=1, optimizer="lbfgs", batch_size=90, epochs=5)[1]
    assert history["loss"][-1] < 0.01 * history["loss"][0]
    with pytest.raises(ValueError, match=r"\[Trainer\] expected accumulate=1 with LBFGS"):
        lm.Trainer(network(), optimizer="lbfgs", accumulate=2)


def test_another_optimizer_may_take_its_place():
    trainer, _ = fitted(X, Y, epochs=1, batch_size=90)
    trainer.optimizer = lm.optim.SGD(trainer.model.parameters(), lr=0.0)
    before = weights(trainer)
    trainer.fit(X, Y, epochs=2, batch_size=90, verbose=0)
    assert np.array_equal(weights(trainer), before)


def test_a_scheduler_is_stepped_once_an_epoch():
    optimizer = lm.optim.SGD((model := network()).parameters(), lr=1.0)
    schedule = lm.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
    trainer = lm.Trainer(model, optimizer=optimizer, scheduler=schedule)
    history = trainer.fit(X, Y, epochs=4, verbose=0)
    assert history["lr"] == [1, 0.5, 0.25, 0.125]


class Reading(nn.Module):
    """Reads a value on its way, which no recording can hold; draws random numbers before."""

    def forward(self, x):
        x = nn.functional.dropout(x, 0.2, self.training)
        return x * 2 if x.sum().item() > -1e9 else x


def test_a_model_that_cannot_be_captured_runs_eagerly_and_says_so_once():
    def run(compiled):
        lm.manual_seed(0)
        model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), Reading(), nn.Linear(8, 3))
        trainer = lm.Trainer(model, compile=compiled)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            history = trainer.fit(X, Y, epochs=2, verbose=0, validation_split=0.1)
            trainer.predict(X)
        return trainer, history, [str(warning.message) for warning in caught]

    found, history, said = run(compiled=True)
    expected, wanted, quiet = run(compiled=False)
    assert len(said) == 1
    assert said[0].startswith("[Trainer] steps run without compilation: 'item' reads a value")
    assert not quiet
    assert dict(history) == dict(wanted)
    for name, value in expected.model.state_dict().items():
        assert lm.equal(found.model.state_dict()[name], value), name


def test_one_recording_a_shape():
    trainer, _ = fitted(X, Y, epochs=4, validation_split=0.1)
    assert len(trainer.step._gradients.run.programs()) == 2  # the last batch is smaller


def test_lazy_models():
    trainer = lm.Trainer(nn.Sequential(nn.LazyLinear(8), nn.ReLU(), nn.LazyLinear(3)))
    history = trainer.fit(X, Y, epochs=5, verbose=0)
    assert history["loss"][-1] < history["loss"][0]


def test_transfer():
    """A head is replaced, what was learned is frozen, reused by name, or learns more slowly."""
    learned, _ = fitted(X, Y)
    body = learned.model.state_dict()
    model = network(outputs=5, seed=7)
    own = {name: value for name, value in body.items() if not name.startswith("2.")}
    missing, unexpected = model.load_state_dict(own, strict=False)
    assert (missing, unexpected) == (["2.weight", "2.bias"], [])
    model[0].requires_grad_(False)
    lm.Trainer(model).fit(X, Y + 2, epochs=2, verbose=0)
    assert lm.equal(model[0].weight, body["0.weight"])
    before = model[2].weight.clone()
    model[0].requires_grad_(True)
    groups = [
        {"params": model[0].parameters(), "lr": 1e-5},
        {"params": model[2].parameters(), "lr": 1e-2},
    ]
    optimizer = lm.optim.Adam(groups)
    lm.Trainer(model, optimizer=optimizer).fit(X, Y + 2, epochs=1, batch_size=90, verbose=0)
    slow = (model[0].weight - body["0.weight"]).abs().max().item()
    fast = (model[2].weight - before).abs().max().item()
    assert slow == pytest.approx(1e-5, rel=0.2)
    assert fast == pytest.approx(1e-2, rel=0.2)


def test_parts_in_evaluation_stay_so():
    model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Linear(8, 3), nn.BatchNorm1d(3))
    model[1].eval()
    trainer = lm.Trainer(model)
    trainer.fit(X, Y, verbose=0, validation_split=0.2)
    assert model[1].num_batches_tracked.item() == 0
    assert model[3].num_batches_tracked.item() == 3
    model.eval()
    trainer.fit(X, Y, verbose=0)
    assert model.training
    assert model[1].num_batches_tracked.item() == 3


def test_float64():
    trainer = lm.Trainer(network().double())
    assert trainer.fit(X, Y, verbose=0)["loss"]
    assert trainer.predict(X).dtype == lm.float64


# ---- names and errors ----


@pytest.mark.parametrize("name", sorted(lm.train.names.LOSSES))
def test_losses_by_name(name):
    classes = any(word in name for word in ("cross_entropy", "nll", "categorical", "multi_margin"))
    classes = classes or name == "focal"
    two = any(word in name for word in ("bce", "binary", "margin", "hinge", "exp", "perceptron"))
    y = Y if classes else (T > 0) if two else np.abs(T) + 0.1
    last = {"nll": nn.LogSoftmax(-1), "categorical": nn.Softmax(-1)}
    model = network(3 if classes else 1)
    if name in ("nll", "categorical_crossentropy", "sparse_categorical_crossentropy"):
        model.append(last["nll" if name == "nll" else "categorical"])
    elif not classes and (name in ("bce", "binary_crossentropy", "poisson") or not two):
        model.append(nn.Sigmoid())
    losses = lm.Trainer(model, name).fit(X, y, epochs=6, verbose=0)["loss"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("name", sorted(lm.train.names.OPTIMIZERS))
def test_optimizers_by_name(name):
    model = nn.Sequential(nn.Linear(6, 3, bias=False))
    trainer = lm.Trainer(model, optimizer=name)
    assert type(trainer.optimizer).__name__.lower() == name
    trainer.fit(X, Y, verbose=0)


@pytest.mark.parametrize("name", sorted(lm.train.names.ACTIVATIONS))
def test_activations_by_name(name):
    assert lm.train.names.activation(name)(lm.tensor(X)).shape == X.shape


def test_keras_losses_take_probabilities():
    p = nn.functional.softmax(lm.tensor(X[:, :3]), -1)
    loss = lm.train.names.class_probabilities_loss(p, lm.tensor(Y))
    expected = -np.log(p.numpy()[np.arange(90), Y]).mean()
    assert loss.item() == pytest.approx(expected, rel=1e-5)


ERRORS = [
    (lambda: fitted(X, Y[:9]), ValueError, "expected x and y of the same length; got 90 and 9"),
    (lambda: fitted(X), ValueError, "expected targets y; got none"),
    (lambda: fitted(X[:0], Y[:0]), ValueError, "expected at least one batch"),
    (lambda: fitted(X, Y, loss="nothing"), ValueError, "expected a loss among cross_entropy"),
    (lambda: fitted(X, Y, optimizer="no"), ValueError, "expected an optimizer among"),
    (lambda: fitted(X, Y, trainer={"metrics": ["no"]}), ValueError, "expected a metric among"),
    (lambda: fitted(X, Y, trainer={"accumulate": 0}), ValueError, "accumulate of 1 or more; got 0"),
    (lambda: fitted(X, Y, validation_split=1.5), ValueError, "validation_split between 0 and 1"),
    (lambda: fitted(X, Y, sample_weight=X), ValueError, "one sample weight a sample"),
    (lambda: fitted(X, Y, class_weight={7: 2}), ValueError, "class_weight for 3 classes"),
    (lambda: fitted(X, Y - 0.0), TypeError, r'give y.astype\("int64"\)'),
    (lambda: fitted(X, np.array(list("abc"))[Y]), TypeError, r"got <U1: names of classes become"),
    (lambda: fitted(X.astype(object), Y), TypeError, "arrays of numbers; got object"),
    (lambda: fitted(zip(X, Y, strict=True)), TypeError, "DataLoader; got a zip: make an array"),
    (lambda: fitted([{"x": X[0], "y": 1}]), TypeError, "arrays of numbers; got object"),
    (lambda: fitted({"x": X, "y": Y}), ValueError, "got none: a dict alone holds inputs by name"),
    (lambda: fitted((X * 9).astype("u1"), Y), TypeError, r"uint8 and .* for images x / 255"),
    (lambda: fitted(X, T > 0, loss="bce", outputs=1), ValueError, "Sigmoid.*bce_with_logits"),
    (lambda: fitted(X, T[:, 0] > 0, outputs=1), IndexError, "two classes apart with"),
    (lambda: lm.Trainer(network()).evaluate(X[:0], Y[:0]), ValueError, "at least one batch"),
    (
        lambda: lm.Trainer(network().requires_grad_(False)).fit(X, Y, verbose=0),
        RuntimeError,
        r"requires_grad_\(\) unfreezes one",
    ),
    (lambda: fitted(X, Y, class_weight="other"), ValueError, "by class or 'balanced'; got 'other'"),
    (lambda: fitted(X, Y, class_weight={"a": 1}), ValueError, "class_weight by class indices; got"),
    (
        lambda: fitted(TensorDataset(X, Y), class_weight="balanced"),
        ValueError,
        "one array of targets y with class_weight='balanced'",
    ),
    (lambda: fitted(X, Y, epochs=-1), ValueError, "epochs of 0 or more; got -1"),
    (lambda: fitted(X, Y, epochs=1.5), ValueError, "epochs to be a whole number; got 1.5"),
    (lambda: fitted(X, Y, epochs="3"), ValueError, "epochs to be a whole number; got '3'"),
    (lambda: fitted(X, Y, initial_epoch=-1), ValueError, "initial_epoch of 0 or more; got -1"),
    (lambda: fitted(X, Y, batch_size=0), ValueError, "expected a positive batch_size; got 0"),
    (lambda: fitted(X, Y, batch_size=2.5), ValueError, "expected a positive batch_size; got 2.5"),
    (lambda: fitted(X, Y, validation_split=-0.1), ValueError, "between 0 and 1; got -0.1"),
    (lambda: fitted(X, Y, validation_split=1), ValueError, "between 0 and 1; got 1"),
    (lambda: fitted(X, Y, validation_split="a"), ValueError, "between 0 and 1; got 'a'"),
    (lambda: fitted(X, Y, callbacks=[3]), TypeError, "expected callbacks; got a int"),
    (
        lambda: fitted(X, Y, callbacks=[callbacks.EarlyStopping]),
        TypeError,
        r"expected callbacks; got the class EarlyStopping: call it",
    ),
    (lambda: fitted(X, Y, verbose=7), ValueError, "verbose to be 0, 1, 2 or 'auto'; got 7"),
    (lambda: lm.Trainer(3), TypeError, "expected a module; got a int"),
    (
        lambda: fitted(X, Y, optimizer=lm.optim.SGD(network().parameters())),
        ValueError,
        "optimizer of this model's parameters; got SGD of others",
    ),
    (lambda: fitted(X, Y, optimizer=3), TypeError, "expected an optimizer, its name"),
    (lambda: fitted(X, Y, loss=3), TypeError, "expected a loss, a function or a name; got a int"),
]


@pytest.mark.parametrize(("call", "kind", "text"), ERRORS, ids=[text for *_, text in ERRORS])
def test_errors_say_what_was_expected(call, kind, text):
    with pytest.raises(kind, match=text):
        call()


def test_a_last_batch_of_one_and_batch_normalization():
    model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Linear(8, 3))
    with pytest.raises(ValueError, match=r"in 1, BatchNorm1d\): a batch, .* has one sample"):
        lm.Trainer(model).fit(X[:33], Y[:33], verbose=0)


@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool", "float64"])
def test_one_hot_targets_of_any_type(dtype):
    found, history = fitted(X, np.eye(3, dtype=dtype)[Y])
    expected, wanted = fitted(X, Y)
    assert np.allclose(weights(found), weights(expected), atol=1e-6)
    assert history["accuracy"] == wanted["accuracy"]


@pytest.mark.parametrize("dtype", ["float16", ">f4", ">f8", "longdouble"])
@pytest.mark.parametrize("of_labels", ["int8", "int16", "uint16", ">i8"])
def test_arrays_of_types_that_tensors_do_not_have(dtype, of_labels):
    x = np.round(X * 8) / 8  # exact in each type
    found, _ = fitted(x.astype(dtype), Y.astype(of_labels))
    assert np.array_equal(weights(found), weights(fitted(x, Y)[0]))


def test_a_class_of_losses_makes_one():
    found, _ = fitted(X, Y, loss=nn.CrossEntropyLoss)
    assert np.array_equal(weights(found), weights(fitted(X, Y)[0]))


def test_one_callback_or_none_needs_no_list():
    stopping = callbacks.EarlyStopping("loss", patience=3)
    fitted(X, Y, callbacks=stopping)
    assert stopping.trainer.epoch == 2
    fitted(X, Y, callbacks=None)


def test_progress_is_silent_when_asked(capsys):
    fitted(X, Y)
    assert capsys.readouterr() == ("", "")
    fitted(X, Y, verbose=2, callbacks=[callbacks.Callback()])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("epoch 2/2")
