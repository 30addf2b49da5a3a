"""Trained models at work: called from many threads at once, and with ever new shapes."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import lamina as lm
from lamina import nn
from lamina.sklearn import NetClassifier


@pytest.fixture(autouse=True)
def hasty_switches():
    """Threads take turns within a call, not every 5 ms."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


IMAGES = np.random.default_rng(0).random((40, 1, 9, 9), np.float32)


def network():
    return nn.Sequential(
        *(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(2)),
        *(nn.Flatten(), nn.Dropout(0.5), nn.Linear(16, 3)),
    )


def module():
    model = network().eval()
    return lambda x: model(lm.tensor(x)).detach().numpy()


def compiled():
    model = lm.compile(network().eval())
    return lambda x: model(lm.tensor(x)).detach().numpy()


def trainer():
    made = lm.Trainer(network())  # in training, so that each call switches its mode

    def predict(x):
        return made.predict(x, batch_size=7).numpy()

    return predict


def estimator():
    net = NetClassifier(network, max_epochs=1).fit(IMAGES, np.arange(len(IMAGES)) % 3)
    return net.predict_proba


@pytest.mark.parametrize("make", [module, compiled, trainer, estimator])
def test_concurrent_inference_is_serial_inference_tensorflow_61298(make):
    lm.manual_seed(0)
    predict = make()
    inputs = [IMAGES[: 1 + size % len(IMAGES)] for size in range(0, 400, 13)]
    expected = [predict(x) for x in inputs]
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: [predict(x) for x in inputs], range(16)):
            for one, other in zip(found, expected, strict=True):
                np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("wrapped", [nn.Sequential, lm.compile])
def test_memory_stays_flat_over_a_thousand_shapes_pytorch_27971(wrapped):
    model = wrapped(network())

    def run(numbers):
        for number in numbers:
            model(lm.rand(1 + number % 3, 1, 5 + number % 25, 5 + number // 25)).sum().backward()
        model.zero_grad()
        return lm.memory_stats()["in_use"] + lm.memory_stats()["cached"]

    after_few = run(range(975, 1000))  # the largest first
    assert run(range(1000)) <= after_few + 2**16
