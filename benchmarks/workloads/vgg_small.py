"""A VGG of three stages on 32x32 colour images."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from benchmarks.workloads.workload import Workload, adam, cross_entropy

WIDTHS = (3, 32, 64, 128)


def _model(nn: Any) -> Any:
    layers = []
    for before, width in pairwise(WIDTHS):
        for channels in (before, width):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10))


WORKLOAD = Workload(
    "vgg_small",
    model=_model,
    loss=cross_entropy,
    optimizer=adam,
    inputs=(32, 3, 32, 32),
    classes=10,
    products=(
        *(1024 * 9 * 32 * channels for channels in (3, 32)),
        *(256 * 9 * 64 * channels for channels in (32, 64)),
        *(64 * 9 * 128 * channels for channels in (64, 128)),
        1280,
    ),
)
