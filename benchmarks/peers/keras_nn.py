"""Keras on TensorFlow under PyTorch's names; images are kept channels last, as its kernels want."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf

from benchmarks.peers import weights
from benchmarks.workloads.workload import Array, Workload


def use_threads(threads: int) -> None:
    """Must come before anything is computed."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)


class Module:
    """Not a layer of Keras': calling it on a symbolic input adds its layers to the network."""

    def __call__(self, x: Any) -> Any:
        return self.forward(x)


class Part(Module, weights.Layer):
    """A layer of Keras'; `arrange` makes its arrays of PyTorch's."""

    def __init__(
        self, layer: Any, arrange: Callable[..., list[Array]], *shapes: tuple[int, ...]
    ) -> None:
        self.forward = layer
        self.arrange = arrange
        self.shapes = shapes
        self.announce()

    def load(self, *arrays: Array) -> None:
        self.forward.set_weights(self.arrange(*arrays))


class Sequential(Module):
    def __init__(self, *parts: Any) -> None:
        self.parts = parts

    def forward(self, x: Any) -> Any:
        for part in self.parts:
            x = part(x)
        return x


def _linear(inputs: int, outputs: int) -> Part:
    layer = keras.layers.Dense(outputs)
    return Part(layer, lambda weight, bias: [weight.T, bias], (outputs, inputs), (outputs,))


def _conv(
    inputs: int, outputs: int, size: int, stride: int = 1, padding: int = 0, bias: bool = True
) -> Sequential:
    layer = keras.layers.Conv2D(outputs, size, stride, use_bias=bias)
    shapes = [(outputs, inputs, size, size), (outputs,)]
    pad = [keras.layers.ZeroPadding2D(padding)] if padding else []
    if padding and stride == 1 and 2 * padding == size - 1:
        layer, pad = keras.layers.Conv2D(outputs, size, padding="same", use_bias=bias), []
    part = Part(layer, lambda weight, *b: [weight.transpose(2, 3, 1, 0), *b], *shapes[: 1 + bias])
    return Sequential(*pad, part)


def _batch_norm(features: int) -> Part:
    def arrange(weight: Array, bias: Array) -> list[Array]:
        return [np.ones_like(weight), bias, np.zeros_like(bias), np.ones_like(bias)]

    layer = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
    return Part(layer, arrange, (features,), (features,))


class Recurrent(Part):
    """Over (batch, time, features); returns a pair, as PyTorch's do."""

    def __call__(self, x: Any) -> Any:
        return self.forward(x), None


def _recurrent(kind: Any, order: list[int], inputs: int, hidden: int, batch_first: bool) -> Any:
    assert batch_first
    gates = len(order)

    def swap(array: Array) -> Array:
        return np.concatenate([np.split(array, gates)[i] for i in order])

    def arrange(inner: Array, outer: Array, bias: Array, other: Array) -> list[Array]:
        biases = bias if gates == 4 else np.stack([swap(bias), swap(other)])
        return [swap(inner).T, swap(outer).T, biases]

    size = gates * hidden
    shapes = [(size, inputs), (size, hidden), (size,), (size,)]
    return Recurrent(kind(hidden, return_sequences=True), arrange, *shapes)


class Function(Module):
    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.forward = function


nn = SimpleNamespace(
    Module=Module,
    Sequential=Sequential,
    Linear=_linear,
    Conv2d=_conv,
    BatchNorm1d=_batch_norm,
    BatchNorm2d=_batch_norm,
    LSTM=lambda *args, **kwargs: _recurrent(keras.layers.LSTM, [0, 1, 2, 3], *args, **kwargs),
    GRU=lambda *args, **kwargs: _recurrent(keras.layers.GRU, [1, 0, 2], *args, **kwargs),
    ReLU=lambda: Function(keras.ops.relu),
    Tanh=lambda: Function(keras.ops.tanh),
    Identity=lambda: Function(lambda x: x),
    Dropout=keras.layers.Dropout,
    MaxPool2d=keras.layers.MaxPooling2D,
    AdaptiveAvgPool2d=lambda size: keras.layers.GlobalAveragePooling2D(keepdims=True),
    # PyTorch's order of what is flattened, so that weights mean the same.
    Flatten=lambda: Sequential(keras.layers.Permute((3, 1, 2)), keras.layers.Flatten()),
    CrossEntropyLoss=lambda: keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    BCEWithLogitsLoss=lambda: keras.losses.BinaryCrossentropy(from_logits=True),
)
optim = SimpleNamespace(
    Adam=lambda parameters, fused: keras.optimizers.Adam(1e-3, epsilon=1e-8),
    AdamW=lambda parameters, fused: keras.optimizers.AdamW(1e-3, 1e-2, epsilon=1e-8),
    SGD=lambda parameters, lr, momentum=0.0, fused=False: keras.optimizers.SGD(lr, momentum),
)


def _batch(array: Array) -> Any:
    return tf.constant(array.transpose(0, 2, 3, 1) if array.ndim == 4 else array)


def _model(workload: Workload, batch: Any) -> Any:
    parts, layers = weights.build(workload, nn)
    symbol = keras.Input(batch.shape[1:])
    model = keras.Model(symbol, parts(symbol))
    weights.load(layers)
    return model


def step(workload: Workload) -> Callable[[], Any]:
    """A whole training step as a graph, without the costs of `fit` around it."""
    inputs, targets = workload.data()
    x, y = _batch(inputs), tf.constant(targets)
    model = _model(workload, x)
    optimizer = workload.optimizer(optim, None)
    optimizer.build(model.trainable_variables)
    loss_of = workload.loss(nn)

    @tf.function  # type: ignore[misc]
    def update(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            value = loss_of(y, model(x, training=True))
        optimizer.apply(tape.gradient(value, model.trainable_variables))
        return value

    return lambda: update(x, y).numpy()


def inference(workload: Workload, x: Array) -> Callable[[], Any]:
    """The network in eval mode as a graph."""
    batch = _batch(x)
    model = _model(workload, batch)
    run = tf.function(lambda x: model(x, training=False))
    return lambda: run(batch).numpy()
