"""A perceptron with one hidden layer on 784 inputs."""

from __future__ import annotations

from typing import Any

from benchmarks.workloads.workload import Workload, adam, cross_entropy


def _model(nn: Any) -> Any:
    return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


WORKLOAD = Workload(
    "mlp_small",
    model=_model,
    loss=cross_entropy,
    optimizer=adam,
    inputs=(64, 784),
    classes=10,
    products=(784 * 128, 1280),
)
