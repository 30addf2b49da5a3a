"""How a trainer calls a model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lamina.autograd import no_grad
from lamina.nn import Module


def call(model: Module, x: Any) -> Any:
    """Call a model on its inputs: a tuple as its arguments, a dict by their names."""
    if isinstance(x, dict):
        return model(**x)
    return model(*x) if isinstance(x, tuple) else model(x)


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """Switch a model to evaluation, without gradients, and each of its modules back."""
    training = [module for module in model.modules() if module.training]
    if training:
        model.eval()
    try:
        with no_grad():
            yield
    finally:
        for module in training:
            module.training = True
