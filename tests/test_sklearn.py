"""The estimators: what they learn, keep and refuse; scikit-learn's own checks have a file."""

import copy
import functools
import pickle
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("sklearn")

from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits, load_iris, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import lamina as lm
from lamina import nn
from lamina.sklearn import MLPClassifier, MLPRegressor, NetClassifier, NetRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

DESCENT = functools.partial(lm.optim.SGD, lr=0.05)
ADAM = functools.partial(lm.optim.Adam, lr=0.02)
REGRESSORS = (MLPRegressor, NetRegressor)


def network(n_features, n_outputs, hidden=16):
    return nn.Sequential(nn.Linear(n_features, hidden), nn.Tanh(), nn.Linear(hidden, n_outputs))


def dropping(n_features, n_outputs):
    return nn.Sequential(nn.Dropout(0.3), network(n_features, n_outputs))


def iris():
    x, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(x), y


def diabetes(columns=1):
    x, y = load_diabetes(return_X_y=True)
    y = (y - y.mean()) / y.std()
    return StandardScaler().fit_transform(x)[:200], (y if columns == 1 else np.c_[y, -2 * y])[:200]


def make(kind, **arguments):
    """Return an estimator that learns small data in a moment."""
    if kind in (MLPClassifier, MLPRegressor):
        names = {"max_iter": 30, "learning_rate_init": 0.02, "random_state": 0}
        return kind(**{**names, **arguments})
    names = {"max_epochs": 30, "optimizer": ADAM, "random_state": 0, "batch_size": 200}
    return kind(**{"module": network, **names, **arguments})


def data_of(kind):
    return diabetes() if kind in REGRESSORS else iris()


ALL = (MLPClassifier, NetClassifier, MLPRegressor, NetRegressor)
CLASSIFIERS = (MLPClassifier, NetClassifier)


# ---- like scikit-learn's own ----

SETTINGS = {
    "momentum": {"solver": "sgd"},
    "plain": {"solver": "sgd", "momentum": 0.0, "alpha": 0.1},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.05, "n_iter_no_change": 2},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "nesterovs_momentum": False},
    "adam": {"activation": "tanh", "alpha": 1.0},
    "logistic": {"activation": "logistic", "hidden_layer_sizes": (20, 10), "batch_size": 40},
    "early": {"solver": "sgd", "early_stopping": True, "n_iter_no_change": 3},
    "ordered": {"shuffle": False},
    "lbfgs": {"solver": "lbfgs", "max_iter": 5},
}


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("kind", ["two", "three", "numbers"])
def test_the_same_seed_gives_what_scikit_learn_gives(kind, setting):
    x, y = diabetes() if kind == "numbers" else iris()
    if kind == "two":
        x, y = x[:100], y[:100]
    elif kind == "three" and setting == "early":
        pytest.skip("scikit-learn does not stratify three classes")
    theirs, ours = TheirClassifier, MLPClassifier
    if kind == "numbers":
        theirs, ours = TheirRegressor, MLPRegressor
    arguments = {"random_state": 3, "max_iter": 20, "learning_rate_init": 0.01, **SETTINGS[setting]}
    expected = theirs(**arguments).fit(x, y)
    found = ours(**arguments, dtype="float64").fit(x, y)
    assert found.n_iter_ == expected.n_iter_
    if setting == "lbfgs":  # another line search
        assert found.loss_ == pytest.approx(expected.loss_, rel=0.5)
        return
    # Adam adds its epsilon as PyTorch does: after the correction of the bias.
    exact = arguments.get("solver") == "sgd"
    tolerance = 1e-9 if exact else 1e-3
    np.testing.assert_allclose(found.loss_curve_, expected.loss_curve_, rtol=tolerance)
    for own, other in zip(found.coefs_, expected.coefs_, strict=True):
        assert not exact or np.allclose(own, other, rtol=1e-9, atol=1e-9)
    for name in ("n_layers_", "n_outputs_", "out_activation_", "t_", "n_features_in_"):
        assert getattr(found, name) == getattr(expected, name)
    best = "best_validation_score_" if setting == "early" else "best_loss_"
    assert getattr(found, best) == pytest.approx(getattr(expected, best), rel=1e-3)


def test_defaults_and_names_are_scikit_learns():
    for theirs, ours in ((TheirClassifier, MLPClassifier), (TheirRegressor, MLPRegressor)):
        own = ours().get_params()
        assert {name: own.get(name, "missing") for name in theirs().get_params()} == (
            theirs().get_params()
        )


# ---- weights ----


@pytest.mark.parametrize("kind", ALL)
def test_a_weight_is_as_good_as_repetition_scikit_learn_9113(kind):
    x, y = data_of(kind)
    x, y = x[::3], y[::3]
    weight = np.random.RandomState(0).randint(0, 3, len(y))
    # Adam would hide a wrong scale.
    names = {"solver": "sgd"} if kind in (MLPClassifier, MLPRegressor) else {"optimizer": DESCENT}
    weighted = make(kind, **names).fit(x, y, sample_weight=weight)
    repeated = make(kind, **names).fit(x.repeat(weight, 0), y.repeat(weight))
    outputs = weighted._outputs_of(x), repeated._outputs_of(x)
    np.testing.assert_allclose(*outputs, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", ALL)
def test_no_weight_is_as_good_as_absence(kind):
    x, y = data_of(kind)
    kept = np.arange(len(y)) % 5 != 0
    weighted = make(kind, batch_size=20).fit(x, y, sample_weight=kept)
    absent = make(kind, batch_size=20).fit(x[kept], y[kept], sample_weight=np.ones(kept.sum()))
    np.testing.assert_array_equal(weighted.predict(x), absent.predict(x))


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_class_weights_are_sample_weights(kind):
    x, y = iris()
    by_class = make(kind, class_weight={0: 1, 1: 3, 2: 0.5}).fit(x, y)
    by_sample = make(kind).fit(x, y, sample_weight=np.array([1, 3, 0.5])[y])
    np.testing.assert_array_equal(by_class.predict_proba(x), by_sample.predict_proba(x))
    balanced = make(kind, class_weight="balanced").fit(x[:120], y[:120])
    assert balanced.score(x, y) > 0.9


def test_impossible_weights_are_refused():
    x, y = iris()
    with pytest.raises(ValueError, match=r"one above 0|at least one non-zero"):
        make(MLPClassifier).fit(x, y, sample_weight=np.zeros(len(y)))
    with pytest.raises(ValueError, match="expected weights of 0 or more, one above 0; got -1"):
        make(MLPClassifier).fit(x, y, sample_weight=-np.ones(len(y)))


# ---- going on ----


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("kind", ALL)
def test_partial_fit_equals_one_fit(kind, shuffle):
    x, y = data_of(kind)
    names = {"shuffle": shuffle, "batch_size": 40}
    names |= {"dropout": 0.3} if kind in (MLPClassifier, MLPRegressor) else {"module": dropping}
    whole, parts = make(kind, **names), make(kind, **names)
    if kind in (MLPClassifier, MLPRegressor):
        whole.set_params(max_iter=4)
    else:
        whole.set_params(max_epochs=4)
    whole.fit(x, y)
    for step in range(4):
        if step == 2:
            parts = pickle.loads(pickle.dumps(parts))
        parts.partial_fit(x, y, **({} if kind in REGRESSORS else {"classes": np.unique(y)}))
    np.testing.assert_array_equal(whole.predict(x), parts.predict(x))
    for own, other in zip(whole.module_.parameters(), parts.module_.parameters(), strict=True):
        assert lm.equal(own, other)


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_partial_fit_knows_classes_that_come_later(kind):
    x, y = iris()
    net = make(kind).partial_fit(x[:50], y[:50], classes=[0, 1, 2])
    assert net.predict_proba(x).shape == (150, 3)
    for _ in range(60):
        net.partial_fit(x, y)
    assert net.score(x, y) > 0.9
    with pytest.raises(ValueError, match=r"classes not in `self.classes_`.*got \[7\]"):
        net.partial_fit(x, np.full(150, 7))


@pytest.mark.parametrize("kind", ALL)
def test_warm_start_goes_on(kind):
    x, y = data_of(kind)
    net = make(kind, warm_start=True).fit(x, y)
    module = net.module_
    assert net.fit(x, y).module_ is module
    assert net.set_params(warm_start=False).fit(x, y).module_ is not module


def test_what_cannot_go_on_says_so():
    x, y = iris()
    assert not hasattr(MLPClassifier(solver="lbfgs"), "partial_fit")
    with pytest.raises(ValueError, match="partial_fit cannot stop early"):
        make(MLPClassifier, early_stopping=True).partial_fit(x, y, classes=[0, 1, 2])


# ---- in scikit-learn's company ----


@pytest.mark.parametrize("kind", ALL)
def test_pipelines_clones_and_pickles(kind):
    x, y = data_of(kind)
    pipeline = make_pipeline(StandardScaler(), make(kind)).fit(x, y)
    expected = pipeline.predict(x)
    for other in (pickle.loads(pickle.dumps(pipeline)), copy.deepcopy(pipeline)):
        np.testing.assert_array_equal(other.predict(x), expected)
    np.testing.assert_array_equal(clone(pipeline).fit(x, y).predict(x), expected)
    assert pipeline.score(x, y) > (0.5 if kind in REGRESSORS else 0.95)


@pytest.mark.slow  # processes take seconds to start
def test_grid_search_with_two_processes():
    x, y = iris()
    grid = {"hidden_layer_sizes": [(4,), (16,)], "alpha": [0.0, 10.0]}
    search = GridSearchCV(make(MLPClassifier, max_iter=60), grid, n_jobs=2, cv=2).fit(x, y)
    assert search.best_score_ > 0.9
    assert search.cv_results_["mean_test_score"].std() > 0


def test_module_arguments_are_searched():
    x, y = iris()
    grid = {"module__hidden": [1, 16], "optimizer": ["sgd", ADAM]}
    search = GridSearchCV(make(NetClassifier), grid, cv=2).fit(x, y)
    assert search.best_params_ == {"module__hidden": 16, "optimizer": ADAM}
    assert search.best_estimator_.module_[0].out_features == 16


def test_data_frames_name_features():
    pandas = pytest.importorskip("pandas")
    x, y = iris()
    frame = pandas.DataFrame(x, columns=list("abcd"))
    net = make(MLPClassifier).fit(frame, pandas.Series(y))
    assert list(net.feature_names_in_) == list("abcd")
    with pytest.raises(ValueError, match="feature names"):
        net.predict(frame.rename(columns={"a": "z"}))


@pytest.mark.parametrize("kind", ALL)
def test_sparse_rows_are_as_good_as_dense_ones(kind):
    x, y = data_of(kind)
    dense, sparse = make(kind).fit(x, y), make(kind).fit(csr_matrix(x), y)
    np.testing.assert_array_equal(dense.predict(x), sparse.predict(csr_matrix(x)))


def test_the_default_generator_is_left_alone():
    lm.manual_seed(5)
    expected = lm.rand(3)
    lm.manual_seed(5)
    make(MLPClassifier, dropout=0.5).fit(*iris())
    make(NetClassifier).fit(*iris())
    assert lm.equal(lm.rand(3), expected)


# ---- targets ----


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_labels_may_be_strings(kind):
    x, y = iris()
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    net = make(kind).fit(x, names)
    assert list(net.classes_) == ["setosa", "versicolor", "virginica"]
    assert net.score(x, names) > 0.9
    two = make(kind).fit(x[:100], names[:100])
    scores = two.decision_function(x)
    np.testing.assert_array_equal(two.predict(x), two.classes_[(scores > 0).astype(int)])
    assert two.predict_proba(x[:100]).shape == (100, 2)
    assert set(two.predict(x[:100])) == {"setosa", "versicolor"}


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_samples_may_have_several_labels(kind):
    x, y = make_multilabel_classification(150, n_classes=4, random_state=0)
    net = make(kind, random_state=1).fit(StandardScaler().fit_transform(x), y)
    likely = net.predict_proba(StandardScaler().fit_transform(x))
    assert likely.shape == (150, 4)
    np.testing.assert_array_equal(net.predict(StandardScaler().fit_transform(x)), likely > 0.5)
    assert net.score(StandardScaler().fit_transform(x), y) > 0.6
    with pytest.raises(ValueError, match="expected 4 labels a sample"):
        net.partial_fit(x, y[:, :3])


@pytest.mark.parametrize("kind", REGRESSORS)
def test_samples_may_have_several_numbers(kind):
    x, y = diabetes(2)
    net = make(kind).fit(x, y)
    assert net.predict(x).shape == (200, 2)
    assert net.score(x, y) > 0.5
    with pytest.raises(ValueError, match="expected 2 targets a sample; got 1"):
        net.partial_fit(x, y[:, 0])


@pytest.mark.parametrize("loss", ["poisson", "absolute_error", "huber"])
def test_other_losses_of_numbers(loss):
    x, y = diabetes()
    y = np.exp(y)
    net = make(MLPRegressor, loss=loss, max_iter=100).fit(x, y)
    assert net.score(x, y) > 0.5
    if loss == "poisson":
        theirs = TheirRegressor("poisson", random_state=0, max_iter=20, solver="sgd").fit(x, y)
        ours = MLPRegressor(loss=loss, random_state=0, max_iter=20, solver="sgd", dtype="float64")
        np.testing.assert_allclose(ours.fit(x, y).predict(x), theirs.predict(x), rtol=1e-6)


# ---- beyond scikit-learn ----


@pytest.mark.parametrize("solver", ["adamw", "rmsprop", "lion", "nadam", ADAM])
def test_any_optimizer_solves(solver):
    x, y = iris()
    assert make(MLPClassifier, solver=solver, learning_rate_init=0.01).fit(x, y).score(x, y) > 0.9


def test_dropout_batch_norm_schedules_and_activations():
    x, y = iris()
    schedule = functools.partial(lm.optim.lr_scheduler.ExponentialLR, gamma=0.9)
    net = make(
        MLPClassifier, dropout=0.2, batch_norm=True, schedule=schedule, activation="gelu"
    ).fit(x, y)
    assert [type(each).__name__ for each in net.module_] == [
        "Linear",
        "BatchNorm1d",
        "GELU",
        "Dropout",
        "Linear",
    ]
    assert net.optimizer_.param_groups[0]["lr"] == pytest.approx(0.02 * 0.9**30)
    assert net.score(x, y) > 0.9
    np.testing.assert_array_equal(net.predict_proba(x), net.predict_proba(x))
    with pytest.raises(ValueError, match="no batch of one sample"):
        make(MLPClassifier, batch_norm=True, batch_size=149).fit(x, y)


def test_early_stopping_restores_the_best_weights():
    x, y = diabetes()
    net = make(MLPRegressor, early_stopping=True, max_iter=200, validation_fraction=0.3)
    modes = []
    net._score = lambda *held: modes.append(net.module_.training) or type(net)._score(net, *held)
    net.fit(x, y)
    assert modes == [False] * net.n_iter_
    assert net.n_iter_ < 200
    assert net.best_validation_score_ == max(net.validation_scores_)
    assert net.validation_scores_[-1] < net.best_validation_score_


class Images(nn.Module):
    def __init__(self, channels=4):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, channels, 3), nn.ReLU(), nn.Flatten())
        self.head = nn.LazyLinear(10)

    def forward(self, x):
        return self.head(self.body(x))


def test_modules_of_any_kind():
    x, y = load_digits(return_X_y=True)
    x = x.reshape(-1, 1, 8, 8)[:600] / 16
    net = make(NetClassifier, module=Images, module__channels=8, optimizer="adam", batch_size=32)
    net.set_params(max_epochs=12).fit(x, y[:600])
    assert net.score(x, y[:600]) > 0.95
    assert net.module_.body[0].out_channels == 8
    assert len(net.history_["loss"]) == 12


def test_a_module_made_already_is_copied():
    x, y = iris()
    module = network(4, 3)
    before = copy.deepcopy(module.state_dict())
    net = make(NetClassifier, module=module).fit(x, y)
    assert net.module_ is not module
    assert all(lm.equal(each, before[name]) for name, each in module.state_dict().items())
    with pytest.raises(ValueError, match=r"expected a class for arguments module__.*and hidden"):
        make(NetClassifier, module=module, module__hidden=3).fit(x, y)
    with pytest.raises(ValueError, match=r"expected a class for arguments loss__.*and weight"):
        make(NetClassifier, loss=nn.CrossEntropyLoss(), loss__weight=None).fit(x, y)


def test_integers_reach_the_module():
    rng = np.random.RandomState(0)
    words = rng.randint(0, 20, (200, 6))
    y = (words == 7).any(axis=1)

    def bag(n_outputs):
        return nn.Sequential(nn.EmbeddingBag(20, 8, mode="sum"), nn.Linear(8, n_outputs))

    net = make(NetClassifier, module=bag, dtype=None, max_epochs=60).fit(words, y)
    assert net.score(words, y) > 0.95
    assert net.predict(words).dtype == bool


@pytest.mark.parametrize("loss", ["bce_with_logits", nn.BCEWithLogitsLoss, "bce", "nll"])
def test_losses_and_their_probabilities(loss):
    x, y = iris()
    last = {"bce": nn.Sigmoid, "nll": functools.partial(nn.LogSoftmax, 1)}.get(loss, nn.Identity)

    def factory(n_features, n_outputs):
        return nn.Sequential(network(n_features, n_outputs), last())

    net = make(NetClassifier, module=factory, loss=loss).fit(x[50:], y[50:])
    likely = net.predict_proba(x[50:])
    np.testing.assert_allclose(likely.sum(1), 1, rtol=1e-6)
    np.testing.assert_array_equal(net.classes_[likely.argmax(1)], net.predict(x[50:]))
    assert net.score(x[50:], y[50:]) > 0.9
    assert net.n_outputs_ == (2 if loss == "nll" else 1)


def test_losses_without_probabilities():
    net = make(NetClassifier, loss="multi_margin").fit(*iris())
    assert net.score(*iris()) > 0.9
    assert not hasattr(net, "predict_proba")


def test_callbacks_see_validation():
    seen = []

    class Watch(lm.callbacks.Callback):
        def on_epoch_end(self, epoch, logs):
            seen.append(logs["val_loss"])

    net = make(NetClassifier, validation_fraction=0.2, callbacks=[Watch()]).fit(*iris())
    assert seen == net.history_["val_loss"]
    assert len(seen) == 30
    assert type(net.callbacks_[0]) is Watch


def test_health_is_watched_and_pickled_without():
    net = make(NetClassifier, callbacks=[lm.callbacks.GradientHealth(warn=False)]).fit(*iris())
    assert len(net.callbacks_[0].health.history) == 30
    other = pickle.loads(pickle.dumps(net))
    np.testing.assert_array_equal(other.predict(iris()[0]), net.predict(iris()[0]))


def test_training_is_told_when_asked(capsys):
    make(MLPClassifier, max_iter=2).fit(*iris())
    assert capsys.readouterr().out == ""
    make(MLPClassifier, max_iter=2, verbose=True).fit(*iris())
    assert "loss" in capsys.readouterr().out


# ---- errors and warnings ----


@pytest.mark.filterwarnings("always")
def test_no_convergence_is_a_warning():
    with pytest.warns(ConvergenceWarning, match="max_iter=2"):
        make(MLPClassifier, max_iter=2).fit(*iris())


BAD = {
    "hidden_layer_sizes": (-1, "expected hidden_layer_sizes > 0; got -1"),
    "activation": ("cube", "expected an activation among"),
    "solver": ("newton", "expected a solver among"),
    "alpha": (-1.0, "expected alpha of 0 or more; got -1.0"),
    "batch_size": (0, "expected batch_size 'auto' or above 0; got 0"),
    "learning_rate": ("fast", "expected learning_rate 'constant'"),
    "learning_rate_init": (0.0, "expected learning_rate_init above 0"),
    "max_iter": (0, "expected max_iter above 0"),
    "dropout": (1.0, "expected dropout between 0 and 1"),
    "dtype": ("int8", "expected dtype 'float32' or 'float64'"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_parameters_are_named(name):
    value, text = BAD[name]
    with pytest.raises(ValueError, match=text):
        MLPClassifier(**{name: value}).fit(*iris())


def test_bad_parameters_of_nets_are_named():
    with pytest.raises(TypeError, match=r"expected arguments of its own.*got 'epochs'"):
        NetClassifier(network, epochs=3).fit(*iris())
    with pytest.raises(ValueError, match="expected max_epochs of 1 or more"):
        NetClassifier(network, max_epochs=0).fit(*iris())
    with pytest.raises(ValueError, match="Invalid parameter 'epochs'"):
        NetClassifier(network).set_params(epochs=3)


def test_a_diverging_training_says_where():
    x, y = diabetes()
    net = make(MLPRegressor, solver="sgd", learning_rate_init=1e30)
    with pytest.raises(ArithmeticError, match="Linear"):
        net.fit(x, y)


def test_without_scikit_learn_the_extra_is_named():
    code = "import sys; sys.modules['sklearn'] = None; import lamina; lamina.sklearn"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install lamina[sklearn]" in run.stderr


def test_one_class_is_refused():
    x, _ = iris()
    with pytest.raises(ValueError, match="expected 2 classes or more; got 1 class"):
        MLPClassifier().fit(x, np.zeros(len(x)))
    with pytest.raises(ValueError, match="Unknown label type"):
        MLPClassifier().fit(x, x[:, 0])


def test_cross_validation_of_a_network():
    x, y = iris()
    assert cross_val_score(make(NetClassifier), x, y, cv=3).mean() > 0.9
