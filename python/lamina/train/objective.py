"""What a training minimizes and counts: losses and metrics of one output or of several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lamina import _core, compiling
from lamina._core import Tensor
from lamina.metrics import Accuracy, BinaryAccuracy, MeanLoss, Metric
from lamina.nn import Module
from lamina.train import names
from lamina.train.data import Batch, leaves
from lamina.train.losses import Loss
from lamina.train.model import call


def keys_of(given: Any) -> list[Any]:
    """Return where a model's outputs stand: [None] if it has one."""
    if isinstance(given, Mapping):
        return list(given)
    return list(range(len(given))) if isinstance(given, tuple | list) else [None]


def _part(tree: Any, key: Any, what: str) -> Any:
    if key is None:
        return tree
    try:
        return tree[key]
    except (KeyError, IndexError, TypeError):
        raise ValueError(f"[fit] expected {what} {key!r}, as its loss says; got none") from None


ClassWeights = Mapping[int, float]


def _weighted(
    weight: Tensor | None, of_classes: ClassWeights | None, prediction: Tensor, target: Any
) -> Tensor | None:
    """Return the samples' weights times those of their classes, which are 1 where none is given."""
    if of_classes is None:
        return weight
    count = max(prediction.size(1) if prediction.ndim > 1 else 2, 2)
    if target.ndim > 1 and target.size(1) > 1:
        target = target.argmax(1)
    if target.numel() != len(target) or max(of_classes, default=0) >= count:
        raise ValueError(
            f"[fit] expected class_weight for {count} classes and a class a sample; got classes "
            f"{list(of_classes)} and targets of shape {tuple(target.shape)}"
        )
    with compiling.uncaptured():
        values = [of_classes.get(index, 1.0) for index in range(count)]
        table = _core.tensor(values, dtype=prediction.dtype)
    factor = table.index_select(0, target.long().reshape(-1))
    return factor if weight is None else weight * factor


class Output:
    """The loss and the metrics of one output."""

    def __init__(self, key: Any, loss: Any, metrics: Any, weighted: Any) -> None:
        self.key = key
        self.loss = Loss(loss)
        if metrics is None:
            metrics = ["accuracy"] if self.loss.classes or self.loss.two else []
        self.metrics = self._metrics(metrics)
        self.weighted = self._metrics(() if weighted is None else weighted)

    def _metrics(self, given: Any) -> list[Metric]:
        single = isinstance(given, str) or not isinstance(given, Iterable)
        return [self._metric(each) for each in ([given] if single else given)]

    def _metric(self, given: Any) -> Metric:
        if isinstance(given, str):
            made = names.find("a metric", given, names.METRICS)()
        else:
            made = given() if isinstance(given, type) else given
        if not isinstance(made, Metric):
            raise TypeError(f"[Trainer] expected metrics or their names; got {given!r}")
        scores = self.loss.two or self.loss.classes
        if isinstance(given, str) and scores:  # the loss knows what they are
            if type(made) is Accuracy and self.loss.two:
                made = BinaryAccuracy(name=made.name)
            if hasattr(made, "threshold"):
                made.threshold = 0.0 if self.loss.of_logits else 0.5
            if hasattr(made, "from_logits"):
                made.from_logits = self.loss.of_logits
        return made


class Objective:
    """Losses, their sum and the metrics of a model, counted over batches.

    Means are over samples: of each loss sum(w l) / sum(w), whatever the batches are. As in Keras
    weights count in losses and in the metrics that are given as weighted ones.
    """

    def __init__(
        self, loss: Any, metrics: Any = None, loss_weights: Any = None, weighted: Any = None
    ) -> None:
        keys = keys_of(loss)
        several = keys != [None]
        self.outputs = [
            Output(
                key,
                _part(loss, key, "a loss"),
                _chosen(metrics, key, several),
                _chosen(weighted, key, several),
            )
            for key in keys
        ]
        self.factors = [
            1.0 if loss_weights is None else float(_part(loss_weights, key, "a weight"))
            for key in keys
        ]
        self.total = MeanLoss()
        self.parts = [MeanLoss(f"{key}_loss") for key in keys] if several else []
        self.named: dict[str, Metric] = {
            metric.name: metric for metric in (self.total, *self.parts)
        }
        for output in self.outputs:
            prefix = f"{output.key}_" * several
            for metric in output.metrics:
                self._name(prefix + metric.name, metric)
            for metric in output.weighted:  # Keras' names
                taken = prefix + metric.name in self.named
                self._name(f"{prefix}{'weighted_' * taken}{metric.name}", metric)

    def _name(self, name: str, metric: Metric) -> None:
        if name in self.named:
            raise ValueError(f"[Trainer] expected metrics of different names; got {name!r} twice")
        self.named[name] = metric

    def __call__(
        self,
        model: Module,
        batch: Batch,
        of_classes: ClassWeights | None = None,
        counted: bool = True,
    ) -> Any:
        """Return the loss of a batch and the sum of the weights that it divides by; count both."""
        if batch.y is None:
            alone = ": a dict alone holds inputs by name" * isinstance(batch.x, dict)
            raise ValueError(f"[fit] expected targets y; got none{alone}")
        outputs = call(model, batch.x)
        total: Any = 0.0
        count: Any = 0.0
        for number, output in enumerate(self.outputs):
            prediction = _part(outputs, output.key, "an output")
            target = _part(batch.y, output.key, "a target")
            if not isinstance(prediction, Tensor):
                got = type(prediction).__name__
                raise TypeError(f"[fit] expected one loss an output of the model; got a {got}")
            weight = _weighted(batch.weight, of_classes, prediction, target)
            loss, count = output.loss(prediction, target, weight)
            total = total + loss * self.factors[number]
            if counted and self.parts:
                self.parts[number].add_mean(loss, count)
            for metric in output.metrics if counted else ():
                metric.update(prediction.detach(), target)
            for metric in output.weighted if counted else ():
                metric.update(prediction.detach(), target, weight)
        if counted:
            self.total.add_mean(total, count)
        return total, count

    def reset(self) -> None:
        """Start counting anew."""
        for metric in self.named.values():
            metric.reset()

    def results(self) -> dict[str, Any]:
        """Return the values by their names: numbers, or lists where a metric has several."""
        return {name: metric.compute().tolist() for name, metric in self.named.items()}

    def state_dict(self) -> dict[str, Any]:
        """Return the counters."""
        return {name: metric.state_dict() for name, metric in self.named.items()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what state_dict() returned."""
        for name, metric in self.named.items():
            metric.load_state_dict(state_dict.get(name, {}))


class StepObjective(Objective):
    """The loss that a user's `step(model, *batch)` returns, alone or with a dict of values."""

    def __init__(self, step: Callable[..., Any]) -> None:
        self.step = step
        self.named = {}

    def _mean(self, name: str) -> MeanLoss:
        mean = self.named.setdefault(name, MeanLoss(name))
        assert isinstance(mean, MeanLoss)
        return mean

    def __call__(
        self,
        model: Module,
        batch: Batch,
        of_classes: ClassWeights | None = None,
        counted: bool = True,
    ) -> Any:
        """Return the loss of a batch and the number of samples; count both."""
        if of_classes is not None:
            raise ValueError("[fit] expected no class_weight beside a step of your own; got both")
        loss = self.step(model, *(part for part in batch if part is not None))
        values: Mapping[str, Any] = {}
        if isinstance(loss, tuple):
            loss, values = loss
        if not isinstance(loss, Tensor) or loss.numel() != 1:
            raise TypeError(f"[fit] expected step() to return a loss of one element; got {loss!r}")
        count = float(len(next(leaves(batch.x))))
        for name, value in {"loss": loss, **values}.items() if counted else ():
            self._mean(name).add_mean(_core.as_tensor(value), count)
        return loss, count


def _chosen(metrics: Any, key: Any, several: bool) -> Any:
    """Return the metrics of an output; of several, they are given as the losses are."""
    if not several or metrics is None:
        return metrics if not several else []
    if isinstance(metrics, Mapping):
        return metrics.get(key, [])
    return metrics[key] if isinstance(key, int) else []
