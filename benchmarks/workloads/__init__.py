"""The networks that are raced, from the tiniest on: a file each, and its name here."""

from __future__ import annotations

import importlib

NAMES = (
    "xor_mlp",
    "mlp_small",
    "mlp_large",
    "mlp_bn",
    "lenet",
    "vgg_small",
    "resnet8",
    "lstm",
    "gru_small",
    "atari_dqn",
)
WORKLOADS = [importlib.import_module(f"{__name__}.{name}").WORKLOAD for name in NAMES]
