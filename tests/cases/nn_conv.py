"""Convolutions and their transposes; that they are exact on integers is test_conv_exact's."""

import numpy as np

from cases import OpCase, call, fails, ours_alone, t


def each(value, dims):
    return (value,) * dims if isinstance(value, int) else tuple(value) * (dims // len(value))


def around(padding, kernel, dilation):
    """The zeros before and after each dimension."""
    if padding == "valid":
        return [(0, 0) for _ in kernel]
    if padding == "same":
        whole = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        return [(n // 2, n - n // 2) for n in whole]
    return [(p, p) for p in each(padding, len(kernel))]


def conv(dims):
    """Tap by tap: each multiplies a strided window of the padded input."""

    def reference(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        if x.ndim == dims + 1:
            return reference(x[None], weight, bias, stride, padding, dilation, groups)[0]
        kernel, stride, dilation = weight.shape[2:], each(stride, dims), each(dilation, dims)
        x = np.pad(x, [(0, 0), (0, 0), *around(padding, kernel, dilation)])
        reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
        space = zip(x.shape[2:], reach, stride, strict=True)
        out = np.zeros((x.shape[0], len(weight), *[(n - r) // s + 1 for n, r, s in space]))
        filters, channels = len(weight) // groups, weight.shape[1]
        for tap in np.ndindex(*kernel):
            window = x[(..., *windows(tap, stride, dilation, out.shape[2:]))]
            for g in range(groups):
                own = slice(g * filters, (g + 1) * filters)
                part = window[:, g * channels : (g + 1) * channels]
                out[:, own] += np.einsum("fc,nc...->nf...", weight[(own, slice(None), *tap)], part)
        return out if bias is None else out + bias.reshape(-1, *[1] * dims)

    return reference


def windows(tap, stride, dilation, out):
    each = zip(tap, stride, dilation, out, strict=True)
    return [slice(k * d, k * d + s * (n - 1) + 1, s) for k, s, d, n in each]


def conv_transpose(dims):
    """Tap by tap: each adds to a strided window of the result, whose edges are cut off."""

    def reference(
        x, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1
    ):
        if x.ndim == dims + 1:
            return reference(
                x[None], weight, bias, stride, padding, output_padding, groups, dilation
            )[0]
        kernel, stride, dilation = weight.shape[2:], each(stride, dims), each(dilation, dims)
        padding, extra = each(padding, dims), each(output_padding, dims)
        space = zip(x.shape[2:], stride, kernel, dilation, extra, strict=True)
        whole = [(n - 1) * s + d * (k - 1) + e + 1 for n, s, k, d, e in space]
        filters, channels = weight.shape[1], len(weight) // groups
        out = np.zeros((x.shape[0], groups * filters, *whole))
        for tap in np.ndindex(*kernel):
            window = out[(..., *windows(tap, stride, dilation, x.shape[2:]))]
            for g in range(groups):
                own = slice(g * channels, (g + 1) * channels)
                part = weight[(own, slice(None), *tap)]
                window[:, g * filters : (g + 1) * filters] += np.einsum(
                    "cf,nc...->nf...", part, x[:, own]
                )
        inside = [slice(p, n - p) for p, n in zip(padding, whole, strict=True)]
        out = out[(..., *inside)]
        return out if bias is None else out + bias.reshape(-1, *[1] * dims)

    return reference


def terms(*args, **kwargs):
    return args[1].size // args[1].shape[0]


def terms_transposed(*args, **kwargs):
    return args[1].size // args[1].shape[1]


def row(name, ref, samples, **more):
    # Random shapes are test_conv_exact's: here a changed number mostly just does not fit.
    return OpCase(
        f"nn.functional.{name}",
        ref,
        samples,
        method=False,
        grad=True,
        gradgrad=True,
        fuzz=False,
        **more,
    )


def conv_tbc(x, weight, bias, pad=0):
    made = conv(1)(x.transpose(1, 2, 0), weight.transpose(2, 1, 0), bias, padding=pad)
    return made.transpose(2, 0, 1)


CASES = [
    row(
        "conv_tbc",
        conv_tbc,
        [
            call(t(9, 2, 3), t(3, 3, 4), t(4)),
            call(t(5, 1, 2), t(2, 2, 3), t(3), 1),
        ],
        terms=terms,
        errors=[fails("3 dimensions; got shapes", t(9, 3), t(3, 3, 4), t(4))],
    ),
    row(
        "conv1d",
        conv(1),
        [
            call(t(2, 3, 9), t(4, 3, 3), t(4)),
            call(t(3, 9), t(2, 3, 2)),
            call(t(0, 3, 9), t(2, 3, 2), t(2)),
            call(t(1, 4, 11), t(6, 2, 3), None, 2, 1, 2, 2),
            call(t(2, 2, 8), t(3, 2, 4), t(3), padding="same", dilation=2),
            call(t(1, 2, 40), t(17, 2, 5), t(17), padding=(2,)),
            call(t(1, 2, 5), t(3, 2, 3), stride=2**31 - 1),
        ],
        terms=terms,
        large=[call(t(8, 16, 400), t(24, 16, 5), t(24), padding=2)],
        errors=[
            fails(r"batch; got shape \(3,\)", t(3), t(2, 3, 2)),
            fails(r"3 channels; got shape \(2, 4, 9\)", t(2, 4, 9), t(2, 3, 2)),
            fails("stride of at least 1.*0", t(2, 3, 9), t(2, 3, 2), stride=0),
            fails("dilation .* at most", t(2, 3, 9), t(2, 3, 5), dilation=2**62),
            fails("stride of 1 with padding='same'", t(1, 2, 9), t(2, 2, 3), None, 2, "same"),
        ],
    ),
    row(
        "conv2d",
        conv(2),
        [
            call(t(2, 3, 6, 7), t(4, 3, 3, 3), t(4), padding=1),
            call(t(3, 6, 7), t(4, 3, 3, 2)),
            call(t(0, 2, 5, 5), t(3, 2, 3, 3), t(3)),
            call(t(2, 4, 7, 8), t(6, 2, 3, 3), t(6), (2, 1), (1, 0), (1, 2), 2),
            call(t(1, 5, 6, 6), t(5, 1, 3, 3), t(5), groups=5, padding=1),
            call(t(1, 3, 5, 5), t(2, 3, 1, 1), stride=2),
            call(t(2, 3, 4, 4), t(17, 3, 1, 1), t(17)),
            call(t(1, 2, 5, 6), t(3, 2, 2, 4), padding="same"),
            call(t(1, 2, 5, 6), t(3, 2, 2, 4), padding="valid"),
            call(t(1, 20, 6, 9), t(18, 20, 3, 3), t(18), padding=1),
        ],
        terms=terms,
        large=[
            call(t(4, 8, 32, 32), t(8, 8, 3, 3), t(8), padding=1),
            call(t(6, 16, 16, 16), t(32, 16, 3, 3), t(32), stride=2, padding=1),
            call(t(8, 40, 8, 8), t(72, 40, 3, 3), t(72), padding=1),
            call(t(4, 24, 30, 30), t(24, 1, 3, 3), t(24), padding=1, groups=24),
            call(t(40, 6, 14, 14), t(16, 6, 5, 5), t(16)),
        ],
        errors=[
            fails(
                r"at least 5 .*got 4 in shape \(1, 2, 4, 4\)",
                t(1, 2, 4, 4),
                t(2, 2, 3, 3),
                dilation=2,
            ),
            fails(
                "'same', 'valid' or numbers; got 'full'",
                t(1, 2, 4, 4),
                t(2, 2, 3, 3),
                padding="full",
            ),
            fails("divisible by groups=2", t(1, 2, 4, 4), t(3, 1, 3, 3), groups=2),
            fails("positive number of groups; got 0", t(1, 2, 4, 4), t(3, 1, 3, 3), groups=0),
            fails(r"bias of shape \(3,\); got \(2,\)", t(1, 2, 4, 4), t(3, 2, 3, 3), t(2)),
            fails("padding of at least 0", t(1, 2, 4, 4), t(3, 2, 3, 3), padding=-1),
            fails(
                "one stride or one for each of 2", t(1, 2, 4, 4), t(3, 2, 3, 3), stride=(1, 1, 1)
            ),
            fails(
                "one floating type; got float32 and float64",
                t(1, 2, 4, 4, dtype="float32"),
                t(3, 2, 3, 3, dtype="float64"),
                error=TypeError,
            ),
        ],
    ),
    row(
        "conv3d",
        conv(3),
        [
            call(t(2, 2, 4, 5, 4), t(3, 2, 2, 3, 2), t(3), padding=1),
            call(t(2, 3, 4, 5), t(3, 2, 1, 2, 3)),
            call(t(0, 2, 4, 5, 4), t(3, 2, 2, 3, 2), t(3)),
            call(t(1, 4, 5, 6, 5), t(4, 2, 2, 2, 3), None, (2, 1, 2), (1, 0, 1), (1, 2, 1), 2),
            call(t(1, 2, 3, 4, 4), t(3, 2, 2, 3, 2), padding="same"),
        ],
        terms=terms,
        large=[call(t(2, 4, 8, 16, 16), t(20, 4, 3, 3, 3), t(20), padding=1)],
        errors=[fails(r"weight of 5 dimensions; got shape \(3, 2, 2\)", t(2, 3, 4, 5), t(3, 2, 2))],
    ),
    row(
        "conv_transpose1d",
        conv_transpose(1),
        [
            call(t(2, 3, 5), t(3, 4, 3), t(4)),
            call(t(3, 5), t(3, 4, 2), None, 2, 1),
            call(t(0, 3, 5), t(3, 4, 3), t(4)),
            call(t(2, 4, 5), t(4, 3, 3), t(6), 3, 2, 1, 2, 2),
            ours_alone(t(2, 3, 1), t(3, 4, 3), t(4), 2**31 - 1, 1, 1),
        ],
        terms=terms_transposed,
        large=[call(t(8, 24, 200), t(24, 16, 4), t(16), 2, 1)],
        errors=[fails("output_padding below", t(2, 3, 5), t(3, 4, 3), None, 2, 0, 2)],
    ),
    row(
        "conv_transpose2d",
        conv_transpose(2),
        [
            call(t(2, 3, 4, 5), t(3, 4, 3, 3), t(4), padding=1),
            call(t(3, 4, 5), t(3, 2, 2, 3), t(2), (2, 3), (0, 1), (1, 2)),
            call(t(0, 2, 4, 5), t(2, 3, 2, 2)),
            call(t(2, 4, 4, 3), t(4, 2, 3, 2), t(4), 2, 1, (1, 0), 2, (1, 2)),
            call(t(1, 4, 4, 4), t(4, 1, 4, 4), None, 2, 1, 0, 4),
            call(t(1, 3, 2, 2), t(3, 18, 2, 2), t(18), 2),
        ],
        terms=terms_transposed,
        large=[call(t(4, 32, 16, 16), t(32, 20, 4, 4), t(20), 2, 1)],
        errors=[
            fails(r"3 channels; got shape \(2, 4, 5\)", t(2, 4, 5), t(3, 2, 2, 3)),
            fails("fills the padding", t(1, 2, 2, 2), t(2, 2, 1, 1), padding=2),
        ],
    ),
    row(
        "conv_transpose3d",
        conv_transpose(3),
        [
            call(t(1, 2, 3, 3, 2), t(2, 3, 2, 3, 2), t(3)),
            call(t(2, 3, 3, 2), t(2, 3, 2, 1, 2), t(3), (1, 2, 2), (0, 0, 1), (0, 1, 0)),
            call(t(0, 2, 3, 3, 2), t(2, 3, 2, 3, 2)),
        ],
        terms=terms_transposed,
        large=[call(t(2, 8, 6, 10, 10), t(8, 20, 2, 2, 2), t(20), 2)],
    ),
]
