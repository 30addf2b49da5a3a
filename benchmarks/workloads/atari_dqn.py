"""The network of Mnih et al., "Human-level control through deep reinforcement learning" (2015)."""

from __future__ import annotations

from typing import Any

from benchmarks.workloads.workload import Workload, adam, cross_entropy


def _model(nn: Any) -> Any:
    return nn.Sequential(
        nn.Conv2d(4, 32, 8, 4),
        nn.ReLU(),
        nn.Conv2d(32, 64, 4, 2),
        nn.ReLU(),
        nn.Conv2d(64, 64, 3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3136, 512),
        nn.ReLU(),
        nn.Linear(512, 6),
    )


# Trained to imitate: the action of a screen, out of six.
WORKLOAD = Workload(
    "atari_dqn",
    model=_model,
    loss=cross_entropy,
    optimizer=adam,
    inputs=(32, 4, 84, 84),
    classes=6,
    products=(20 * 20 * 32 * 256, 9 * 9 * 64 * 512, 7 * 7 * 64 * 576, 3136 * 512, 512 * 6),
)
