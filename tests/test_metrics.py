"""Metrics beside scikit-learn and NumPy: in batches, weighted, eager and compiled."""

import math

import numpy as np
import pytest

import lamina as lm
from lamina import metrics

rng = np.random.default_rng(0)
SIZE = 60
PROBABILITIES = rng.random((SIZE, 4)).astype(np.float32)
CLASSES = np.where(rng.random(SIZE) < 0.4, PROBABILITIES.argmax(1), rng.integers(0, 4, SIZE))
SCORES = (rng.permutation(SIZE) / 64).astype(np.float32)  # no two in a bin
LABELS = (SCORES + rng.normal(0, 0.4, SIZE) > 0.5).astype(np.int64)
NUMBERS = rng.standard_normal((SIZE, 2)).astype(np.float32)
TARGETS = (NUMBERS + rng.normal(0, 0.5, (SIZE, 2)) + 100).astype(np.float32)
WEIGHTS = rng.integers(0, 4, SIZE).astype(np.float32)


def averages(name, average):
    def reference(sk, p, t, w):
        options = {"average": average, "sample_weight": w, "zero_division": 0}
        return getattr(sk, f"{name}_score")(t, p.argmax(1), **options)

    return reference


def binary(name):
    def reference(sk, p, t, w):
        return getattr(sk, f"{name}_score")(t, p > 0.5, sample_weight=w, zero_division=0)

    return reference


def regression(name):
    return lambda sk, p, t, w: getattr(sk, name)(t, p, sample_weight=w)


MANY, TWO, REAL = (PROBABILITIES, CLASSES), (SCORES, LABELS), (NUMBERS + 100, TARGETS)
ROWS = {
    "accuracy": (
        metrics.Accuracy,
        MANY,
        lambda sk, p, t, w: sk.accuracy_score(t, p.argmax(1), sample_weight=w),
    ),
    "accuracy, one-hot": (
        metrics.Accuracy,
        (PROBABILITIES, np.eye(4, dtype=np.float32)[CLASSES]),
        lambda sk, p, t, w: sk.accuracy_score(t.argmax(1), p.argmax(1), sample_weight=w),
    ),
    "accuracy, column": (
        metrics.Accuracy,
        (PROBABILITIES, CLASSES[:, None]),
        lambda sk, p, t, w: sk.accuracy_score(t[:, 0], p.argmax(1), sample_weight=w),
    ),
    "binary accuracy": (
        metrics.BinaryAccuracy,
        TWO,
        lambda sk, p, t, w: sk.accuracy_score(t, p > 0.5, sample_weight=w),
    ),
    "binary accuracy of logits": (
        lambda: metrics.BinaryAccuracy(threshold=0),
        (SCORES[:, None] - 0.5, LABELS),
        lambda sk, p, t, w: sk.accuracy_score(t, p[:, 0] > 0, sample_weight=w),
    ),
    "top 2": (
        lambda: metrics.TopKAccuracy(2),
        MANY,
        lambda sk, p, t, w: sk.top_k_accuracy_score(t, p, k=2, sample_weight=w),
    ),
    "confusion matrix": (
        metrics.ConfusionMatrix,
        MANY,
        lambda sk, p, t, w: sk.confusion_matrix(t, p.argmax(1), sample_weight=w),
    ),
    "confusion matrix of two": (
        metrics.ConfusionMatrix,
        TWO,
        lambda sk, p, t, w: sk.confusion_matrix(t, p > 0.5, sample_weight=w),
    ),
    "ROC AUC": (
        metrics.ROCAUC,
        TWO,
        lambda sk, p, t, w: sk.roc_auc_score(t, p, sample_weight=w),
    ),
    "ROC AUC of logits": (
        lambda: metrics.ROCAUC(from_logits=True),
        (SCORES * 6 - 3, LABELS),
        lambda sk, p, t, w: sk.roc_auc_score(t, p, sample_weight=w),
    ),
    "MSE": (metrics.MeanSquaredError, REAL, regression("mean_squared_error")),
    "RMSE": (
        metrics.RootMeanSquaredError,
        REAL,
        lambda sk, p, t, w: sk.mean_squared_error(t, p, sample_weight=w) ** 0.5,
    ),
    "MAE": (metrics.MeanAbsoluteError, REAL, regression("mean_absolute_error")),
    "R2": (metrics.R2, REAL, regression("r2_score")),
    "R2 of a row": (metrics.R2, (NUMBERS[:, 0] + 100, TARGETS[:, 0]), regression("r2_score")),
}
for kind, name in (
    (metrics.Precision, "precision"),
    (metrics.Recall, "recall"),
    (metrics.F1, "f1"),
):
    ROWS[name] = (kind, TWO, binary(name))
    for average in ("macro", "micro", "weighted", None):
        row = (lambda kind=kind, average=average: kind(average), MANY, averages(name, average))
        ROWS[f"{name}, {average}"] = row


def batches(prediction, target, weight):
    for rows in (slice(0, 25), slice(25, 50), slice(50, None)):
        yield [
            None if part is None else lm.tensor(part[rows]) for part in (prediction, target, weight)
        ]


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("row", list(ROWS))
def test_beside_scikit_learn(row, weighted, compiled):
    sk = pytest.importorskip("sklearn.metrics")
    make, (prediction, target), reference = ROWS[row]
    weight = WEIGHTS if weighted else None
    expected = reference(sk, prediction, target, weight)
    metric = make()
    update = lm.compile(metric.update) if compiled else metric.update
    for _ in range(2):  # the second time after a reset
        for batch in batches(prediction, target, weight):
            update(*batch)
        assert np.allclose(metric.compute().numpy(), expected, rtol=1e-5, atol=1e-7)
        metric.reset()
    if compiled:
        assert len(update.programs()) == 2


@pytest.mark.parametrize("row", list(ROWS))
def test_weights_equal_repetition(row):
    make, (prediction, target), _ = ROWS[row]
    times = WEIGHTS.astype(int)
    weighted, repeated = make(), make()
    weighted.update(lm.tensor(prediction), lm.tensor(target), lm.tensor(WEIGHTS))
    repeated.update(*(lm.tensor(np.repeat(part, times, 0)) for part in (prediction, target)))
    found, expected = weighted.compute().numpy(), repeated.compute().numpy()
    assert np.allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("row", list(ROWS))
def test_the_counts_are_the_state(row):
    make, (prediction, target), _ = ROWS[row]
    parts = list(batches(prediction, target, None))
    whole, first, second = make(), make(), make()
    for part in parts:
        whole.update(*part)
    first.update(*parts[0])
    second.load_state_dict({key: value.clone() for key, value in first.state_dict().items()})
    for part in parts[1:]:
        second.update(*part)
    assert np.array_equal(second.compute().numpy(), whole.compute().numpy())


def test_images_of_classes():
    scores = lm.tensor(rng.random((4, 3, 5, 5)).astype(np.float32))
    target = lm.tensor(rng.integers(0, 3, (4, 5, 5)))
    weight = lm.tensor([1.0, 0.0, 2.0, 1.0])
    right = scores.numpy().argmax(1) == target.numpy()
    accuracy, table = metrics.Accuracy(), metrics.ConfusionMatrix()
    accuracy.update(scores, target, weight)
    table.update(scores, target, weight)
    expected = (right.mean((1, 2)) * weight.numpy()).sum() / 4
    assert accuracy.compute().item() == pytest.approx(expected)
    assert table.compute().diagonal().sum().item() == pytest.approx(100 * expected)


def test_sums_do_not_lose_digits():
    """A million samples far from zero: float32 sums of squares would be worthless."""
    r2 = metrics.R2()
    target = lm.tensor(rng.normal(1e4, 1, 100_000).astype(np.float32))
    for _ in range(10):
        r2.update(target + 0.5, target)
    spread = target.numpy().astype(np.float64).var()
    assert r2.compute().item() == pytest.approx(1 - 0.25 / spread, abs=1e-3)


def test_nothing_to_count():
    assert math.isnan(metrics.Accuracy().compute().item())
    assert math.isnan(metrics.ROCAUC().compute().item())
    assert math.isnan(metrics.R2().compute().item())
    assert metrics.ConfusionMatrix().compute().shape == (0, 0)


def test_errors():
    with pytest.raises(ValueError, match=r"\[F1\] expected average to be 'auto'"):
        metrics.F1("some")
    with pytest.raises(ValueError, match=r"\[ROCAUC\] expected 2 bins or more; got 1"):
        metrics.ROCAUC(bins=1)
    with pytest.raises(ValueError, match=r"\[ROCAUC\] expected a score for each of 3 targets"):
        metrics.ROCAUC().update(lm.ones(3, 3), lm.ones(3))
    precision = metrics.Precision("binary")
    precision.update(lm.tensor(PROBABILITIES), lm.tensor(CLASSES))
    with pytest.raises(ValueError, match=r"\[Precision\] expected two classes; got 4"):
        precision.compute()
    with pytest.raises(NotImplementedError, match=r"\[Mine\] a metric must define update"):
        type("Mine", (metrics.Metric,), {})("mine").update(lm.ones(1), lm.ones(1))
