"""scikit-learn's own checks of estimators; the long tail of them runs with -m slow."""

import functools

import pytest

pytest.importorskip("sklearn")

from sklearn.utils.estimator_checks import estimator_checks_generator

import lamina as lm
from lamina import nn
from lamina.sklearn import MLPClassifier, MLPRegressor, NetClassifier, NetRegressor

pytestmark = pytest.mark.filterwarnings("ignore")  # scikit-learn's checks warn on purpose


def network(n_features, n_outputs):
    return nn.Sequential(nn.Linear(n_features, 16), nn.Tanh(), nn.Linear(16, n_outputs))


def double(n_features, n_outputs):
    return network(n_features, n_outputs).double()


NET = {"max_epochs": 50, "optimizer": functools.partial(lm.optim.Adam, lr=0.02)}
ESTIMATORS = {
    "MLPClassifier": MLPClassifier(max_iter=100),
    "MLPRegressor": MLPRegressor(max_iter=100),
    "NetClassifier": NetClassifier(network, **NET),
    "NetRegressor": NetRegressor(network, **NET),
    "MLPClassifier-float64": MLPClassifier(max_iter=100, dtype="float64"),
    "MLPRegressor-float64": MLPRegressor(max_iter=100, dtype="float64"),
    "NetClassifier-float64": NetClassifier(double, dtype="float64", **NET),
    "NetRegressor-float64": NetRegressor(double, dtype="float64", **NET),
}

# Repetition and subsets have to agree to 7 digits, which float32 has not; in float64 they do.
ROUNDED = {
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
    "check_methods_subset_invariance",
}
# The check takes `**arguments` for the name of a parameter and wants to set it.
OPEN = {"check_do_not_raise_errors_in_init_or_set_params"}

IN_EVERY_RUN = {
    "check_estimator_cloneable",
    "check_estimators_pickle",
    "check_fit_idempotent",
    "check_classifiers_train",
    "check_regressors_train",
    "check_estimators_partial_fit_n_features",
}


def excepted(name, check):
    return (check in ROUNDED and "float64" not in name) or (check in OPEN and "Net" in name)


def name_of(check):
    return check.func.__name__


def cases():
    for name, estimator in ESTIMATORS.items():
        for own, check in estimator_checks_generator(estimator):
            quick = name_of(check) in IN_EVERY_RUN and "float64" not in name
            marks = [] if quick else [pytest.mark.slow]
            kwargs = "-".join(map(str, check.keywords.values()))
            ident = f"{name}-{name_of(check)}-{kwargs}"
            yield pytest.param(name, own, check, marks=marks, id=ident)


@pytest.mark.parametrize(("name", "estimator", "check"), list(cases()))
def test_scikit_learns_checks_pass(name, estimator, check):
    if excepted(name, name_of(check)):
        pytest.skip("an exception with its reason above")
    check(estimator)
