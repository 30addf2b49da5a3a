"""Convolutions and their transposes."""

from cases import fails, t

from lamina.nn import functional as F
from layers import LayerCase, layer


def convolution(dims):
    """The function with the layer's parameters; padded by hand where not with zeros."""

    def reference(m, x):
        function = getattr(F, f"conv{dims}d")
        padding = m.padding
        if m.padding_mode != "zeros":
            x = F.pad(x, [p for p in reversed(padding) for _ in range(2)], mode=m.padding_mode)
            padding = 0
        return function(x, m.weight, m.bias, m.stride, padding, m.dilation, m.groups)

    return reference


def transposed(dims):
    def reference(m, x, output_size=None):
        function = getattr(F, f"conv_transpose{dims}d")
        whole = function(x, m.weight, m.bias, m.stride, m.padding, 0, m.groups, m.dilation)
        extra = m.output_padding
        if output_size is not None:
            each = zip(output_size[-dims:], whole.shape[-dims:], strict=True)
            extra = [wanted - size for wanted, size in each]
        return function(x, m.weight, m.bias, m.stride, m.padding, extra, m.groups, m.dilation)

    return reference


LAYERS = [
    LayerCase(
        "Conv1d",
        [
            layer(3, 4, 3, inputs=[t(2, 3, 9)]),
            layer(4, 6, 2, stride=2, padding=1, dilation=2, groups=2, bias=False, inputs=[t(4, 9)]),
            layer(2, 3, 3, padding=1, padding_mode="circular", inputs=[t(2, 2, 6)]),
            layer(2, 3, 3, padding=(2,), padding_mode="reflect", inputs=[t(2, 2, 6)]),
            layer(2, 3, 4, padding="same", inputs=[t(2, 2, 6)]),
        ],
        ref=convolution(1),
        errors=[fails("2 dimensions, or 3 with a batch", 3, 4, 3, inputs=[t(2, 3, 9, 9)])],
    ),
    LayerCase(
        "Conv2d",
        [
            layer(3, 6, 3, padding=1, inputs=[t(2, 3, 8, 9)]),
            layer(3, 2, (3, 2), stride=(2, 1), inputs=[t(3, 7, 6)]),
            layer(4, 4, 3, groups=4, dilation=2, bias=False, inputs=[t(1, 4, 7, 7)]),
            layer(2, 3, 3, padding=(1, 2), padding_mode="replicate", inputs=[t(2, 2, 5, 5)]),
            layer(2, 3, (2, 3), padding="same", inputs=[t(2, 2, 5, 5)]),
            layer(2, 3, 2, padding="valid", inputs=[t(0, 2, 5, 5)]),
        ],
        ref=convolution(2),
        errors=[
            fails("positive number of groups; got 0", 4, 4, 3, groups=0),
            fails("in_channels that are divisible by groups=2; got 3", 3, 4, 3, groups=2),
            fails("out_channels that are divisible by groups=2; got 3", 4, 3, 3, groups=2),
            fails("'same', 'valid' or numbers; got 'full'", 4, 4, 3, padding="full"),
            fails("stride of 1 with padding='same'", 4, 4, 3, stride=2, padding="same"),
            fails("padding_mode of .*; got 'mirror'", 4, 4, 3, padding_mode="mirror"),
            fails(r"3 channels; got shape \(1, 2, 5, 5\)", 3, 4, 3, inputs=[t(1, 2, 5, 5)]),
        ],
        large=[layer(16, 24, 3, padding=1, inputs=[t(8, 16, 16, 16)])],
    ),
    LayerCase(
        "Conv3d",
        [
            layer(2, 3, 2, padding=1, inputs=[t(2, 2, 3, 4, 3)]),
            layer(2, 4, (1, 2, 3), stride=(1, 2, 1), groups=2, inputs=[t(2, 3, 4, 5)]),
            layer(1, 2, 3, padding=1, padding_mode="circular", inputs=[t(1, 1, 3, 3, 3)]),
        ],
        ref=convolution(3),
    ),
    LayerCase(
        "ConvTranspose1d",
        [
            layer(3, 4, 3, inputs=[t(2, 3, 5)]),
            layer(4, 6, 3, 3, 1, 2, 2, False, 2, inputs=[t(4, 5)]),
        ],
        ref=transposed(1),
        errors=[fails("padding_mode of .*; got 'circular'", 3, 4, 3, padding_mode="circular")],
    ),
    LayerCase(
        "ConvTranspose2d",
        [
            layer(3, 4, 3, stride=2, padding=1, inputs=[t(2, 3, 4, 5)]),
            layer(3, 2, (2, 3), stride=(1, 2), output_padding=(0, 1), inputs=[t(3, 4, 5)]),
            layer(3, 4, 3, 2, 1, inputs=[t(2, 3, 4, 5)], call={"output_size": (8, 9)}),
            layer(3, 4, 3, 2, inputs=[t(3, 4, 5)], call={"output_size": (4, 10, 12)}),
        ],
        ref=transposed(2),
        errors=[
            fails("output_size of 2 or 4 numbers; got 1", 3, 4, 3, inputs=[t(1, 3, 4, 5), (9,)]),
            fails(
                r"from \[9, 11\] to \[10, 12\]; got", 3, 4, 3, 2, inputs=[t(1, 3, 4, 5), (9, 13)]
            ),
        ],
        large=[layer(32, 20, 4, stride=2, padding=1, inputs=[t(4, 32, 16, 16)])],
    ),
    LayerCase(
        "ConvTranspose3d",
        [layer(2, 3, 2, stride=2, inputs=[t(1, 2, 3, 2, 3)])],
        ref=transposed(3),
    ),
    LayerCase("LazyConv1d", [layer(4, 3, inputs=[t(2, 3, 9)])], convolution(1)),
    LayerCase(
        "LazyConv2d",
        [
            layer(4, 3, padding=1, inputs=[t(2, 3, 5, 6)]),
            layer(4, 3, groups=2, bias=False, inputs=[t(2, 5, 6)]),
        ],
        convolution(2),
    ),
    LayerCase("LazyConv3d", [layer(4, 2, inputs=[t(2, 3, 3, 4, 3)])], convolution(3)),
    LayerCase("LazyConvTranspose1d", [layer(4, 3, inputs=[t(2, 3, 9)])], transposed(1)),
    LayerCase(
        "LazyConvTranspose2d",
        [layer(4, 3, stride=2, groups=2, inputs=[t(2, 6, 3, 4)])],
        transposed(2),
    ),
    LayerCase("LazyConvTranspose3d", [layer(4, 2, inputs=[t(2, 3, 3, 2, 3)])], transposed(3)),
]
