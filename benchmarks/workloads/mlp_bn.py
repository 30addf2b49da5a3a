"""A perceptron with batch normalization and dropout, as for tabular data."""

from __future__ import annotations

from typing import Any

from benchmarks.workloads.workload import Workload, cross_entropy


def _model(nn: Any) -> Any:
    def block(inputs: int) -> list[Any]:
        return [nn.Linear(inputs, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Dropout(0.2)]

    return nn.Sequential(*block(64), *block(256), nn.Linear(256, 2))


WORKLOAD = Workload(
    "mlp_bn",
    model=_model,
    loss=cross_entropy,
    optimizer=lambda optim, parameters: optim.AdamW(parameters, fused=True),
    inputs=(256, 64),
    classes=2,
    products=(64 * 256, 256 * 256, 512),
    rtol=0.2,  # everybody drops other units
)
