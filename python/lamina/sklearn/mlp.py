"""MLPClassifier and MLPRegressor: scikit-learn's, on compiled steps."""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils.metaestimators import available_if

from lamina import optim
from lamina.autograd import no_grad
from lamina.sklearn import limits, perceptron, rows, rules
from lamina.sklearn.base import Classifier, Estimator, Regressor
from lamina.sklearn.targets import Array
from lamina.train import Trainer, names

_AUTO_BATCH = 200


@dataclass(eq=False, repr=False)
class MLP(Estimator):
    """Base of both: scikit-learn's arguments, and some beside.

    `solver` may be the name of any optimizer of `lamina.optim`, or a function of the parameters;
    `activation` any activation's name, or what makes one. `dropout` and `batch_norm` stand in every
    hidden layer; `schedule(optimizer)` makes a scheduler that steps once an epoch. `dtype`, float32
    or float64, is that of all computation.
    """

    hidden_layer_sizes: Any = (100,)
    activation: Any = "relu"
    _: KW_ONLY
    solver: Any = "adam"
    alpha: float = 0.0001
    batch_size: int | str = "auto"
    learning_rate: str = "constant"
    learning_rate_init: float = 0.001
    power_t: float = 0.5
    max_iter: int = 200
    shuffle: bool = True
    random_state: Any = None
    tol: float = 1e-4
    verbose: bool | int = False
    warm_start: bool = False
    momentum: float = 0.9
    nesterovs_momentum: bool = True
    early_stopping: bool = False
    validation_fraction: float = 0.1
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    n_iter_no_change: float = 10
    max_fun: int = 15000
    dropout: float = 0.0
    batch_norm: bool = False
    schedule: Callable[[optim.Optimizer], Any] | None = None
    dtype: str = "float32"

    @property
    def coefs_(self) -> list[Array]:
        """The weights of each layer, (inputs, outputs)."""
        return [each.weight.detach().numpy().T for each in perceptron.linear_layers(self.module_)]

    @property
    def intercepts_(self) -> list[Array]:
        """The biases of each layer."""
        layers = perceptron.linear_layers(self.module_)
        return [each.bias.detach().numpy() for each in layers if each.bias is not None]

    @property
    def n_layers_(self) -> int:
        """How many layers there are, that of the inputs included."""
        return len(self.coefs_) + 1

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:  # noqa: N803
        """Train from the beginning, or on with `warm_start`."""
        return self._fit(X, y, sample_weight)

    def _check_parameters(self) -> None:
        limits.check(self)

    # ---- network and optimizer ----

    def _begin(self, x: Any) -> None:
        hidden = np.atleast_1d(self.hidden_layer_sizes)
        sizes = [x.shape[1], *map(int, hidden), self.n_outputs_]
        network = perceptron.build(sizes, self.activation, self.dropout, self.batch_norm)
        self.module_ = network.double() if self.dtype == "float64" else network
        perceptron.draw(self.module_, self.activation, self._random)
        self.optimizer_ = self._make_optimizer()
        self.out_activation_ = self._out_activation()
        rules.begin(self)

    def _out_activation(self) -> str:
        raise NotImplementedError

    def _make_optimizer(self) -> optim.Optimizer:
        parameters, rate = self.module_.parameters(), self.learning_rate_init
        if self.solver == "adam":
            betas = (self.beta_1, self.beta_2)
            return optim.Adam(parameters, lr=rate, betas=betas, eps=self.epsilon)
        if self.solver == "sgd":
            nesterov = self.nesterovs_momentum and self.momentum > 0
            return optim.SGD(parameters, lr=rate, momentum=self.momentum, nesterov=nesterov)
        if self.solver == "lbfgs":
            return optim.LBFGS(
                parameters,
                max_iter=self.max_iter,
                max_eval=self.max_fun,
                tolerance_grad=self.tol,
                line_search_fn="strong_wolfe",
            )
        if isinstance(self.solver, str):
            found = names.find("a solver", self.solver, names.OPTIMIZERS)
            return found(parameters, lr=rate)
        made: optim.Optimizer = self.solver(parameters)
        return made

    def _loss_name(self) -> str:
        raise NotImplementedError

    def _objective(self) -> perceptron.PenalizedLoss:
        each = names.find("a loss", self._loss_name(), perceptron.LOSSES)
        weights = [layer.weight for layer in perceptron.linear_layers(self.module_)]
        return perceptron.PenalizedLoss(each, self.alpha, weights)

    def _make_trainer(self) -> Trainer:
        scheduler = None if self.schedule is None else self.schedule(self.optimizer_)
        return Trainer(
            self.module_, optimizer=self.optimizer_, step=self._objective(), scheduler=scheduler
        )

    # ---- training ----

    def _learn(self, x: Any, y: Array, weight: Array | None, incremental: bool) -> None:
        if self.solver == "lbfgs":
            self._search(x, y, weight)
        else:
            self._descend(x, y, weight, incremental)
        if not all(np.isfinite(each).all() for each in self.coefs_ + self.intercepts_):
            raise ValueError(
                f"[{type(self).__name__}] training ended with non-finite weights; scale the data, "
                "or lower learning_rate_init"
            )

    def _descend(self, x: Any, y: Array, weight: Array | None, incremental: bool) -> None:
        score: Callable[[], float] | None = None
        if self.early_stopping:
            if incremental:
                raise ValueError(f"[{type(self).__name__}] partial_fit cannot stop early")
            (x, y, weight), held = self._split(x, y, weight)
            score = functools.partial(self._score, *held)
        size = x.shape[0]
        batch_size = min(_AUTO_BATCH if self.batch_size == "auto" else int(self.batch_size), size)
        if self.batch_norm and size % batch_size == 1:
            raise ValueError(
                f"[{type(self).__name__}] expected a batch_size that leaves no batch of one sample "
                f"to batch_norm; got {batch_size} for {size} samples"
            )
        epochs = 1 if incremental else int(self.max_iter)
        history = self._train((x, y, weight), batch_size, epochs, [rules.Rules(self, size, score)])
        if history.interrupted:
            warnings.warn("[fit] training was interrupted", stacklevel=4)
        elif not incremental and not history.stopped:
            warnings.warn(
                f"[fit] no convergence in max_iter={self.max_iter} epochs",
                ConvergenceWarning,
                stacklevel=4,
            )

    def _score(self, x: Any, y: Array, weight: Array | None) -> float:
        raise NotImplementedError

    @no_grad()
    def _search(self, x: Any, y: Array, weight: Array | None) -> None:
        """Train by a line search on all samples at once."""
        size = x.shape[0]
        self._train((x, y, weight), size, 1)
        self.n_iter_ = self.optimizer_.state_dict()["state"][0]["n_iter"]
        (batch,) = rows.loader((x, y, weight), size)
        data = [part for part in batch if part is not None]
        self.loss_ = self._objective()(self.module_, *data).item()
        self.t_ += size * self.n_iter_
        if self.n_iter_ >= self.max_iter:
            warnings.warn(
                f"[fit] no convergence in max_iter={self.max_iter} iterations",
                ConvergenceWarning,
                stacklevel=4,
            )


def _stochastic(estimator: MLP) -> bool:
    if estimator.solver == "lbfgs":
        raise AttributeError("partial_fit needs a solver that takes single steps; got 'lbfgs'")
    return True


@dataclass(eq=False, repr=False)
class MLPClassifier(Classifier, MLP):
    """A multi-layer perceptron for classes; `class_weight` as in scikit-learn's classifiers."""

    class_weight: Any = None

    @available_if(_stochastic)
    def partial_fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: Any = None,
        classes: Any = None,
    ) -> MLPClassifier:
        """Go once through the data; the first call names all `classes`."""
        self._fit(X, y, sample_weight, incremental=True, classes=classes)
        return self

    def _loss_name(self) -> str:
        return "log_loss"

    def _out_activation(self) -> str:
        single = self._labels.single or self._labels.multilabel
        return "logistic" if single else "softmax"

    def _score(self, x: Any, y: Array, weight: Array | None) -> float:
        found = self._labels.encode(self._labels.decode(self._outputs(x)), y.dtype)
        return float(accuracy_score(y, found, sample_weight=weight))


@dataclass(eq=False, repr=False)
class MLPRegressor(Regressor, MLP):
    """A multi-layer perceptron for numbers.

    `loss` is 'squared_error' (a half of it), 'poisson', 'absolute_error' or 'huber'.
    """

    loss: str = "squared_error"

    @available_if(_stochastic)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> MLPRegressor:  # noqa: N803
        """Go once through the data."""
        self._fit(X, y, sample_weight, incremental=True)
        return self

    def _loss_name(self) -> str:
        return self.loss

    def _out_activation(self) -> str:
        return "exp" if self.loss == "poisson" else "identity"

    def _outputs(self, x: Any) -> Array:
        outputs = super()._outputs(x)
        return np.exp(outputs) if self.loss == "poisson" else outputs

    def _score(self, x: Any, y: Array, weight: Array | None) -> float:
        outputs = self._outputs(x)
        if not np.isfinite(outputs).all():
            return math.nan
        return float(r2_score(y, outputs, sample_weight=weight))
