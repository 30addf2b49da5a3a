"""Images: resampling, shuffling, folding."""

import math

import numpy as np
from windows import columns, image_of

from cases import OpCase, call, fails, t, values


def row(name, ref, samples, **options):
    options = {"method": False, "grad": True, "gradgrad": True, "fuzz": False, **options}
    return OpCase(f"nn.functional.{name}", ref, samples, **options)


def cubic(d, a):
    d = abs(d)
    if d < 1:
        return (a + 2) * d**3 - (a + 3) * d**2 + 1
    return a * (d**3 - 5 * d**2 + 8 * d - 4) if d < 2 else 0.0


def triangle(d):
    return max(0.0, 1 - abs(d))


def lanczos(d):
    return np.sinc(d) * np.sinc(d / 3) if abs(d) < 3 else 0.0


FILTERS = {
    "linear": (triangle, triangle),
    "cubic": (lambda d: cubic(d, -0.75), lambda d: cubic(d, -0.5)),
    "lanczos": (None, lanczos),
}


def matrix(kind, n, m, scale, align_corners, antialias):
    """Return the weights (m, n) of one axis."""
    step = n / m if scale is None else 1 / scale
    if align_corners:
        step = (n - 1) / (m - 1) if m > 1 else 0
    weights = np.zeros((m, n))
    for o in range(m):
        at = o * step if align_corners else (o + 0.5) * step - 0.5
        if antialias:
            stretch = (
                max(n / m if scale is None else 1 / scale, 1.0)
                if not align_corners
                else max(step, 1.0)
            )
            center = (o + 0.5) * step - 0.5
            line = np.array([FILTERS[kind][1]((i - center) / stretch) for i in range(n)])
            weights[o] = line / line.sum()
            continue
        if kind.startswith("nearest"):
            exact = 0.5 if kind == "nearest-exact" else 0
            weights[o, min(int(np.float32(o + exact) * np.float32(step)), n - 1)] = 1
            continue
        if kind == "linear":
            at = max(at, 0)
        for i in range(math.floor(at) - 1, math.floor(at) + 3):
            weights[o, min(max(i, 0), n - 1)] += FILTERS[kind][0](at - i)
    return weights


def averages(n, m):
    """Return the weights (m, n) of adaptive means."""
    weights = np.zeros((m, n))
    for o in range(m):
        first, last = o * n // m, -((o + 1) * n // -m)
        weights[o, first:last] = 1 / (last - first)
    return weights


def interpolate(
    x,
    size=None,
    scale_factor=None,
    mode="nearest",
    align_corners=None,
    recompute_scale_factor=None,
    antialias=False,
):
    kind = {"bilinear": "linear", "trilinear": "linear", "bicubic": "cubic"}.get(mode, mode)
    for d in range(2, x.ndim):
        n = x.shape[d]
        scale = scale_factor[d - 2] if isinstance(scale_factor, list) else scale_factor
        m = int(n * scale) if size is None else size[d - 2] if isinstance(size, list) else size
        scale = None if recompute_scale_factor else scale
        weights = (
            averages(n, m)
            if kind == "area"
            else matrix(kind, n, m, scale, align_corners, antialias)
        )
        x = np.moveaxis(np.moveaxis(x, d, -1) @ weights.T, -1, d)
    return x


LINE, IMAGE, VOLUME = t(2, 3, 7), t(2, 3, 7, 5), t(1, 2, 4, 5, 6)
ALIGNED = [
    call(LINE, 11, mode="linear"),
    call(LINE, scale_factor=0.6, mode="linear", align_corners=True),
    call(IMAGE, [3, 9], mode="bilinear"),
    call(IMAGE, scale_factor=2, mode="bilinear", align_corners=True),
    call(IMAGE, scale_factor=[1.7, 0.5], mode="bilinear", recompute_scale_factor=True),
    call(IMAGE, [9, 4], mode="bicubic"),
    call(IMAGE, scale_factor=1.7, mode="bicubic", align_corners=True),
    call(VOLUME, 3, mode="trilinear"),
    call(VOLUME, scale_factor=2, mode="trilinear", align_corners=True),
]
OTHERS = [
    call(LINE, 11),
    call(IMAGE, scale_factor=1.7),
    call(IMAGE, [3, 9], mode="nearest-exact"),
    call(VOLUME, scale_factor=0.5),
    call(IMAGE, 3, mode="area"),
    call(VOLUME, [2, 5, 4], mode="area"),
    call(IMAGE, [7, 5]),
    call(t(0, 3, 4, 4), 2),
    call(IMAGE, [3, 9], mode="bilinear", antialias=True),
    call(t(1, 1, 13, 11), 4, mode="bilinear", antialias=True),
    call(t(1, 1, 13, 11), 4, mode="bicubic", antialias=True),
    call(t(1, 1, 17, 15), [5, 20], mode="lanczos", antialias=True),
]
WRONG = [
    fails("either size or scale_factor", IMAGE),
    fails("either size or scale_factor", IMAGE, 3, 2.0),
    fails("fits the dimensions; got linear for 4", IMAGE, 3, mode="linear"),
    fails("got x", IMAGE, 3, mode="x"),
    fails("align_corners", IMAGE, 3, align_corners=True),
    fails("antialias", LINE, 3, mode="linear", antialias=True),
    fails("expected antialias and no align_corners", IMAGE, 3, mode="lanczos"),
    fails("2 sizes", IMAGE, [3]),
    fails("fits in memory", LINE, 2**61),
    fails("2 scale factors", IMAGE, scale_factor=[2.0]),
    fails("beside a size", IMAGE, 3, recompute_scale_factor=True),
    fails("above 0", IMAGE, 0),
    fails("not empty", t(2, 3, 0, 4), 2),
    fails("floating", t(1, 1, 2, dtype="int64"), 2, error=TypeError),
]


def mirrored(at, low, high):
    span = high - low
    if span == 0:
        return 0.0
    distance = abs(at - low)
    turns, rest = divmod(distance, span)
    return rest + low if turns % 2 == 0 else span - rest + low


def placed(at, n, padding, align_corners):
    """Return where a coordinate counts as, in elements."""
    if padding == "reflection":
        at = mirrored(at, 0, n - 1) if align_corners else mirrored(at, -0.5, n - 0.5)
    return at if padding == "zeros" else min(max(at, 0), n - 1)


def axis_weights(coordinate, n, mode, padding, align_corners):
    """Return the weight of each element of an axis."""
    at = (coordinate + 1) / 2 * (n - 1) if align_corners else ((coordinate + 1) * n - 1) / 2
    weights = np.zeros(n)
    if mode != "bicubic":
        at = placed(at, n, padding, align_corners)
    low = math.floor(at)
    if mode == "nearest":
        taps = [(round(at), 1.0)]
    elif mode == "bilinear":
        taps = [(low, 1 - (at - low)), (low + 1, at - low)]
    else:
        taps = [
            (placed(i, n, padding, align_corners), cubic(at - i, -0.75))
            for i in range(low - 1, low + 3)
        ]
    for i, weight in taps:
        if 0 <= i < n:
            weights[int(i)] += weight
    return weights


def grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=False):
    axes = x.ndim - 2
    out = np.zeros((*x.shape[:2], *grid.shape[1:-1]))
    for at in np.ndindex(grid.shape[:-1]):
        value = x[at[0]]
        for d in range(axes):
            weights = axis_weights(
                grid[at][axes - 1 - d], x.shape[2 + d], mode, padding_mode, align_corners
            )
            value = np.tensordot(value, weights, (1, 0))
        out[(at[0], slice(None), *at[1:])] = value
    return out


def affine_grid(theta, size, align_corners=False):
    def ticks(n):
        ends = 1 if align_corners and n > 1 else (n - 1) / n
        return np.linspace(-ends, ends, n) if n > 1 else np.zeros(1)

    axes = len(size) - 2
    places = np.meshgrid(*map(ticks, size[2:]), indexing="ij")[::-1]
    places = np.stack([*places, np.ones(size[2:])], -1)
    return np.einsum("...j,nij->n...i", places, theta).reshape(size[0], *size[2:], axes)


def pixel_shuffle(x, r):
    out = np.zeros((*x.shape[:-3], x.shape[-3] // (r * r), x.shape[-2] * r, x.shape[-1] * r))
    for c, i, j in np.ndindex(out.shape[-3], r, r):
        out[..., c, i::r, j::r] = x[..., c * r * r + i * r + j, :, :]
    return out


def pixel_unshuffle(x, r):
    parts = [x[..., c, i::r, j::r] for c, i, j in np.ndindex(x.shape[-3], r, r)]
    return np.stack(parts, -3)


def channel_shuffle(x, groups):
    order = np.arange(x.shape[1]).reshape(groups, -1).T.ravel()
    return x[:, order]


def unfold(x, kernel, dilation=1, padding=0, stride=1):
    return columns(x, kernel, dilation, padding, stride)


GRID = t(2, 4, 3, 2, domain=(-1.6, 1.6))
SAMPLED = [
    call(t(2, 3, 5, 6), GRID, align_corners=False),
    call(t(2, 3, 5, 6), GRID, "bilinear", "border", True),
    call(t(2, 3, 5, 6), GRID, "bilinear", "reflection", False),
    call(t(2, 3, 5, 6), GRID, "bilinear", "reflection", True),
    call(t(2, 1, 4, 1), GRID, "nearest", "zeros", False),
    call(t(2, 1, 4, 5), GRID, "nearest", "border", False),
    call(t(2, 3, 5, 6), GRID, "bicubic", "zeros", False),
    call(t(2, 3, 5, 6), GRID, "bicubic", "border", True),
    call(t(2, 3, 5, 6), GRID, "bicubic", "reflection", False),
    call(t(1, 2, 3, 4, 5), t(1, 2, 3, 2, 3, domain=(-1.6, 1.6)), align_corners=True),
    call(t(1, 2, 3, 4, 5), t(1, 2, 3, 2, 3, domain=(-1.6, 1.6)), "nearest", "reflection", False),
    call(t(0, 3, 5, 6), t(0, 4, 3, 2), align_corners=False),
]

CASES = [
    row(
        "interpolate",
        interpolate,
        ALIGNED + OTHERS,
        errors=WRONG,
        large=[
            call(t(8, 8, 32, 33), scale_factor=2, mode="bilinear"),
            call(t(8, 8, 32, 33), 60, mode="bicubic", antialias=True),
        ],
        tol=4,  # a coordinate of some ten elements is rounded before its weights come of it
        torch_tol=4,  # which PyTorch does in float32
    ),
    row("upsample", interpolate, [call(IMAGE, 3), call(IMAGE, scale_factor=2.0)]),
    row("upsample_nearest", interpolate, [call(IMAGE, 3), call(IMAGE, scale_factor=2.0)]),
    row(
        "upsample_bilinear",
        lambda x, size=None, scale_factor=None: interpolate(
            x, size, scale_factor, "bilinear", True
        ),
        [call(IMAGE, 3), call(IMAGE, scale_factor=2.0)],
    ),
    row(
        "grid_sample",
        grid_sample,
        SAMPLED,
        gradgrad=False,
        layouts=("contiguous", "transposed", "strided"),
        large=[call(t(4, 8, 30, 31), t(4, 40, 41, 2, domain=(-1.2, 1.2)), align_corners=False)],
        terms=lambda *_, **__: 16,
        errors=[
            fails("one of bilinear, nearest, bicubic; got x", t(2, 3, 5, 6), GRID, "x"),
            fails("zeros, border, reflection; got x", t(2, 3, 5, 6), GRID, "nearest", "x"),
            fails("or both with depth", t(1, 3, 5, 6), GRID),
            fails("bicubic", t(1, 1, 2, 2, 2), t(1, 1, 1, 1, 3), "bicubic"),
            fails("not empty", t(2, 3, 0, 6), GRID),
            fails(
                "one floating type",
                t(2, 3, 5, 6, dtype="float32"),
                t(2, 4, 3, 2, dtype="float64"),
                error=TypeError,
            ),
        ],
    ),
    row(
        "affine_grid",
        affine_grid,
        [
            call(t(2, 2, 3), [2, 3, 4, 5]),
            call(t(2, 2, 3), [2, 3, 4, 1], align_corners=True),
            call(t(1, 3, 4), [1, 2, 3, 2, 4], align_corners=False),
        ],
        errors=[
            fails("theta of shape", t(2, 2, 3), [3, 3, 4, 5]),
            fails("4 or 5 sizes above 0", t(2, 2, 3), [2, 3, 4]),
            fails("4 or 5 sizes above 0", t(2, 2, 3), [2, 3, 0, 4]),
            fails("floating", values([[[1, 0, 0], [0, 1, 0]]], "int64"), [1, 1, 2, 2]),
        ],
    ),
    row(
        "pixel_shuffle",
        pixel_shuffle,
        [call(t(2, 8, 3, 4), 2), call(t(9, 2, 2), 3)],
        errors=[
            fails("in multiples", t(2, 7, 3, 4), 2),
            fails("3 dimensions", t(4, 2), 2),
            fails("and 0", t(4, 2, 2), 0),
        ],
    ),
    row(
        "pixel_unshuffle",
        pixel_unshuffle,
        [call(t(2, 2, 6, 4), 2), call(t(1, 3, 3), 3)],
        errors=[
            fails("in multiples", t(2, 7, 3, 4), 2),
            fails("3 dimensions", t(4, 2), 2),
            fails("and 0", t(4, 2, 2), 0),
        ],
    ),
    row(
        "channel_shuffle",
        channel_shuffle,
        [call(t(2, 6, 3, 4), 3), call(t(2, 4, 3), 2), call(t(0, 4, 3), 2)],
        errors=[fails("in multiples", t(2, 7, 3), 2), fails("3 dimensions", t(4, 2), 2)],
    ),
    row(
        "unfold",
        unfold,
        [
            call(t(2, 3, 7, 6), 3),
            call(t(3, 7, 6), [2, 3], padding=[1, 2], stride=2),
            call(t(1, 2, 7, 6), 2, 2, 1, [3, 1]),
            call(t(0, 2, 4, 4), 2),
        ],
        errors=[
            fails("fit the image", t(1, 1, 3, 3), 4),
            fails("above 0", t(1, 1, 3, 3), 0),
            fails("dimensions", t(3, 3), 2),
        ],
        large=[call(t(4, 8, 33, 34), 3, 1, 1)],
    ),
    row(
        "fold",
        image_of,
        [
            call(t(2, 27, 20), [7, 6], 3),
            call(t(18, 16), [7, 6], [2, 3], padding=[1, 2], stride=2),
            call(t(1, 8, 18), [7, 6], 2, 2, 1, [3, 1]),
            call(t(0, 8, 9), 4, 2),
        ],
        errors=[
            fails("in multiples", t(2, 26, 20), [7, 6], 3),
            fails("expected shape", t(2, 27, 19), [7, 6], 3),
            fails("above 0", t(2, 27, 20), 0, 3),
        ],
        large=[call(t(4, 72, 1122), [33, 34], 3, 1, 1)],
    ),
]
