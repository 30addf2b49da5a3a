"""NetClassifier and NetRegressor: estimators around any module."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.utils.metaestimators import available_if

from lamina import nn
from lamina.autograd import no_grad
from lamina.callbacks import Callback
from lamina.nn.parameter import is_lazy
from lamina.sklearn import rows
from lamina.sklearn.base import Classifier, Estimator, Regressor
from lamina.sklearn.targets import Array
from lamina.train import Trainer, names

_PREFIXES = ("module__", "loss__", "optimizer__")
_OF_ONE_SCORE = (nn.BCELoss, nn.BCEWithLogitsLoss)
_OF_PROBABILITIES = (*_OF_ONE_SCORE, nn.CrossEntropyLoss, nn.NLLLoss)


class Net(Estimator):
    """Base of both.

    `module` is a module, of which a copy is trained, or what makes one: a class or a function. Its
    arguments are given as `module__<name>`; `n_features` and `n_outputs` get the data's numbers if
    they are among its arguments. `loss` and `optimizer` are names, classes or functions, with
    arguments as `loss__<name>` and `optimizer__<name>`; a loss may also be made already. A
    `validation_fraction` of the samples is kept for the callbacks. X becomes `dtype`, or stays
    what it is with None.
    """

    def __init__(
        self,
        module: Any,
        *,
        loss: Any = "auto",
        optimizer: Any = "adam",
        max_epochs: int = 10,
        batch_size: int = 128,
        shuffle: bool = True,
        validation_fraction: float = 0.0,
        callbacks: Iterable[Callback] = (),
        clip_norm: float | None = None,
        dtype: Any = "float32",
        random_state: Any = None,
        warm_start: bool = False,
        verbose: bool | int = False,
        **arguments: Any,
    ) -> None:
        self.module = module
        self.loss = loss
        self.optimizer = optimizer
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.validation_fraction = validation_fraction
        self.callbacks = callbacks
        self.clip_norm = clip_norm
        self.dtype = dtype
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.__dict__.update(arguments)  # names are checked by fit, as scikit-learn wants it

    # ---- parameters ----

    def _arguments(self, prefix: str) -> dict[str, Any]:
        given = vars(self).items()
        return {name[len(prefix) :]: value for name, value in given if name.startswith(prefix)}

    @classmethod
    def _get_param_names(cls) -> list[str]:
        inits = [inspect.signature(kind.__init__) for kind in cls.__mro__ if issubclass(kind, Net)]
        named = (p for init in inits for p in init.parameters.values() if p.name != "self")
        return sorted({p.name for p in named if p.kind is not p.VAR_KEYWORD})

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return all arguments, those of module, loss and optimizer too."""
        own = {name: getattr(self, name) for name in self._get_param_names()}
        further = {name: value for name, value in vars(self).items() if name.startswith(_PREFIXES)}
        return {**own, **further}

    def set_params(self, **params: Any) -> Net:
        """Set arguments, those of module, loss and optimizer too."""
        own = {name: value for name, value in params.items() if not name.startswith(_PREFIXES)}
        super().set_params(**own)
        self.__dict__.update({name: params[name] for name in params.keys() - own.keys()})
        return self

    def _rows(self) -> dict[str, Any]:
        return {"accept_sparse": "csr", "dtype": self.dtype, "allow_nd": True}

    def _check_parameters(self) -> None:
        known = (*_PREFIXES, "_")
        for name in vars(self).keys() - self._get_param_names():
            if not name.startswith(known) and not name.endswith("_"):
                raise TypeError(
                    f"[{type(self).__name__}] expected arguments of its own or with "
                    f"{', '.join(_PREFIXES)} before them; got {name!r}"
                )
        for name in ("max_epochs", "batch_size"):
            if (value := getattr(self, name)) < 1:
                kind = type(self).__name__
                raise ValueError(f"[{kind}] expected {name} of 1 or more; got {value!r}")

    # ---- module, loss and optimizer ----

    def _begin(self, x: Any) -> None:
        self.module_ = self._make_module(x)
        if any(map(is_lazy, self.module_.parameters())):
            with no_grad():
                self.module_.eval()(next(rows.chunks(x[:1])))
        self.loss_function_ = self._make_loss()
        self.optimizer_ = self._make_optimizer()
        self.history_: dict[str, list[Any]] = {}

    def _make_module(self, x: Any) -> nn.Module:
        arguments = self._arguments("module__")
        if isinstance(self.module, nn.Module):
            self._refuse("module", self.module, arguments)
            return copy.deepcopy(self.module)
        known = {"n_features": x.shape[1], "n_outputs": self.n_outputs_}
        wanted = inspect.signature(self.module).parameters
        given = {name: value for name, value in known.items() if name in wanted}
        made: nn.Module = self.module(**{**given, **arguments})
        return made

    def _refuse(self, name: str, made: Any, arguments: dict[str, Any]) -> None:
        """Refuse arguments for what is made already."""
        if arguments:
            raise ValueError(
                f"[{type(self).__name__}] expected a class for arguments {name}__...; got "
                f"a {type(made).__name__} made already and {', '.join(arguments)}"
            )

    def _usual_loss(self) -> str:
        raise NotImplementedError

    def _make_loss(self) -> Any:
        loss = self.loss
        if isinstance(loss, str) and loss == "auto":
            loss = self._usual_loss()
        arguments = self._arguments("loss__")
        if isinstance(loss, str):
            loss = names.find("a loss", loss, names.LOSSES)
        elif not isinstance(loss, type):
            self._refuse("loss", loss, arguments)
            return loss
        return loss(**arguments)

    def _make_optimizer(self) -> Any:
        make = self.optimizer
        if isinstance(make, str):
            make = names.find("an optimizer", make, names.OPTIMIZERS)
        return make(self.module_.parameters(), **self._arguments("optimizer__"))

    def _make_trainer(self) -> Trainer:
        return Trainer(self.module_, self.loss_function_, self.optimizer_, clip_norm=self.clip_norm)

    # ---- training ----

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:  # noqa: N803
        """Train for `max_epochs` from the beginning, or on with `warm_start`."""
        return self._fit(X, y, sample_weight)

    def _learn(self, x: Any, y: Array, weight: Array | None, incremental: bool) -> None:
        epochs = 1 if incremental else self.max_epochs
        self.callbacks_ = copy.deepcopy(list(self.callbacks))
        data, held = [x, y, weight], None
        if self.validation_fraction:
            data, held = self._split(*data)
        history = self._train(data, self.batch_size, epochs, self.callbacks_, held)
        for name, values in history.items():
            self.history_.setdefault(name, []).extend(values)


def _has_probabilities(estimator: Any) -> bool:
    loss = getattr(estimator, "loss_function_", None)
    return loss is None or isinstance(loss, _OF_PROBABILITIES)


class NetClassifier(Classifier, Net):
    """Classes by a module that gives scores.

    The usual `loss` is cross-entropy of a score a class, or for several labels a sample binary
    cross-entropy of theirs. Two classes have one score with `loss="bce_with_logits"`.
    """

    def __init__(self, module: Any, *, class_weight: Any = None, **arguments: Any) -> None:
        super().__init__(module, **arguments)
        self.class_weight = class_weight

    @property
    def _one_score(self) -> bool:  # type: ignore[override]
        return self.loss in ("bce", "bce_with_logits") or (
            isinstance(self.loss, type | nn.Module) and isinstance(self._make_loss(), _OF_ONE_SCORE)
        )

    def partial_fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: Any = None,
        classes: Any = None,
    ) -> NetClassifier:
        """Go once through the data; the first call names all `classes`."""
        self._fit(X, y, sample_weight, incremental=True, classes=classes)
        return self

    def _usual_loss(self) -> str:
        return "bce_with_logits" if self._labels.multilabel else "cross_entropy"

    def _outputs(self, x: Any) -> Array:
        outputs = super()._outputs(x)
        if isinstance(self.loss_function_, nn.BCELoss):  # of probabilities: their scores
            with np.errstate(divide="ignore"):
                outputs = np.log(outputs) - np.log1p(-outputs)
        return outputs

    @available_if(_has_probabilities)
    def predict_proba(self, X: Any) -> Array:  # noqa: N803
        """Return the probability of each class, in the order of `classes_`."""
        return super().predict_proba(X)


class NetRegressor(Regressor, Net):
    """Numbers by a module; the usual `loss` is the mean squared error."""

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> NetRegressor:  # noqa: N803
        """Go once through the data."""
        self._fit(X, y, sample_weight, incremental=True)
        return self

    def _usual_loss(self) -> str:
        return "mse"
