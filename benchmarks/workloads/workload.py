"""What a workload is: a network, its loss, its optimizer and one batch, for either library."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class Workload:
    """`model` and `loss` get `lib.nn`, `optimizer` gets `lib.optim` and the parameters."""

    name: str
    model: Callable[[Any], Any]
    loss: Callable[[Any], Any]
    optimizer: Callable[[Any, Any], Any]
    inputs: tuple[int, ...]  # of a batch
    classes: int  # 0: one logit a sample, to be 0 or 1
    products: tuple[int, ...]  # multiplications a sample of each layer, from the first on
    rtol: float = 1e-3  # of the first loss

    @property
    def flops(self) -> float:
        """Those of the products of a step; the first layer's input needs no gradient."""
        return 2.0 * self.inputs[0] * (3 * sum(self.products) - self.products[0])

    def data(self) -> tuple[Array, Array]:
        """One batch of inputs and targets."""
        rng = np.random.default_rng(1)
        x = rng.standard_normal(self.inputs).astype(np.float32)
        if self.classes:
            return x, rng.integers(0, self.classes, self.inputs[0])
        return x, (rng.random((self.inputs[0], 1)) > 0.5).astype(np.float32)

    def prepare(self, lib: Any) -> tuple[Any, Any, Any]:
        """The network with weights that are the same for every library, and the batch."""
        model = self.model(lib.nn)
        shapes = [tuple(parameter.shape) for parameter in model.parameters()]
        with lib.no_grad():
            for parameter, weights in zip(model.parameters(), first_weights(shapes), strict=True):
                if parameter.mean() != 1:  # the scales of normalization stay
                    parameter.copy_(lib.tensor(weights))
        x, y = self.data()
        return model, lib.tensor(x), lib.tensor(y)


def first_weights(shapes: list[tuple[int, ...]]) -> Iterator[Array]:
    """The weights with which every library begins: uniform matrices and filters, no biases."""
    rng = np.random.default_rng(2)
    for shape in shapes:
        bound = float(np.prod(shape[1:])) ** -0.5 if len(shape) > 1 else 0.0
        yield rng.uniform(-bound, bound, shape).astype(np.float32)


def cross_entropy(nn: Any) -> Any:
    """The loss of classifiers."""
    return nn.CrossEntropyLoss()


def adam(optim: Any, parameters: Any) -> Any:
    """Adam as everybody uses it, in its fastest form."""
    return optim.Adam(parameters, fused=True)


def momentum(optim: Any, parameters: Any) -> Any:
    """Gradient descent with momentum, in its fastest form."""
    return optim.SGD(parameters, lr=0.01, momentum=0.9, fused=True)
