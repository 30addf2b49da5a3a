"""LeNet-5 on 28x28 images."""

from __future__ import annotations

from typing import Any

from benchmarks.workloads.workload import Workload, cross_entropy, momentum


def _model(nn: Any) -> Any:
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, 10),
    )


WORKLOAD = Workload(
    "lenet",
    model=_model,
    loss=cross_entropy,
    optimizer=momentum,
    inputs=(64, 1, 28, 28),
    classes=10,
    products=(28 * 28 * 6 * 25, 10 * 10 * 16 * 150, 400 * 120, 120 * 84, 840),
)
