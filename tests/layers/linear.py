"""Linear maps, and modules that move numbers without computing."""

from cases import fails, t

from layers import LayerCase, layer


def linear(m, x):
    y = x @ m.weight.T
    return y if m.bias is None else y + m.bias


def bilinear(m, a, b):
    y = (a[..., None, :, None] * m.weight * b[..., None, None, :]).sum((-2, -1))
    return y if m.bias is None else y + m.bias


LAYERS = [
    LayerCase(
        "Linear",
        [
            layer(3, 4, inputs=[t(5, 3)]),
            layer(3, 4, bias=False, inputs=[t(3)]),
            layer(in_features=3, out_features=1, inputs=[t(2, 5, 3)]),
            layer(33, 17, inputs=[t(0, 33)]),
        ],
        ref=linear,
        errors=[
            fails(r"last dimension is 3; got shape \(5, 2\)", 3, 4, inputs=[t(5, 2)]),
            fails(r"\(in Linear\)", 3, 4, inputs=[t(5, 2)]),
        ],
        large=[layer(300, 200, inputs=[t(128, 300)])],
    ),
    LayerCase("LazyLinear", [layer(4, inputs=[t(5, 3)]), layer(4, False, inputs=[t(3)])], linear),
    LayerCase(
        "Bilinear",
        [
            layer(3, 4, 5, inputs=[t(6, 3), t(6, 4)]),
            layer(3, 4, 2, bias=False, inputs=[t(2, 3, 3), t(2, 3, 4)]),
            layer(1, 1, 1, inputs=[t(1), t(1)]),
        ],
        ref=bilinear,
        errors=[
            fails("in1_features.*got 0", 0, 4, 5),
            fails(r"\(6, 3\) and \(6, 2\)", 3, 4, 5, inputs=[t(6, 3), t(6, 2)]),
        ],
        large=[layer(40, 50, 30, inputs=[t(64, 40), t(64, 50)])],
    ),
    LayerCase(
        "Identity",
        [layer(inputs=[t(3, 4)]), layer(54, unused=True, inputs=[t()])],
        ref=lambda m, x: x,
    ),
    LayerCase(
        "Flatten",
        [
            layer(inputs=[t(2, 3, 4)]),
            layer(0, inputs=[t(2, 3)]),
            layer(1, 2, inputs=[t(2, 3, 4, 5)]),
            layer(0, inputs=[t()]),
        ],
        ref=lambda m, x: x.flatten(m.start_dim, m.end_dim),
    ),
    LayerCase(
        "Unflatten",
        [
            layer(1, (2, 3), inputs=[t(4, 6)]),
            layer(-1, [2, -1], inputs=[t(6)]),
        ],
        ref=lambda m, x: x.unflatten(m.dim, m.unflattened_size),
        errors=[
            fails("tuple of ints; got 6", 1, 6, error=TypeError),
            fails("tuple of ints; got .*2.0", 1, (2.0, 3), error=TypeError),
        ],
    ),
]
