"""What all estimators share: checked data in, a Trainer that goes on where it was, scores out."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from lamina import _core
from lamina._core import Tensor
from lamina.autograd import no_grad
from lamina.callbacks import Callback
from lamina.nn import Module
from lamina.optim import Optimizer
from lamina.sklearn import rows
from lamina.sklearn.targets import Array, Labels
from lamina.train import Trainer


class Estimator(BaseEstimator):
    """Base of all: `module_` is trained with `optimizer_`.

    A kind of target (classes or numbers) defines `_take`, a kind of network `_begin`, which makes
    these two, `_learn` and `_make_trainer`.
    """

    module_: Module
    optimizer_: Optimizer
    _random: np.random.RandomState
    _trainer: Trainer | None
    _order: rows.Order | None
    _drawn: Tensor | None  # where the network's random numbers stand

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if "_trainer" in state:  # holds recorded steps; the next fit makes another
            state["_trainer"] = None
        state.pop("callbacks_", None)  # may hold the model's hooks; each fit copies them anew
        return state

    def _rows(self) -> dict[str, Any]:
        """Return what is asked of X."""
        return {"accept_sparse": "csr", "dtype": self.dtype}

    @property
    def _real(self) -> Any:
        """The type of targets and weights: that of X, if it is a floating one."""
        return np.float64 if self.dtype == "float64" else np.float32

    def _fit(
        self, x: Any, y: Any, weight: Any, incremental: bool = False, classes: Any = None
    ) -> Any:
        """Train, from the beginning or on."""
        self._check_parameters()
        begins = not hasattr(self, "module_") or not (self.warm_start or incremental)
        x, y, weight = self._take(x, y, weight, begins, classes)
        if weight is not None and not weight.all():  # such a sample is as good as none
            kept = np.flatnonzero(weight)
            x, y, weight = x[kept], y[kept], weight[kept]
        if begins:
            self._random = check_random_state(self.random_state)
            self._trainer = self._order = self._drawn = None
            with self._drawing():
                self._begin(x)
        self._learn(x, y, weight, incremental)
        return self

    def _check_parameters(self) -> None:
        raise NotImplementedError

    def _take(self, x: Any, y: Any, weight: Any, begins: bool, classes: Any) -> tuple[Any, ...]:
        raise NotImplementedError

    def _begin(self, x: Any) -> None:
        raise NotImplementedError

    def _learn(self, x: Any, y: Array, weight: Array | None, incremental: bool) -> None:
        raise NotImplementedError

    def _make_trainer(self) -> Trainer:
        raise NotImplementedError

    def _checked_weight(self, weight: Any, x: Any) -> Array | None:
        if weight is None:
            return None
        checked: Array = _check_sample_weight(weight, x, dtype=self._real)
        if (checked < 0).any() or not checked.any():
            raise ValueError(
                f"[{type(self).__name__}] expected weights of 0 or more, one above 0; got "
                f"{checked.min():g} to {checked.max():g}"
            )
        return checked

    def _strata(self, y: Array) -> Array | None:
        """Return what a split keeps the shares of."""
        raise NotImplementedError

    def _split(self, *data: Any) -> tuple[list[Any], list[Any]]:
        """Draw validation samples; return x, y and weight of the others, and of these."""
        given = [each for each in data if each is not None]
        parts = train_test_split(
            *given,
            random_state=self._random,
            test_size=self.validation_fraction,
            stratify=self._strata(data[1]),
        )
        train, test = ([*half, None][:3] for half in (parts[::2], parts[1::2]))
        if test[0].shape[0] < 2:
            raise ValueError(
                f"[{type(self).__name__}] expected 2 samples or more to validate; got "
                f"{test[0].shape[0]}: increase validation_fraction"
            )
        return train, test

    def _train(
        self,
        data: Sequence[Any],
        batch_size: int,
        epochs: int,
        callbacks: Sequence[Callback] = (),
        validation: Sequence[Any] | None = None,
    ) -> Any:
        """Train on (x, y, weight) and return the history."""
        size = data[0].shape[0]
        if self._order is None or len(self._order) != size:  # else parts equal one whole
            self._order = rows.Order(size, self._random if self.shuffle else None)
        batches = rows.loader(data, batch_size, self._order)
        held = None if validation is None else rows.loader(validation, batch_size)
        if self._trainer is None:
            self._trainer = self._make_trainer()
        self.module_.train()
        try:
            with self._drawing():
                return self._trainer.fit(
                    batches,
                    epochs=epochs,
                    callbacks=callbacks,
                    validation_data=held,
                    verbose=int(self.verbose),
                )
        finally:
            self.module_.eval()

    @contextlib.contextmanager
    def _drawing(self) -> Iterator[None]:
        """Let the network draw numbers of its own, and go on with them the next time.

        They begin by `random_state`, but leave `_random` where it is: orders are scikit-learn's.
        The default generator stays as it was.
        """
        state = _core.get_rng_state()
        if self._drawn is None:
            _core.manual_seed(int(copy.deepcopy(self._random).randint(2**31)))
        else:
            _core.set_rng_state(self._drawn)
        try:
            yield
        finally:
            self._drawn = _core.get_rng_state()
            _core.set_rng_state(state)

    @no_grad()
    def _outputs(self, x: Any) -> Array:
        """Return what the module makes of checked rows, in double precision."""
        parts = [self.module_(part).numpy() for part in rows.chunks(x)]
        return np.concatenate(parts).astype(np.float64)

    def _outputs_of(self, x: Any) -> Array:
        check_is_fitted(self)
        return self._outputs(validate_data(self, x, reset=False, **self._rows()))


class Classifier(ClassifierMixin, Estimator):
    """Targets are classes, or several labels a sample."""

    _one_score = True  # of two classes
    _labels: Labels
    classes_: Array

    def _take(self, x: Any, y: Any, weight: Any, begins: bool, classes: Any) -> tuple[Any, ...]:
        x, y = validate_data(self, x, y, reset=begins, multi_output=True, **self._rows())
        if getattr(y, "ndim", 2) == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        weight = self._checked_weight(weight, x)
        if self.class_weight is not None:
            of_classes = compute_sample_weight(self.class_weight, y).astype(self._real)
            weight = of_classes if weight is None else weight * of_classes
        if begins:
            self._labels = Labels(type(self).__name__, y, classes, self._one_score)
            self.classes_ = self._labels.classes
            self.n_outputs_ = self._labels.outputs
        return x, self._labels.encode(y, self._real), weight

    def _strata(self, y: Array) -> Array | None:
        return None if self._labels.multilabel else y

    def decision_function(self, X: Any) -> Array:  # noqa: N803
        """Return the scores before they become probabilities; of two classes one a sample."""
        outputs = self._outputs_of(X)
        return self._labels.scores(outputs)

    def predict(self, X: Any) -> Array:  # noqa: N803
        """Return the most probable class of each sample, or all labels that are probable."""
        outputs = self._outputs_of(X)
        return self._labels.decode(outputs)

    def predict_proba(self, X: Any) -> Array:  # noqa: N803
        """Return the probability of each class, in the order of `classes_`."""
        outputs = self._outputs_of(X)
        return self._labels.probabilities(outputs)

    def predict_log_proba(self, X: Any) -> Array:  # noqa: N803
        """Return the logarithms of the probabilities."""
        likely: Array = np.log(self.predict_proba(X))
        return likely

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.classifier_tags.multi_label = True
        return tags


class Regressor(RegressorMixin, Estimator):
    """Targets are numbers, one or several a sample."""

    _flat: bool  # y had one dimension

    def _take(self, x: Any, y: Any, weight: Any, begins: bool, classes: Any) -> tuple[Any, ...]:
        x, y = validate_data(
            self, x, y, reset=begins, multi_output=True, y_numeric=True, **self._rows()
        )
        flat = y.ndim == 1
        y = y.astype(self._real).reshape(len(y), -1)
        if begins:
            self._flat = flat
            self.n_outputs_ = y.shape[1]
        elif y.shape[1] != self.n_outputs_:
            raise ValueError(
                f"[{type(self).__name__}] expected {self.n_outputs_} targets a sample; got "
                f"{y.shape[1]}"
            )
        return x, y, self._checked_weight(weight, x)

    def _strata(self, y: Array) -> Array | None:
        return None

    def predict(self, X: Any) -> Array:  # noqa: N803
        """Return the numbers of each sample."""
        outputs = self._outputs_of(X)
        return outputs[:, 0] if self._flat and outputs.ndim == 2 else outputs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.multi_output = True
        return tags
