"""The MLP estimators against scikit-learn's at their defaults: scores as good, in less time."""

import time

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

import lamina as lm
from lamina.sklearn import MLPClassifier, MLPRegressor

SEEDS = 3
LOADS = {
    "digits": load_digits,
    "breast_cancer": load_breast_cancer,
    "wine": load_wine,
    "diabetes": load_diabetes,
}


def scores(kind, scaled, x, y):
    """Return five folds' scores of each seed, and the seconds that it took."""
    result = []
    folds = KFold if "Regressor" in kind.__name__ else StratifiedKFold
    start = time.perf_counter()
    for seed in range(SEEDS):
        estimator = kind(random_state=seed)
        if scaled:
            estimator = make_pipeline(StandardScaler(), estimator)
        split = folds(5, shuffle=True, random_state=seed)
        result.append(cross_val_score(estimator, x, y, cv=split))
    return np.concatenate(result), time.perf_counter() - start


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("scaled", [True, False], ids=["scaled", "raw"])
@pytest.mark.parametrize("data", LOADS)
def test_scores_are_as_good_as_scikit_learns_in_less_time(data, scaled):
    x, y = LOADS[data](return_X_y=True)
    numbers = data == "diabetes"
    theirs = TheirRegressor if numbers else TheirClassifier
    ours = MLPRegressor if numbers else MLPClassifier
    threads = lm.get_num_threads()
    lm.set_num_threads(1)
    try:
        with threadpool_limits(1):
            expected, their_seconds = scores(theirs, scaled, x, y)
        found, seconds = scores(ours, scaled, x, y)
    finally:
        lm.set_num_threads(threads)
    worse = expected - found  # rounding alone makes them differ, to either side
    assert worse.mean() <= 3 * worse.std() / np.sqrt(len(worse)) + 1e-3
    assert seconds < 0.7 * their_seconds
