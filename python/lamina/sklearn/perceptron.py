"""The network of the MLP estimators: its layers, its first weights, its loss."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lamina import _core, nn
from lamina._core import Tensor
from lamina.nn import functional as F
from lamina.nn.utils import l2_penalty
from lamina.train import names

PerSample = Callable[[Tensor, Tensor], Tensor]


def build(sizes: Sequence[int], activation: Any, dropout: float, batch_norm: bool) -> nn.Sequential:
    """Return linear layers from size to size, with all else between them."""
    layers: list[nn.Module] = [nn.Linear(sizes[0], sizes[1])]
    for before, after in itertools.pairwise(sizes[1:]):
        if batch_norm:
            layers.append(nn.BatchNorm1d(before))
        layers.append(names.activation(activation) if isinstance(activation, str) else activation())
        if dropout:
            layers.append(nn.Dropout(dropout))
        layers.append(nn.Linear(before, after))
    return nn.Sequential(*layers)


def linear_layers(network: nn.Module) -> list[nn.Linear]:
    """Return the layers whose weights are the coefficients."""
    return [layer for layer in network.modules() if isinstance(layer, nn.Linear)]


def draw(network: nn.Module, activation: Any, random: np.random.RandomState) -> None:
    """Draw weights and biases as scikit-learn does: the same numbers of the same random state."""
    for layer in linear_layers(network):
        factor = 2.0 if activation == "logistic" else 6.0
        bound = math.sqrt(factor / (layer.in_features + layer.out_features))
        weight = random.uniform(-bound, bound, (layer.in_features, layer.out_features))
        layer.weight.data.copy_(_core.tensor(weight.T))
        bias: Any = layer.bias
        bias.data.copy_(_core.tensor(random.uniform(-bound, bound, layer.out_features)))


# ---- losses of each sample, summed over its outputs ----


def _of_classes(scores: Tensor, target: Tensor) -> Tensor:
    if not target.is_floating_point():
        return F.cross_entropy(scores, target, reduction="none")
    return F.binary_cross_entropy_with_logits(scores, target, reduction="none").sum(1)


def _squared(prediction: Tensor, target: Tensor) -> Tensor:
    return (prediction - target).square().sum(1) / 2


def _absolute(prediction: Tensor, target: Tensor) -> Tensor:
    return (prediction - target).abs().sum(1)


def _huber(prediction: Tensor, target: Tensor) -> Tensor:
    return F.huber_loss(prediction, target, reduction="none").sum(1)


def _poisson(logarithm: Tensor, target: Tensor) -> Tensor:
    likely = target.clamp(min=1e-30).log()  # of no weight where the target is 0
    return (logarithm.exp() - target + target * (likely - logarithm)).sum(1)


LOSSES: dict[str, PerSample] = {
    "log_loss": _of_classes,
    "squared_error": _squared,
    "poisson": _poisson,
    "absolute_error": _absolute,
    "huber": _huber,
}


@dataclass
class PenalizedLoss:
    """sum(w l) / sum(w) + alpha / 2 * (sum of the squared weights) / sum(w) of a batch."""

    each: PerSample
    alpha: float
    penalized: Sequence[Tensor]

    def __call__(self, model: nn.Module, x: Tensor, y: Tensor, weight: Tensor | None = None) -> Any:
        """Return the loss of a batch."""
        losses = self.each(model(x), y)
        count: Any = len(losses) if weight is None else weight.sum()
        total = losses.sum() if weight is None else (losses * weight).sum()
        if self.alpha:
            total = total + self.alpha / 2 * l2_penalty(self.penalized)
        return total / count
