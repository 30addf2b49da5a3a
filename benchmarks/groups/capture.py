"""Training steps written with core ops and captured whole, beside PyTorch and JAX's jit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

import lamina as lm
from benchmarks.case import About, Case, Contender
from benchmarks.libraries import load_jax, torch

Array = np.ndarray


@dataclass(frozen=True)
class Workload:
    """A multi-layer perceptron trained by plain gradient descent."""

    name: str
    sizes: tuple[int, ...]
    batch: int
    activation: str
    binary: bool
    rate: float = 0.01

    def data(self) -> tuple[Array, Array]:
        """One batch of inputs and targets."""
        rng = np.random.default_rng(1)
        x = rng.standard_normal((self.batch, self.sizes[0])).astype(np.float32)
        if self.binary:
            return x, (rng.random((self.batch, 1)) > 0.5).astype(np.float32)
        return x, rng.integers(0, self.sizes[-1], self.batch)

    def parameters(self) -> list[Array]:
        """Weights of shape (in, out) and biases, layer by layer."""
        rng = np.random.default_rng(2)
        result = []
        for rows, columns in zip(self.sizes, self.sizes[1:], strict=False):
            bound = 1 / np.sqrt(rows)
            result.append(rng.uniform(-bound, bound, (rows, columns)).astype(np.float32))
            result.append(rng.uniform(-bound, bound, columns).astype(np.float32))
        return result


WORKLOADS = [
    Workload("xor_mlp", (2, 8, 1), 4, "tanh", binary=True),
    Workload("mlp_small", (784, 128, 10), 64, "relu", binary=False),
]


def _loss(lib: Any, workload: Workload, parameters: list[Any], x: Any, y: Any, zero: Any) -> Any:
    for i in range(0, len(parameters) - 2, 2):
        x = getattr(lib, workload.activation)(x @ parameters[i] + parameters[i + 1])
    z = x @ parameters[-2] + parameters[-1]
    if workload.binary:
        return (lib.logaddexp(z, zero) - z * y).mean()
    return -lib.log_softmax(z, -1).gather(1, y).mean()


def eager_step(lib: Any, workload: Workload, parameters: list[Any]) -> Callable[[Any, Any], Any]:
    """The step as one writes it in PyTorch, with lamina or PyTorch as `lib`."""
    zero = lib.tensor(np.zeros(1, np.float32))

    def step(x: Any, y: Any) -> Any:
        loss = _loss(lib, workload, parameters, x, y, zero)
        loss.backward()
        with lib.no_grad():
            for parameter in parameters:
                parameter.sub_(parameter.grad, alpha=workload.rate)
                parameter.grad = None
        return loss

    return step


def _tensors(lib: Any, workload: Workload) -> tuple[list[Any], Any, Any]:
    x, y = workload.data()
    y = y if workload.binary else y[:, None]
    parameters = [lib.tensor(p).requires_grad_() for p in workload.parameters()]
    return parameters, lib.tensor(x), lib.tensor(y)


def _eager(lib: Any, workload: Workload) -> Callable[[], Any]:
    parameters, x, y = _tensors(lib, workload)
    step = eager_step(lib, workload, parameters)
    return lambda: step(x, y)


def _compiled(workload: Workload) -> Callable[[], Any]:
    parameters, x, y = _tensors(lm, workload)
    step = lm.compile(eager_step(lm, workload, parameters))
    return lambda: step(x, y)


def _jitted(jax: Any, workload: Workload) -> Callable[[], Any]:
    jnp = jax.numpy

    def loss(parameters: list[Any], x: Any, y: Any) -> Any:
        for i in range(0, len(parameters) - 2, 2):
            function = jnp.tanh if workload.activation == "tanh" else jax.nn.relu
            x = function(x @ parameters[i] + parameters[i + 1])
        z = x @ parameters[-2] + parameters[-1]
        if workload.binary:
            return (jnp.logaddexp(z, 0.0) - z * y).mean()
        return -jnp.take_along_axis(jax.nn.log_softmax(z), y, 1).mean()

    @jax.jit
    def update(parameters: list[Any], x: Any, y: Any) -> Any:
        value, gradients = jax.value_and_grad(loss)(parameters, x, y)
        changed = [p - workload.rate * g for p, g in zip(parameters, gradients, strict=True)]
        return changed, value

    inputs, targets = workload.data()
    targets = targets if workload.binary else targets[:, None]
    x, y = jnp.asarray(inputs), jnp.asarray(targets)
    state = [jnp.asarray(p) for p in workload.parameters()]

    def run() -> Any:
        nonlocal state
        state, value = update(state, x, y)
        return value.block_until_ready()

    return run


def _value(result: Any) -> Array:
    return np.asarray(result.detach()) if hasattr(result, "detach") else np.asarray(result)


def _contenders(workload: Workload) -> dict[str, Contender]:
    contenders = {"lamina": _compiled(workload), "lamina eager": _eager(lm, workload)}
    if torch is not None:
        contenders["torch"] = _eager(torch, workload)
    if jax := load_jax():
        contenders["jax"] = _jitted(jax, workload)
    return contenders


def cases(_: str) -> Iterator[Case]:
    """Each workload; every contender takes its first step in the check, from the same weights."""
    for workload in WORKLOADS:
        products = sum(a * b for a, b in zip(workload.sizes, workload.sizes[1:], strict=False))
        flops = 2.0 * workload.batch * (3 * products - workload.sizes[0] * workload.sizes[1])
        yield Case(
            About("capture", workload.name, flops=flops),
            partial(_contenders, workload),
            to_numpy=_value,
        )
