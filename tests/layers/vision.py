"""Images: resampling, shuffling, folding."""

from cases import fails, t

import lamina.nn.functional as F
from layers import LayerCase, layer

IMAGE = t(2, 3, 5, 6)


def upsample(m, x):
    return F.interpolate(
        x, m.size, m.scale_factor, m.mode, m.align_corners, m.recompute_scale_factor
    )


LAYERS = [
    LayerCase(
        "Upsample",
        [
            layer(7, inputs=[t(2, 3, 4)]),
            layer(scale_factor=2, mode="bilinear", inputs=[IMAGE]),
            layer((4, 9), mode="bicubic", align_corners=True, inputs=[IMAGE]),
            layer(scale_factor=(2, 1.5, 1.5), mode="trilinear", inputs=[t(1, 2, 3, 4, 2)]),
        ],
        upsample,
        errors=[fails("either size or scale_factor", inputs=[IMAGE])],
        tol=4,  # of coordinates, as in the row of interpolate
        torch_tol=4,
    ),
    LayerCase(
        "UpsamplingNearest2d",
        [layer(7, inputs=[IMAGE]), layer(scale_factor=2, inputs=[IMAGE])],
        upsample,
    ),
    LayerCase(
        "UpsamplingBilinear2d",
        [layer((7, 4), inputs=[IMAGE]), layer(scale_factor=2, inputs=[IMAGE])],
        upsample,
        tol=4,
        torch_tol=4,
    ),
    LayerCase(
        "Unfold",
        [layer(3, inputs=[IMAGE]), layer((2, 3), 1, 1, (2, 1), inputs=[t(3, 5, 6)])],
        lambda m, x: F.unfold(x, m.kernel_size, m.dilation, m.padding, m.stride),
        errors=[fails("fit the image", 9, inputs=[IMAGE])],
    ),
    LayerCase(
        "Fold",
        [layer((5, 6), 3, inputs=[t(2, 27, 12)]), layer(4, 2, 1, 1, 2, inputs=[t(8, 9)])],
        lambda m, x: F.fold(x, m.output_size, m.kernel_size, m.dilation, m.padding, m.stride),
        errors=[fails("in multiples", 4, 2, inputs=[t(2, 7, 9)])],
    ),
    LayerCase(
        "PixelShuffle",
        [layer(2, inputs=[t(2, 8, 3, 4)])],
        lambda m, x: F.pixel_shuffle(x, m.upscale_factor),
        errors=[fails("in multiples", 2, inputs=[t(2, 7, 3, 4)])],
    ),
    LayerCase(
        "PixelUnshuffle",
        [layer(2, inputs=[t(2, 2, 6, 4)])],
        lambda m, x: F.pixel_unshuffle(x, m.downscale_factor),
        errors=[fails("in multiples", 2, inputs=[t(2, 2, 5, 4)])],
    ),
    LayerCase(
        "ChannelShuffle",
        [layer(3, inputs=[t(2, 6, 4)])],
        lambda m, x: F.channel_shuffle(x, m.groups),
        errors=[fails("in multiples", 2, inputs=[t(2, 7, 4)])],
    ),
]
