"""The ResNet of eight layers for 32x32 colour images."""

from __future__ import annotations

from typing import Any

from benchmarks.workloads.workload import Workload, cross_entropy, momentum


def _model(nn: Any) -> Any:
    class Block(nn.Module):  # type: ignore[misc]
        def __init__(self, inputs: int, outputs: int, stride: int) -> None:
            super().__init__()
            self.body = nn.Sequential(
                nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False),
                nn.BatchNorm2d(outputs),
                nn.ReLU(),
                nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
                nn.BatchNorm2d(outputs),
            )
            self.shortcut = nn.Identity()
            if stride != 1:
                self.shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.relu = nn.ReLU()

        def forward(self, x: Any) -> Any:
            return self.relu(self.body(x) + self.shortcut(x))

    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        Block(16, 16, 1),
        Block(16, 32, 2),
        Block(32, 64, 2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, 10),
    )


WORKLOAD = Workload(
    "resnet8",
    model=_model,
    loss=cross_entropy,
    optimizer=momentum,
    inputs=(32, 3, 32, 32),
    classes=10,
    products=(
        1024 * 27 * 16,
        2 * 1024 * 9 * 16 * 16,
        256 * (9 * 16 * 32 + 9 * 32 * 32 + 16 * 32),
        64 * (9 * 32 * 64 + 9 * 64 * 64 + 32 * 64),
        640,
    ),
)
