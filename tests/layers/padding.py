"""Padding."""

from cases import fails, t

import lamina.nn.functional as F
from layers import LayerCase, layer

INNER = {1: (5,), 2: (5, 4), 3: (3, 4, 5)}
AMOUNTS = (1, 2, 2, 0, 1, 1)


def mode_of(name):
    names = {"Circular": "circular", "Reflection": "reflect", "Replication": "replicate"}
    return names.get(name, "constant")


def row(name, axes):
    extra = (0.5,) if name == "Constant" else ()
    mode = mode_of(name)
    inputs = [t(2, 3, *INNER[axes])]
    return LayerCase(
        f"{name}Pad{axes}d",
        [
            layer(1, *extra, inputs=inputs),
            layer(AMOUNTS[: 2 * axes], *extra, inputs=[t(3, *INNER[axes])]),
        ],
        lambda m, x: F.pad(x, m.padding, mode, *([m.value] if extra else [])),
        errors=[fails("crop", -9, *extra, inputs=inputs)],
    )


LAYERS = [
    row(name, axes)
    for name in ("Circular", "Constant", "Reflection", "Replication", "Zero")
    for axes in (1, 2, 3)
]
