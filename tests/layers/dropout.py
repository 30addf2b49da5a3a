"""Dropouts: in train mode chance decides, in eval mode nothing happens."""

from cases import fails, t

from layers import LayerCase, layer


def dropout(name, *shapes):
    return LayerCase(
        name,
        [layer(p, inputs=[t(*shape)]) for shape in shapes for p in (0.5, 0.1)],
        ref=lambda m, x: x,
        errors=[fails("between 0 and 1; got -0.5", -0.5), fails("between 0 and 1; got 2", p=2)],
        random=True,
    )


LAYERS = [
    dropout("Dropout", (3, 4), (), (0, 2)),
    dropout("Dropout1d", (2, 3, 4), (3, 4)),
    dropout("Dropout2d", (2, 3, 4, 5)),
    dropout("Dropout3d", (2, 3, 4, 2, 3), (3, 4, 2, 3)),
    dropout("AlphaDropout", (3, 4), ()),
    dropout("FeatureAlphaDropout", (2, 3, 4), (3, 4)),
]
