"""Windows of arrays, the naive way: the references of pooling and folding."""

import itertools
import math

import numpy as np


def per_axis(value, axes):
    if isinstance(value, int):
        return (value,) * axes
    if len(value) not in (1, axes):
        raise ValueError(value)
    return tuple(value) * (axes if len(value) == 1 else 1)


def check_input(x, axes):
    if x.ndim not in (axes + 1, axes + 2) or 0 in x.shape[x.ndim - axes - 1 :]:
        raise ValueError(x.shape)


def sliding(x, axes, kernel, stride=None, padding=0, dilation=1, ceil_mode=False):
    """List, by axis, the coordinates of each window; some lie beyond the array."""
    check_input(x, axes)
    kernels = per_axis(kernel, axes)
    given = (kernels if stride is None else stride, padding, dilation)
    strides, paddings, dilations = (per_axis(value, axes) for value in given)
    result = []
    for n, k, s, p, d in zip(
        x.shape[x.ndim - axes :], kernels, strides, paddings, dilations, strict=True
    ):
        if k < 1 or s < 1 or d < 1 or p < 0 or p > k // 2:
            raise ValueError(k, s, p, d)
        room = n + 2 * p - d * (k - 1) - 1
        count = (math.ceil if ceil_mode else math.floor)(room / s) + 1
        if ceil_mode and (count - 1) * s >= n + p:
            count -= 1
        if count < 1 or room + (s - 1 if ceil_mode else 0) < 0:
            raise ValueError(room)
        result.append([[o * s - p + i * d for i in range(k)] for o in range(count)])
    return result


def adaptive(x, axes, output_size):
    """List the coordinates of windows that cover the array."""
    sizes = (output_size,) * axes if isinstance(output_size, int) else tuple(output_size)
    inner = x.shape[x.ndim - axes :]
    return [
        [range(o * n // m, -((o + 1) * n // -m)) for o in range(m)]
        for n, m in zip(
            inner, (n if m is None else m for n, m in zip(inner, sizes, strict=True)), strict=True
        )
    ]


def reduce_windows(x, windows, reduce):
    """Put in place of each window what `reduce(elements (planes, n), places (n))` gives."""
    axes = len(windows)
    inner = x.shape[x.ndim - axes :]
    lead = x.shape[: x.ndim - axes]
    flat = x.reshape(math.prod(lead), math.prod(inner))
    places = np.arange(flat.shape[1]).reshape(inner)
    results = []
    for window in itertools.product(*windows):
        inside = [[i for i in c if 0 <= i < n] for c, n in zip(window, inner, strict=True)]
        at = places[np.ix_(*inside)].ravel()
        results.append(reduce(flat[:, at], at))
    shape = (*lead, *map(len, windows))
    if not results:
        return [np.zeros(shape), np.zeros(shape, np.int64)]
    return [np.stack(part, -1).reshape(shape) for part in zip(*results, strict=True)]


def highest(elements, places):
    """Return the maxima and where they stand."""
    at = elements.argmax(-1)
    return elements.max(-1), places[at]


def columns(x, kernel, dilation=1, padding=0, stride=1):
    """List the windows of images (..., C, H, W) as columns (..., C * window, windows)."""
    (kh, kw), (dh, dw), (ph, pw), (sh, sw) = (
        per_axis(value, 2) for value in (kernel, dilation, padding, stride)
    )
    width = [(0, 0)] * (x.ndim - 2) + [(ph, ph), (pw, pw)]
    image = np.pad(x, width)
    h = (image.shape[-2] - dh * (kh - 1) - 1) // sh + 1
    w = (image.shape[-1] - dw * (kw - 1) - 1) // sw + 1
    parts = [
        image[..., i * dh : i * dh + (h - 1) * sh + 1 : sh, j * dw : j * dw + (w - 1) * sw + 1 : sw]
        for i in range(kh)
        for j in range(kw)
    ]
    stacked = np.stack(parts, -3)
    return stacked.reshape(*x.shape[:-3], x.shape[-3] * kh * kw, h * w)


def image_of(x, output_size, kernel, dilation=1, padding=0, stride=1):
    """Sum columns to images: the transpose of columns()."""
    kh, kw = per_axis(kernel, 2)
    h, w = per_axis(output_size, 2)
    shape = (*x.shape[:-2], x.shape[-2] // (kh * kw), h, w)
    count = math.prod(shape[-3:])
    places = columns(
        np.arange(1.0, count + 1).reshape(shape[-3:]), kernel, dilation, padding, stride
    )
    out = np.zeros((math.prod(shape[:-3]), count + 1))
    for image, parts in zip(out, x.reshape(-1, *x.shape[-2:]), strict=True):
        np.add.at(image, places.astype(int), parts)
    return out[:, 1:].reshape(shape)
