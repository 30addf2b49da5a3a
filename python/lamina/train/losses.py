"""A loss as a trainer uses it: on targets in the form that it takes, and with weights."""

from __future__ import annotations

import copy
import functools
import inspect
from typing import Any

from lamina import nn
from lamina._core import Tensor, int64
from lamina._limits import finfo
from lamina.metrics.base import per_sample
from lamina.train import names

# What compares scores of classes with indices, and element with element of two classes or of
# numbers; functions of the user's own get targets as they are.
OF_CLASSES = (nn.CrossEntropyLoss, nn.NLLLoss, nn.MultiMarginLoss)
OF_TWO = (
    nn.BCELoss,
    nn.BCEWithLogitsLoss,
    nn.ExponentialLoss,
    nn.HingeLoss,
    nn.PerceptronLoss,
    nn.SoftMarginLoss,
    nn.SquaredHingeLoss,
)
OF_NUMBERS = (
    nn.HuberLoss,
    nn.KLDivLoss,
    nn.L1Loss,
    nn.LogCoshLoss,
    nn.MAPELoss,
    nn.MSELoss,
    nn.PoissonNLLLoss,
    nn.QuantileLoss,
    nn.SmoothL1Loss,
)


class Loss:
    """The mean of a loss over a batch, and the sum of the weights that it divides by.

    With weights the mean is sum(w l) / sum(w): as if each sample stood there w times. Targets that
    the loss ignores count in neither sum.
    """

    def __init__(self, given: Any) -> None:
        made = names.find("a loss", given, names.LOSSES) if isinstance(given, str) else given
        self.of: Any = made() if isinstance(given, str | type) else made
        if not callable(self.of):
            got = type(given).__name__
            raise TypeError(f"[Trainer] expected a loss, a function or a name; got a {got}")
        probabilities = self.of is names.class_probabilities_loss
        self.classes = probabilities or isinstance(self.of, OF_CLASSES)
        self.two = isinstance(self.of, OF_TWO)
        self.numbers = isinstance(self.of, OF_NUMBERS)

    @property
    def of_logits(self) -> bool:
        """Whether the predictions are scores without bounds, not probabilities."""
        return not (isinstance(self.of, nn.BCELoss) or self.of is names.class_probabilities_loss)

    def __call__(
        self, prediction: Tensor, target: Any, weight: Tensor | None
    ) -> tuple[Tensor, Tensor | float]:
        """Return the mean and the sum of the weights."""
        target = self.aligned(prediction, target)
        ignored = getattr(self.of, "ignore_index", None)
        counted = None
        if ignored is not None and not target.is_floating_point():
            counted = target != ignored
        if weight is None:
            loss = self.of(prediction, target)
            count = float(len(prediction)) if counted is None else counted.sum()
            return (loss.mean() if loss.ndim else loss), count
        losses = self.each(prediction, target)
        weight = per_sample(weight, losses)
        if counted is not None:
            weight = weight * counted
        total = weight.sum()
        some = total.clamp(min=finfo(total.dtype).tiny)  # without weight there is no loss
        return (losses * weight).sum() / some, total

    def aligned(self, prediction: Tensor, target: Any) -> Any:
        """Return targets in the shape and type that the loss takes."""
        if not isinstance(target, Tensor) or not isinstance(prediction, Tensor):
            return target
        if self.classes:
            if target.ndim == prediction.ndim and target.size(1) == 1 != prediction.size(1):
                target = target.squeeze(1)
            one_hot = target.shape == prediction.shape and prediction.size(1) > 1
            indices = not one_hot and not target.is_floating_point()
            return target.to(int64 if indices else prediction.dtype)
        if self.two or self.numbers:
            target = target.to(prediction.dtype)
            if target.numel() == prediction.numel() and len(target) == len(prediction):
                return target.reshape(prediction.shape)
        return target

    def each(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Return the loss element by element."""
        losses: Tensor = self._unreduced()(prediction, target)
        if losses.ndim == 0 or len(losses) != len(prediction):
            raise ValueError(
                f"[fit] expected one loss a sample to weight; got shape {tuple(losses.shape)} for "
                f"{len(prediction)} samples"
            )
        return losses

    def _unreduced(self) -> Any:
        if isinstance(self.of, nn.Module) and hasattr(self.of, "reduction"):
            if getattr(self.of, "weight", None) is not None:
                raise ValueError(
                    f"[fit] expected sample weights or a {type(self.of).__name__}(weight=...); got "
                    "both: give the classes' weights as class_weight"
                )
            plain = copy.copy(self.of)
            plain.reduction = "none"
            return plain
        if "reduction" in inspect.signature(self.of).parameters:
            return functools.partial(self.of, reduction="none")
        name = getattr(self.of, "__name__", type(self.of).__name__)
        raise ValueError(
            f"[fit] expected a loss that takes reduction='none' for weights; got {name}"
        )
