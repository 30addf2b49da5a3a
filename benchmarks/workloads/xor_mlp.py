"""The tiniest network: XOR, batch 4."""

from __future__ import annotations

from typing import Any

from benchmarks.workloads.workload import Workload


def _model(nn: Any) -> Any:
    return nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))


WORKLOAD = Workload(
    "xor_mlp",
    model=_model,
    loss=lambda nn: nn.BCEWithLogitsLoss(),
    optimizer=lambda optim, parameters: optim.SGD(parameters, lr=0.1, fused=True),
    inputs=(4, 2),
    classes=0,
    products=(16, 8),
)
