"""An LSTM over 50 steps that classifies sequences."""

from __future__ import annotations

from typing import Any

from benchmarks.workloads.workload import Workload, adam, cross_entropy


def _model(nn: Any) -> Any:
    class Classifier(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.recurrent = nn.LSTM(32, 128, batch_first=True)
            self.head = nn.Linear(128, 10)

        def forward(self, x: Any) -> Any:
            return self.head(self.recurrent(x)[0][:, -1])

    return Classifier()


WORKLOAD = Workload(
    "lstm",
    model=_model,
    loss=cross_entropy,
    optimizer=adam,
    inputs=(32, 50, 32),
    classes=10,
    products=(50 * 32 * 4 * 128, 50 * 128 * 4 * 128, 128 * 10),
)
