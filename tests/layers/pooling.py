"""Pooling."""

import math

from cases import fails, t, values

import lamina.nn.functional as F
from layers import LayerCase, layer

INNER = {1: (9,), 2: (7, 6), 3: (5, 4, 6)}
HALF = {1: (4,), 2: (3, 2), 3: (2, 2, 2)}


def window(name):
    """Call the functional of max pooling as its module is set."""

    def pool(m, x):
        return getattr(F, name)(
            x, m.kernel_size, m.stride, m.padding, m.dilation, m.ceil_mode, m.return_indices
        )

    return pool


def mean(name, *more):
    def pool(m, x):
        own = (m.kernel_size, m.stride, m.padding, m.ceil_mode, m.count_include_pad)
        return getattr(F, name)(x, *own, *(getattr(m, key) for key in more))

    return pool


def places(axes):
    """Places of which none occurs twice."""
    count = math.prod(HALF[axes])
    flat = [i * 2**axes for i in range(count)]
    for n in reversed(HALF[axes][1:]):
        flat = [flat[i : i + n] for i in range(0, len(flat), n)]
    return values([[flat, flat]], "int64")


def rows(axes):
    inner, half = INNER[axes], HALF[axes]
    batch, one = t(2, 3, *inner), t(3, *inner)
    sizes = [2] * axes if axes > 1 else 2
    return [
        LayerCase(
            f"MaxPool{axes}d",
            [
                layer(2, inputs=[batch]),
                layer(3, 2, 1, ceil_mode=True, inputs=[one]),
                layer(2, 1, dilation=2, return_indices=True, inputs=[batch]),
            ],
            window(f"max_pool{axes}d"),
            errors=[fails("at most half", 2, 1, 2, inputs=[batch])],
            distinct=True,
        ),
        LayerCase(
            f"AvgPool{axes}d",
            [
                layer(2, inputs=[batch]),
                layer(3, 2, 1, True, False, inputs=[one]),
                *([layer(2, divisor_override=3, inputs=[batch])] if axes > 1 else []),
            ],
            mean(f"avg_pool{axes}d", *(["divisor_override"] if axes > 1 else [])),
            errors=[fails("fit the input", 99, inputs=[batch])],
        ),
        LayerCase(
            f"AdaptiveMaxPool{axes}d",
            [layer(2, inputs=[batch]), layer(sizes, True, inputs=[one])],
            lambda m, x: getattr(F, f"adaptive_max_pool{axes}d")(
                x, m.output_size, m.return_indices
            ),
            errors=[fails("at least 0", -1, inputs=[batch])],
            distinct=True,
        ),
        LayerCase(
            f"AdaptiveAvgPool{axes}d",
            [layer(1, inputs=[batch]), layer(sizes, inputs=[one])],
            lambda m, x: getattr(F, f"adaptive_avg_pool{axes}d")(x, m.output_size),
            errors=[fails("at least 0", -1, inputs=[batch])],
        ),
        LayerCase(
            f"LPPool{axes}d",
            [layer(2, 2, inputs=[batch]), layer(3.0, 3, 2, True, inputs=[one])],
            lambda m, x: getattr(F, f"lp_pool{axes}d")(
                x, m.norm_type, m.kernel_size, m.stride, m.ceil_mode
            ),
            domain=(0.5, 3),
        ),
        LayerCase(
            f"MaxUnpool{axes}d",
            [
                layer(2, inputs=[t(1, 2, *half), places(axes)]),
                layer(
                    2,
                    stride=2,
                    inputs=[t(1, 2, *half), places(axes)],
                    call={"output_size": [2 * n + 1 for n in half]},
                ),
            ],
            lambda m, x, index, output_size=None: getattr(F, f"max_unpool{axes}d")(
                x, index, m.kernel_size, m.stride, m.padding, output_size
            ),
            errors=[fails("indices of shape", 2, inputs=[t(2, 2, *half), places(axes)])],
        ),
    ]


def fractional(axes):
    name = f"fractional_max_pool{axes}d"
    image = t(2, 3, *(n + 2 for n in INNER[axes]))
    samples = t(2, 3, axes, domain=(0.1, 0.9))
    return LayerCase(
        f"FractionalMaxPool{axes}d",
        [
            layer(2, output_size=3, _random_samples=samples, inputs=[image]),
            layer(2, None, 0.5, return_indices=True, _random_samples=samples, inputs=[image]),
        ],
        lambda m, x: getattr(F, name)(
            x, m.kernel_size, m.output_size, m.output_ratio, m.return_indices, m._random_samples
        ),
        errors=[
            fails("either output_size or output_ratio", 2),
            fails("between 0 and 1", 2, output_ratio=1.5),
        ],
        distinct=True,
    )


LAYERS = [row for axes in INNER for row in rows(axes)] + [fractional(2), fractional(3)]
