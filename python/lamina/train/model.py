"""How a trainer calls a model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from lamina.autograd import no_grad
from lamina.nn import Module


def call(model: Module, x: Any) -> Any:
    """Call a model on its inputs: a tuple as its arguments, a dict by their names."""
    if isinstance(x, dict):
        return model(**x)
    return model(*x) if isinstance(x, tuple) else model(x)


# Which models are evaluated now: by how many at once, and which modules to switch back.
_evaluated: dict[int, tuple[int, list[Module]]] = {}
_lock = Lock()


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """Switch a model to evaluation, without gradients, and each of its modules back.

    Of several threads that do so at once the last one switches back.
    """
    with _lock:
        users, training = _evaluated.get(id(model), (0, []))
        if not users:
            training = [module for module in model.modules() if module.training]
            if training:
                model.eval()
        _evaluated[id(model)] = users + 1, training
    try:
        with no_grad():
            yield
    finally:
        with _lock:
            users, training = _evaluated.pop(id(model))
            if users > 1:
                _evaluated[id(model)] = users - 1, training
            else:
                for module in training:
                    module.training = True
