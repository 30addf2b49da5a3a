"""Convolutions of small integers equal naive loops: outputs and gradients, without tolerance.

Sums of so few small integers are exact in either type, in whatever order they are made.
"""

import itertools
import random

import numpy as np
import pytest

import lamina as lm
from lamina.nn import functional as F

STRIDES = (1, 2, 3, 4)
PADDINGS = (0, 1, 2, 3)
DILATIONS = (1, 2, 3)
KERNELS = (1, 2, 3, 4, 5, 6, 7)
# (groups, channels of a group, filters of a group), below and above a vector's width
CHANNELS = ((1, 1, 1), (1, 3, 5), (2, 2, 3), (7, 1, 1), (5, 1, 2), (1, 17, 33), (2, 16, 9))
SIZES = (1, 4, 7, 10, 19)
TYPES = ("float32", "float64")
COVERED = 400  # of the grid, in the default run
ADJOINTS = 60


def integers(rng, shape, dtype):
    return rng.integers(-4, 5, shape).astype(dtype)


def taps(case):
    """Every tap of the filter, with the places in x and in y that it connects."""
    for tap in np.ndindex(*case["kernel"]):
        x_places, y_places = [], []
        for d, k in enumerate(tap):
            pairs = [
                (o * case["stride"][d] + k * case["dilation"][d] - case["padding"][d], o)
                for o in range(case["out"][d])
            ]
            inside = [(i, o) for i, o in pairs if 0 <= i < case["in"][d]]
            x_places.append([i for i, _ in inside])
            y_places.append([o for _, o in inside])
        yield tap, np.ix_(*x_places), np.ix_(*y_places)


def naive(case, x, w, g):
    """y = conv(x, w), and the gradients of sum(y g) for x and w."""
    groups, channels, filters = case["channels"]
    y, gx, gw = np.zeros(g.shape), np.zeros(x.shape), np.zeros(w.shape)
    for tap, at_x, at_y in taps(case):
        for group, c, f in np.ndindex(groups, channels, filters):
            for n in range(len(x)):
                own_x, own_y = (n, group * channels + c), (n, group * filters + f)
                factor = w[(group * filters + f, c, *tap)]
                y[own_y][at_y] += factor * x[own_x][at_x]
                gx[own_x][at_x] += factor * g[own_y][at_y]
                gw[(group * filters + f, c, *tap)] += (g[own_y][at_y] * x[own_x][at_x]).sum()
    return y, gx, gw


def make(rng, dims, stride, padding, dilation, kernel, channels, size):
    """One case of the grid, or None where the filter does not fit."""
    case = {
        "stride": stride,
        "padding": padding,
        "dilation": dilation,
        "kernel": kernel,
        "channels": channels,
        "in": size,
    }
    reach = [
        n + 2 * p - d * (k - 1) - 1
        for n, p, d, k in zip(size, padding, dilation, kernel, strict=True)
    ]
    if min(reach) < 0 or np.prod(size) * np.prod(kernel) * np.prod(channels) > 2e5:
        return None
    case["out"] = [r // s + 1 for r, s in zip(reach, stride, strict=True)]
    case["batch"] = rng.choice((1, 2))
    case["dims"] = dims
    return case


def grid(dims):
    """The whole grid where every dimension is treated alike, in one order."""
    rng = random.Random(dims)
    sizes = [size for size in SIZES if size < (100, 40, 11)[dims - 1]]
    kernels = [kernel for kernel in KERNELS if dims < 3 or kernel < 4]
    for choice in itertools.product(STRIDES, PADDINGS, DILATIONS, kernels, CHANNELS, sizes):
        *numbers, channels, size = choice
        each = [(number,) * dims for number in numbers]
        yield make(rng, dims, *each, channels, (size,) * dims)


def uneven(dims, count):
    """Cases whose dimensions differ, drawn at random."""
    rng = random.Random(100 + dims)
    for _ in range(count):
        each = [
            [rng.choice(options) for _ in range(dims)]
            for options in (STRIDES, PADDINGS, DILATIONS, KERNELS)
        ]
        size = [rng.randint(1, (40, 20, 7)[dims - 1]) for _ in range(dims)]
        yield make(rng, dims, *each, rng.choice(CHANNELS), size)


def extent(case, transposed):
    """What a transposed convolution adds to the least result that fits."""
    spans = zip(
        case["in"], case["padding"], case["dilation"], case["kernel"], case["stride"], strict=True
    )
    return [(n + 2 * p - d * (k - 1) - 1) % s for n, p, d, k, s in spans] if transposed else None


def results(case, x, w, b, g, transposed):
    """The result and the gradients by lamina."""
    x, w, b = (lm.tensor(value).requires_grad_() for value in (x, w, b))
    options = {key: case[key] for key in ("stride", "padding", "dilation")}
    if transposed:
        options["output_padding"] = extent(case, transposed)
    kind = "conv_transpose" if transposed else "conv"
    function = getattr(F, f"{kind}{case['dims']}d")
    y = function(x, w, b, groups=case["channels"][0], **options)
    y.backward(lm.tensor(g))
    return [value.numpy() for value in (y.detach(), x.grad, w.grad, b.grad)]


def check(case, dtype, seed):
    rng = np.random.default_rng(seed)
    groups, channels, filters = case["channels"]
    x = integers(rng, (case["batch"], groups * channels, *case["in"]), dtype)
    g = integers(rng, (case["batch"], groups * filters, *case["out"]), dtype)
    w = integers(rng, (groups * filters, channels, *case["kernel"]), dtype)
    y, gx, gw = naive(case, x, w, g)
    space = tuple(range(2, x.ndim))
    for transposed, here, there, forth, back in ((False, x, g, y, gx), (True, g, x, gx, y)):
        b = integers(rng, there.shape[1], dtype)
        result = results(case, here, w, b, there, transposed)
        expected = (forth + b.reshape(-1, *[1] * len(space)), back, gw, there.sum((0, *space)))
        for name, got, wanted in zip(("y", "x", "weight", "bias"), result, expected, strict=True):
            np.testing.assert_array_equal(got, wanted, err_msg=f"{name} {transposed=} {case}")


def run(cases):
    for number, case in enumerate(cases):
        if case is not None:
            check(case, TYPES[number % 2], number)


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_a_sample_of_the_grid(dims):
    every = list(grid(dims))
    run(random.Random(dims).sample(every, min(COVERED, len(every))))


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_uneven_dimensions(dims):
    run(uneven(dims, COVERED // 2))


@pytest.mark.slow
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_the_whole_grid(dims):
    run(grid(dims))
    run(uneven(dims, 3000))


# Images and channels of the sizes that networks have reach the code that small ones do not: bands,
# several panels of channels, pieces of the batch.
LARGE = [
    ((2, 40, 33, 35), (70, 40, 3, 3), {"padding": 1}),
    ((1, 64, 90, 90), (24, 64, 3, 3), {"padding": 1}),
    ((3, 32, 16, 16), (48, 32, 3, 3), {"padding": 1, "stride": 2}),
    ((9, 16, 8, 8), (128, 16, 3, 3), {"padding": 1}),
    ((33, 18, 7, 8), (40, 18, 3, 3), {"padding": 1}),
    ((20, 34, 18, 14), (38, 17, 3, 3), {"groups": 2}),
    ((40, 17, 5, 6), (20, 17, 3, 3), {"padding": 2}),
    ((70, 16, 3, 2), (16, 16, 3, 3), {"padding": 1}),
    ((2, 48, 40, 40), (48, 1, 3, 3), {"padding": 1, "groups": 48}),
    ((2, 3, 64, 64), (16, 3, 7, 7), {"padding": 3, "stride": 2}),
    ((2, 20, 30, 30), (40, 20, 1, 1), {}),
    ((37, 6, 14, 14), (16, 6, 5, 5), {}),
    ((21, 10, 4, 6), (26, 5, 3, 6), {"padding": 2, "groups": 2}),
    ((17, 1, 28, 28), (6, 1, 5, 5), {"padding": 2}),
]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(("x_shape", "w_shape", "options"), LARGE)
def test_large_images(x_shape, w_shape, options, dtype):
    """Against a product of unfolded patches, exact too."""
    rng = np.random.default_rng(0)
    x, w = integers(rng, x_shape, dtype), integers(rng, w_shape, dtype)
    groups = options.get("groups", 1)
    patches = unfolded(x, w_shape[2:], options.get("padding", 0), options.get("stride", 1))
    n, channels, taps, *space = patches.shape
    rows = patches.reshape(n, groups, channels // groups * taps, -1)
    filters = w.reshape(groups, w_shape[0] // groups, -1)
    y = np.einsum("gfk,ngkp->ngfp", filters, rows).reshape(n, w_shape[0], *space)
    g = integers(rng, y.shape, dtype)
    gw = np.einsum("ngkp,ngfp->gfk", rows, g.reshape(n, groups, -1, rows.shape[-1]))
    x, w = lm.tensor(x).requires_grad_(), lm.tensor(w).requires_grad_()
    out = F.conv2d(x, w, **options)
    out.backward(lm.tensor(g))
    np.testing.assert_array_equal(out.detach().numpy(), y)
    np.testing.assert_array_equal(w.grad.numpy().ravel(), gw.ravel())
    # <conv(x), g> = <x, its gradient>, and the same for a second image
    other = lm.tensor(integers(rng, x_shape, dtype))
    image = (F.conv2d(other, w.detach(), **options) * lm.tensor(g)).sum(dtype=lm.float64)
    assert image.item() == (other * x.grad).sum(dtype=lm.float64).item()


def unfolded(x, kernel, padding, stride):
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel, (2, 3))[:, :, ::stride, ::stride]
    n, c, height, width = windows.shape[:4]
    return windows.transpose(0, 1, 4, 5, 2, 3).reshape(n, c, -1, height, width)


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_the_transpose_is_the_adjoint(dims):
    """<conv(x), y> = <x, conv_transpose(y)>."""
    for number, case in enumerate(uneven(dims, ADJOINTS)):
        if case is None:
            continue
        rng = np.random.default_rng(number)
        groups, channels, filters = case["channels"]
        x = lm.tensor(integers(rng, (2, groups * channels, *case["in"]), "float64"))
        y = lm.tensor(integers(rng, (2, groups * filters, *case["out"]), "float64"))
        w = lm.tensor(integers(rng, (groups * filters, channels, *case["kernel"]), "float64"))
        options = {key: case[key] for key in ("stride", "padding", "dilation")} | {"groups": groups}
        there = getattr(F, f"conv{dims}d")(x, w, **options)
        transposed = getattr(F, f"conv_transpose{dims}d")
        back = transposed(y, w, output_padding=extent(case, True), **options)
        assert (there * y).sum().item() == (x * back).sum().item(), case
