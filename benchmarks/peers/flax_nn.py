"""Flax and Optax under PyTorch's names; images are kept channels last, as XLA likes them."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from benchmarks.peers import weights
from benchmarks.workloads.workload import Array, Workload

_RNGS = nnx.Rngs(0)


class Module(nnx.Module):  # type: ignore[misc]
    def __call__(self, x: Any) -> Any:
        return self.forward(x)


class Part(Module, weights.Layer):
    """A layer of Flax's and the names of its parameters in it."""

    def __init__(self, layer: Any, *shapes: tuple[int, ...]) -> None:
        self.layer = layer
        self.shapes = shapes
        self.announce()

    def forward(self, x: Any) -> Any:
        return self.layer(x)

    def put(self, owner: Any, **arrays: Array) -> None:
        for name, array in arrays.items():
            getattr(owner, name)[...] = jnp.asarray(array)


class Linear(Part):
    def __init__(self, inputs: int, outputs: int) -> None:
        layer = nnx.Linear(inputs, outputs, rngs=_RNGS)
        super().__init__(layer, (outputs, inputs), (outputs,))

    def load(self, weight: Array, bias: Array) -> None:
        self.put(self.layer, kernel=weight.T, bias=bias)


class Conv2d(Part):
    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: int,
        stride: int = 1,
        padding: int = 0,
        bias: bool = True,
    ) -> None:
        layer = nnx.Conv(
            inputs,
            outputs,
            (size, size),
            strides=stride,
            padding=padding,
            use_bias=bias,
            rngs=_RNGS,
        )
        shapes = [(outputs, inputs, size, size), (outputs,)]
        super().__init__(layer, *shapes[: 1 + bias])

    def load(self, weight: Array, *bias: Array) -> None:
        self.put(
            self.layer,
            kernel=weight.transpose(2, 3, 1, 0),
            **dict(zip(["bias"], bias, strict=False)),
        )


class BatchNorm(Part):
    def __init__(self, features: int) -> None:
        layer = nnx.BatchNorm(features, momentum=0.9, rngs=_RNGS)
        super().__init__(layer, (features,), (features,))

    def load(self, weight: Array, bias: Array) -> None:
        self.put(self.layer, scale=np.ones_like(weight), bias=bias)


class Recurrent(Part):
    """Over (batch, time, features); returns a pair, as PyTorch's do."""

    def __init__(self, cell: Any, gates: int, inputs: int, hidden: int, batch_first: bool) -> None:
        assert batch_first
        shapes = [(gates * hidden, inputs), (gates * hidden, hidden)]
        super().__init__(nnx.RNN(cell), *shapes, (gates * hidden,), (gates * hidden,))

    def forward(self, x: Any) -> Any:
        return self.layer(x), None

    def load(self, inner: Array, outer: Array, *biases: Array) -> None:
        cell = self.layer.cell
        self.put(cell.dense_i, kernel=inner.T)
        self.put(cell.dense_h, kernel=outer.T)


def _lstm(inputs: int, hidden: int, batch_first: bool) -> Recurrent:
    cell = nnx.OptimizedLSTMCell(inputs, hidden, rngs=_RNGS)
    return Recurrent(cell, 4, inputs, hidden, batch_first)


def _gru(inputs: int, hidden: int, batch_first: bool) -> Recurrent:
    return Recurrent(nnx.GRUCell(inputs, hidden, rngs=_RNGS), 3, inputs, hidden, batch_first)


class Function(Module):
    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.forward = function


def _flatten(x: Any) -> Any:
    return x.transpose(0, 3, 1, 2).reshape(len(x), -1) if x.ndim == 4 else x


def _sequential(*parts: Any) -> Any:
    return nnx.Sequential(*parts)


nn = SimpleNamespace(
    Module=Module,
    Sequential=_sequential,
    Linear=Linear,
    Conv2d=Conv2d,
    BatchNorm1d=BatchNorm,
    BatchNorm2d=BatchNorm,
    LSTM=_lstm,
    GRU=_gru,
    ReLU=lambda: Function(jax.nn.relu),
    Tanh=lambda: Function(jnp.tanh),
    Identity=lambda: Function(lambda x: x),
    Dropout=lambda p: nnx.Dropout(p, rngs=_RNGS),
    MaxPool2d=lambda n: Function(lambda x: nnx.max_pool(x, (n, n), (n, n))),
    AdaptiveAvgPool2d=lambda size: Function(lambda x: x.mean((1, 2), keepdims=True)),
    Flatten=lambda: Function(_flatten),
    CrossEntropyLoss=lambda: (
        lambda z, y: optax.softmax_cross_entropy_with_integer_labels(z, y).mean()
    ),
    BCEWithLogitsLoss=lambda: lambda z, y: optax.sigmoid_binary_cross_entropy(z, y).mean(),
)
optim = SimpleNamespace(
    Adam=lambda parameters, fused: optax.adam(1e-3),
    AdamW=lambda parameters, fused: optax.adamw(1e-3, weight_decay=1e-2),
    SGD=lambda parameters, lr, momentum=None, fused=False: optax.sgd(lr, momentum),
)


def _batch(array: Array) -> Any:
    return jnp.asarray(array.transpose(0, 2, 3, 1) if array.ndim == 4 else array)


def step(workload: Workload) -> Callable[[], Any]:
    """A whole training step under jit, its state given back to it."""
    model, layers = weights.build(workload, nn)
    weights.load(layers)
    model.train()
    graph, parameters, rest = nnx.split(model, nnx.Param, ...)
    optimizer = workload.optimizer(optim, None)
    loss_of = workload.loss(nn)

    def loss(parameters: Any, rest: Any, x: Any, y: Any) -> Any:
        merged = nnx.merge(graph, parameters, rest, copy=True)
        value = loss_of(merged(x), y)
        return value, nnx.state(merged, nnx.Not(nnx.Param))

    state = (parameters, rest, optimizer.init(parameters))
    leaves, tree = jax.tree.flatten(state)  # lists of arrays are what jit takes fastest

    def update(leaves: list[Any], x: Any, y: Any) -> Any:
        parameters, rest, moments = jax.tree.unflatten(tree, leaves)
        (value, rest), grads = jax.value_and_grad(loss, has_aux=True)(parameters, rest, x, y)
        changes, moments = optimizer.update(grads, moments, parameters)
        new = (optax.apply_updates(parameters, changes), rest, moments)
        return jax.tree.leaves(new), value

    jitted = jax.jit(update, donate_argnums=0)
    inputs, targets = workload.data()
    x, y = _batch(inputs), jnp.asarray(targets)

    def run() -> Any:
        nonlocal leaves
        leaves, value = jitted(leaves, x, y)
        return value.block_until_ready()

    return run


def inference(workload: Workload, x: Array) -> Callable[[], Any]:
    """The network in eval mode under jit."""
    model, layers = weights.build(workload, nn)
    weights.load(layers)
    model.eval()
    graph, state = nnx.split(model)
    leaves, tree = jax.tree.flatten(state)
    jitted = jax.jit(lambda leaves, x: nnx.merge(graph, jax.tree.unflatten(tree, leaves))(x))
    batch = _batch(x)
    return lambda: jitted(leaves, batch).block_until_ready()
