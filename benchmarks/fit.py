"""`python -m benchmarks.fit`: an epoch on arrays in memory, by Trainer.fit and by others.

Each contender has a process of its own, and they take turns: 60,000 x 784 in batches of 64 through
784-128-10 with ReLU, cross-entropy and Adam.
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from benchmarks import contest, libraries

SAMPLES, BATCH = 60_000, 64
Epoch = Callable[[], object]


def data() -> tuple[np.ndarray, np.ndarray]:
    """What looks like MNIST."""
    rng = np.random.default_rng(0)
    x = rng.random((SAMPLES, 784), np.float32)
    return x, rng.integers(0, 10, SAMPLES)


def _network(nn: Any) -> Any:
    return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


def lamina_fit(x: np.ndarray, y: np.ndarray) -> Epoch:
    import lamina as lm

    trainer = lm.Trainer(_network(lm.nn))
    return lambda: trainer.fit(x, y, batch_size=BATCH, verbose=0)


def lamina_steps(x: np.ndarray, y: np.ndarray) -> Epoch:
    """The bare compiled steps, on batches that need no gathering."""
    import lamina as lm

    model = _network(lm.nn)
    optimizer = lm.optim.Adam(model.parameters())

    @lm.compile
    def step(x: Any, y: Any) -> None:
        optimizer.zero_grad()
        lm.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

    whole_x, whole_y = lm.from_numpy(x), lm.from_numpy(y)

    def epoch() -> None:
        for start in range(0, SAMPLES, BATCH):
            step(whole_x[start : start + BATCH], whole_y[start : start + BATCH])

    return epoch


def torch_loop(x: np.ndarray, y: np.ndarray) -> Epoch:
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    model = _network(torch.nn)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    dataset = TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
    loader = DataLoader(dataset, BATCH, shuffle=True)

    def epoch() -> None:
        for batch, target in loader:
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(batch), target).backward()
            optimizer.step()

    return epoch


def keras_fit(x: np.ndarray, y: np.ndarray) -> Epoch:
    import keras

    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((784,)), layers.Dense(128, activation="relu"), layers.Dense(10)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    return lambda: model.fit(x, y, batch_size=BATCH, verbose=0)


def sklearn_fit(x: np.ndarray, y: np.ndarray) -> Epoch:
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier((128,), batch_size=BATCH)
    return lambda: model.partial_fit(x, y, classes=range(10))


CONTENDERS = {
    "lamina fit": lamina_fit,
    "lamina steps": lamina_steps,
    "torch loop": torch_loop,
    "keras fit": keras_fit,
    "sklearn fit": sklearn_fit,
}


def serve(told: Connection, name: str, threads: int) -> None:
    """Run an epoch whenever asked, and say how long it took."""
    libraries.pin(threads)
    epoch = CONTENDERS[name](*data())
    epoch()
    told.send("ready")
    while told.recv():
        begin = time.perf_counter()
        epoch()
        told.send(time.perf_counter() - begin)


def start(name: str, threads: int) -> Connection:
    """Start a contender's process and wait until it is warm."""
    context = multiprocessing.get_context("spawn")
    end, other = context.Pipe()
    process = context.Process(target=serve, args=(other, name, threads), daemon=True)
    with contest.environment_of(name.split()[0], threads):
        process.start()
    end.recv()
    return end


def main() -> None:
    """Measure and print a line a contender."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fit", description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    names = [n for n in CONTENDERS if importlib.util.find_spec(n.split()[0])]
    ends = {name: start(name, chosen.threads) for name in names}
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(chosen.rounds):
        for name, end in ends.items():
            time.sleep(contest.SETTLE_SECONDS)
            end.send(True)
            seconds[name].append(end.recv())
    for end in ends.values():
        end.send(False)
    own = statistics.median(seconds["lamina fit"])
    for name, times in seconds.items():
        median = statistics.median(times)
        print(f"{name:<14} {median:6.3f} s an epoch  {median / own:5.2f} x Trainer.fit's")


if __name__ == "__main__":
    main()
