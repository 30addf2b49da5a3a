"""Says in words where the NaN or infinity of a batch comes from; the search is lm.diagnostics'."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lamina._core import Tensor
from lamina.diagnostics import find_nan
from lamina.nn import Module
from lamina.train.data import Batch, leaves
from lamina.train.objective import ClassWeights, Objective


class _Run(Module):
    """A model on its way to a loss."""

    def __init__(self, model: Module, loss_of: Callable[[Module], Any]) -> None:
        super().__init__()
        self.model = model
        self.loss_of = loss_of

    def forward(self) -> Any:
        return self.loss_of(self.model)


def _finite(tree: Any) -> bool:
    tensors = [leaf for leaf in leaves(tree) if isinstance(leaf, Tensor)]
    return all(bool(t.isfinite().all()) for t in tensors if t.is_floating_point())


def explain(
    model: Module, objective: Objective, batch: Batch, weights: ClassWeights | None, loss: Tensor
) -> str:
    """Return what made it: the data, a parameter, a layer, the loss, or a layer's gradient.

    The gradients are those that the model holds.
    """
    for part, value in zip(("the inputs x", "the targets y", "the weights"), batch, strict=True):
        if not _finite(value):
            return f"{part} hold it"
    if not _finite(loss):  # then so are all gradients, whatever made it
        model.zero_grad()
    found = find_nan(_Run(model, lambda model: objective(model, batch, weights, counted=False)[0]))
    if found is None:
        return "it did not come again"
    if not found.layer:
        return "the loss makes it of what the model returns, which is finite"
    return found.text.removeprefix("model.")
