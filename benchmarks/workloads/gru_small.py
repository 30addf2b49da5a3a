"""A small GRU over 30 steps that classifies sequences."""

from __future__ import annotations

from typing import Any

from benchmarks.workloads.workload import Workload, adam, cross_entropy


def _model(nn: Any) -> Any:
    class Classifier(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.recurrent = nn.GRU(16, 32, batch_first=True)
            self.head = nn.Linear(32, 4)

        def forward(self, x: Any) -> Any:
            return self.head(self.recurrent(x)[0][:, -1])

    return Classifier()


WORKLOAD = Workload(
    "gru_small",
    model=_model,
    loss=cross_entropy,
    optimizer=adam,
    inputs=(16, 30, 16),
    classes=4,
    products=(30 * 16 * 3 * 32, 30 * 32 * 3 * 32, 32 * 4),
)
