"""Says where NaN or infinity comes from, in words, by one more eager look at a batch."""

from __future__ import annotations

from typing import Any

from lamina._core import Tensor
from lamina.nn import Module
from lamina.train.data import Batch, leaves
from lamina.train.objective import ClassWeights, Objective


def _finite(tree: Any) -> bool:
    tensors = [leaf for leaf in leaves(tree) if isinstance(leaf, Tensor)]
    return all(bool(t.isfinite().all()) for t in tensors if t.is_floating_point())


class _Look:
    """What the modules of one forward and backward pass return, in the order of the calls."""

    def __init__(self, model: Module) -> None:
        self.where = ""
        self.gradients: dict[str, bool] = {}  # of the modules' outputs: are they finite?
        self.handles = [
            module.register_forward_hook(self._hook(name))
            for name, module in model.named_modules()
            if not list(module.children())
        ]

    def _hook(self, name: str) -> Any:
        def hook(module: Module, args: Any, output: Any) -> None:
            place = f"{name} ({type(module).__name__})" if name else type(module).__name__
            if not self.where and not _finite(output):
                source = "finite" if _finite(args) else "not finite"
                self.where = f"layer {place} returned it, from inputs that are {source}"
            if isinstance(output, Tensor) and output.requires_grad:
                self.gradients[place] = True
                output.register_hook(lambda grad: self._note(place, grad))

        return hook

    def _note(self, place: str, grad: Tensor) -> None:
        self.gradients[place] = _finite(grad)

    def behind(self) -> str:
        """Return which layer's way back made the gradient NaN or infinite."""
        before = "the loss"
        for place, finite in reversed(self.gradients.items()):
            if not finite:
                return before
            before = f"layer {place}"
        return ""


def explain(
    model: Module, objective: Objective, batch: Batch, of_classes: ClassWeights | None
) -> str:
    """Return what made NaN or infinity of a batch: a parameter, the data, a layer, the loss."""
    for name, parameter in model.named_parameters():
        if not _finite(parameter):
            return f"the parameter {name} holds it"
    for part, value in zip(("the inputs x", "the targets y", "the weights"), batch, strict=True):
        if not _finite(value):
            return f"{part} hold it"
    look = _Look(model)
    model.zero_grad()
    try:
        loss, _ = objective(model, batch, of_classes, counted=False)
        if look.where:
            return look.where
        if not _finite(loss):
            return "the loss makes it of what the model returns, which is finite"
        loss.backward()
        if culprit := look.behind():
            return f"the way back through {culprit} made it, as a gradient"
        names = [n for n, p in model.named_parameters() if not _finite(p.grad)]
        return f"the gradient of {', '.join(names)} is not finite" if names else "it did not recur"
    finally:
        for handle in look.handles:
            handle.remove()
        model.zero_grad()
