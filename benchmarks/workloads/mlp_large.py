"""A perceptron with two wide hidden layers on 784 inputs."""

from __future__ import annotations

from typing import Any

from benchmarks.workloads.workload import Workload, adam, cross_entropy


def _model(nn: Any) -> Any:
    return nn.Sequential(
        nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10)
    )


WORKLOAD = Workload(
    "mlp_large",
    model=_model,
    loss=cross_entropy,
    optimizer=adam,
    inputs=(128, 784),
    classes=10,
    products=(784 * 512, 512 * 256, 2560),
)
