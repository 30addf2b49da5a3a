"""Layers beyond PyTorch's; what `fit` learns is tested in test_scaling.py."""

import numpy as np
from cases import fails, t, values

from layers import LayerCase, layer


def maxout(m, x):
    pieces = x @ m.weight.T + (0 if m.bias is None else m.bias)
    return np.max(np.reshape(pieces.detach().numpy(), (*x.shape[:-1], -1, m.num_pieces)), -1)


def scaling(name):
    return LayerCase(
        name,
        [layer(4, inputs=[t(3, 4)]), layer((3, 1, 1), inputs=[t(2, 3, 4, 4)])],
        ref=lambda m, x: (x - m.shift) / m.scale,
        torch=None,
    )


LAYERS = [
    LayerCase(
        "Maxout",
        [
            layer(3, 4, inputs=[t(5, 3)]),
            layer(3, 2, 5, bias=False, inputs=[t(2, 4, 3)]),
            layer(3, 1, num_pieces=1, inputs=[t(3)]),
        ],
        ref=maxout,
        errors=[
            fails("at least one piece; got 0", 3, 4, 0),
            fails("last dimension is 3", 3, 4, inputs=[t(2, 4)]),
        ],
        large=[layer(300, 200, 3, inputs=[t(128, 300)])],
        torch=None,
    ),
    LayerCase(
        "Step",
        [
            layer(inputs=[t(3, 4)]),
            layer(inputs=[values([-2.0, -1e-30, -0.0, 0.0, 1e-30, np.nan], grad=False)]),
        ],
        ref=lambda m, x: np.heaviside(x.detach().numpy(), 1),
        torch=None,
    ),
    scaling("Standardize"),
    scaling("MinMaxScale"),
]
