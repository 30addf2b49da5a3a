"""Pooling."""

import functools
import math

import numpy as np
from windows import adaptive, check_input, highest, per_axis, reduce_windows, sliding

from cases import OpCase, call, fails, ours_alone, t, values

NAMES = {1: "sequences", 2: "images", 3: "volumes"}
INNER = {1: (9,), 2: (7, 6), 3: (5, 4, 6)}
WIDE = {1: (107,), 2: (5, 53), 3: (4, 5, 53)}  # rows of several vectors
HUGE = {1: (8, 32, 513), 2: (8, 16, 45, 46), 3: (4, 8, 17, 18, 19)}


def row(name, ref, samples, **options):
    options = {"method": False, "grad": True, "gradgrad": True, **options}
    return OpCase(f"nn.functional.{name}", ref, samples, **options)


def max_pool(axes, x, *args, return_indices=False, **kwargs):
    pooled = reduce_windows(x, sliding(x, axes, *args, **kwargs), highest)
    return pooled if return_indices else pooled[0]


def avg_pool(
    axes, x, kernel, stride=None, padding=0, ceil_mode=False, include_pad=True, divisor=None
):
    windows = sliding(x, axes, kernel, stride, padding, 1, ceil_mode)
    sums = reduce_windows(x, windows, lambda e, at: (e.sum(-1),))[0]
    pads = per_axis(padding, axes)
    counts = [
        [sum(-p <= i < n + p if include_pad else 0 <= i < n for i in window) for window in axis]
        for axis, n, p in zip(windows, x.shape[x.ndim - axes :], pads, strict=True)
    ]
    return sums / (divisor or functools.reduce(np.multiply.outer, map(np.array, counts)))


def adaptive_max(axes, x, size, return_indices=False):
    check_input(x, axes)
    pooled = reduce_windows(x, adaptive(x, axes, size), highest)
    return pooled if return_indices else pooled[0]


def adaptive_avg(axes, x, size):
    return reduce_windows(x, adaptive(x, axes, size), lambda e, at: (e.mean(-1),))[0]


def lp_pool(axes, x, p, kernel, stride=None, ceil_mode=False):
    windows = sliding(x, axes, kernel, stride, 0, 1, ceil_mode)
    if math.isinf(p):
        ends = np.max if p > 0 else np.min
        return reduce_windows(abs(x), windows, lambda e, at: (ends(e, -1),))[0]
    # As PyTorch has it: windows that lack elements count as if they had the mean of the others.
    means = reduce_windows(x**p, windows, lambda e, at: ((e).mean(-1),))[0]
    return (np.maximum(means, 0) * math.prod(per_axis(kernel, axes))) ** (1 / p)


def unpool(axes, x, indices, kernel, stride=None, padding=0, output_size=None):
    inner = x.shape[x.ndim - axes :]
    given = (kernel, kernel if stride is None else stride, padding)
    kernels, strides, pads = (per_axis(value, axes) for value in given)
    least = [
        (n - 1) * s + k - 2 * p for n, k, s, p in zip(inner, kernels, strides, pads, strict=True)
    ]
    sizes = least if output_size is None else output_size[-axes:]
    lead = x.shape[: x.ndim - axes]
    out = np.zeros((math.prod(lead), math.prod(sizes)))
    np.put_along_axis(out, indices.reshape(len(out), -1), x.reshape(len(out), -1), 1)
    return out.reshape(*lead, *sizes)


def with_nan(axes):
    x = np.arange(4.0**axes).reshape(1, *[4] * axes)
    x[(0, *[1] * axes)] = np.nan
    return x


def maxima(axes):
    name, inner = f"max_pool{axes}d", INNER[axes]
    image, batch = t(3, *inner), t(2, 3, *inner)
    too_large = t(1, 1, *[3] * axes)
    samples = [
        call(batch, 2),
        call(image, 3, 1, 1),
        call(batch, 3, 2, padding=1, ceil_mode=True),
        call(batch, [2] * axes, stride=[3] * axes, dilation=2),
        call(t(2, 1, *[5] * axes), 5),
        call(t(0, 3, *inner), 2),
        call(t(3, 2, *WIDE[axes]), 2),
        call(t(3, 2, *WIDE[axes]), 3, 2, 1),
        call(t(2, *WIDE[axes]), 2, 3),
        call(t(2, *WIDE[axes]), 2, 2, 0, 3),
    ]
    errors = [
        fails("fit the input", too_large, 4),
        fails("at most half", too_large, 2, padding=2),
        fails("above 0, .* got 0", too_large, 0),
        fails("at most 2147483647", too_large, 2, dilation=2**62),
        fails("not empty", t(2, 0, *inner), 2),
        fails(f"{axes + 1} or {axes + 2} dimensions", t(*inner), 2),
        fails("floating", t(1, *inner, dtype="bool"), 2, error=TypeError),
    ]
    options = {"distinct": True, "large": [call(t(*HUGE[axes]), 3, 2, 1), call(t(*HUGE[axes]), 2)]}
    indexed = [
        call(batch, 2),
        call(image, 3, 2, 1),
        call(values(np.zeros((1, *[4] * axes)).tolist(), grad=False), 3, 1, 1),
        call(values(with_nan(axes).tolist(), grad=False), 2, 1),
        call(values(np.full((1, *[4] * axes), -np.inf).tolist(), grad=False), 3, 2, 1),
    ]
    if axes > 1:  # as PyTorch, which has no maxima of integers in sequences
        indexed += [call(t(2, *inner, dtype=kind), 3, 2, 1) for kind in ("int64", "uint8")]
    return [
        row(name, functools.partial(max_pool, axes), samples, errors=errors, **options),
        row(
            f"{name}_with_indices",
            functools.partial(max_pool, axes, return_indices=True),
            indexed,
            distinct=True,
            fuzz=False,
        ),
    ]


def averages(axes):
    inner = INNER[axes]
    samples = [
        call(t(2, 3, *inner), 2),
        call(t(3, *inner), 3, 1, 1),
        call(t(2, 3, *inner), 3, 2, 1, True, False),
        call(t(2, 3, *inner), [3] * axes, 2, [1] * axes, True, True),
        call(t(2, 1, *[4] * axes), 4),
        call(t(0, 3, *inner), 2),
        call(t(3, 2, *WIDE[axes]), 2),
        call(t(3, 2, *WIDE[axes]), 3, 2, 1),
        call(t(2, *WIDE[axes]), 2, 3),
    ]
    errors = [
        fails("fit the input", t(1, 1, *[3] * axes), 4),
        fails("at most half", t(1, 1, *[3] * axes), 2, padding=2),
        fails("floating", t(1, *inner, dtype="int64"), 2, error=TypeError),
    ]
    if axes > 1:
        samples.append(call(t(2, *inner), 2, None, 0, False, True, 3))
        errors.append(fails("not 0", t(2, *inner), 2, divisor_override=0))
    return row(
        f"avg_pool{axes}d",
        functools.partial(avg_pool, axes),
        samples,
        errors=errors,
        fuzz=False,  # PyTorch's names of arguments
        large=[call(t(*HUGE[axes]), 3, 2, 1), call(t(*HUGE[axes]), 2)],
    )


def adaptives(axes):
    inner = INNER[axes]
    sizes = [1, 3, [n // 2 if i else n for i, n in enumerate(inner)], [2 * n for n in inner]]
    samples = [call(t(2, 3, *inner), size) for size in sizes]
    samples += [call(t(3, *inner), 2), call(t(0, 3, *inner), 2)]
    samples += [
        ours_alone(t(2, 3, *inner), [2] * i + [0] + [3] * (axes - 1 - i)) for i in range(axes)
    ]
    errors = [
        fails("at least 0", t(2, *inner), -1),
        fails("got", t(2, *inner), [2] * (axes + 1)),
        fails("not empty", t(2, 3, *inner[1:], 0), 2),
        fails("floating", t(1, *inner, dtype="int64"), 2, error=TypeError),
        fails("fits in memory", t(1, *inner), 2**61),
    ]
    large = [call(t(*HUGE[axes]), 7), call(t(*HUGE[axes]), 1)]
    options = {"errors": errors, "fuzz": False, "large": large}
    name = f"adaptive_max_pool{axes}d"
    return [
        row(name, functools.partial(adaptive_max, axes), samples, distinct=True, **options),
        row(
            f"{name}_with_indices",
            functools.partial(adaptive_max, axes, return_indices=True),
            [call(t(2, 3, *inner), 3), call(t(2, 3, *inner), 1), call(t(3, *inner), [2] * axes)],
            distinct=True,
            fuzz=False,
        ),
        row(f"adaptive_avg_pool{axes}d", functools.partial(adaptive_avg, axes), samples, **options),
    ]


def powers(axes):
    inner = INNER[axes]
    return row(
        f"lp_pool{axes}d",
        functools.partial(lp_pool, axes),
        [
            call(t(2, 3, *inner), 2, 2),
            call(t(3, *inner), 3.0, 3, 2),
            call(t(2, *inner), 1, [2] * axes if axes > 1 else 2, 3, True),
            call(t(2, *inner), math.inf, 2),
            call(t(2, *inner), -math.inf, 2),
        ],
        domain=(0.5, 3),
        distinct=True,
        fuzz=False,
        errors=[],
    )


def unpools(axes):
    inner = tuple(n // 2 for n in INNER[axes])
    count = math.prod(inner)
    step = 2**axes  # indices that fit, none twice
    index = np.broadcast_to(np.arange(count).reshape(inner) * step, (2, 3, *inner)).tolist()
    one = np.zeros((1, *[1] * axes), int)
    grown = [2 * n + 1 for n in inner]
    return row(
        f"max_unpool{axes}d",
        functools.partial(unpool, axes),
        [
            call(t(2, 3, *inner), values(index, "int64"), 2),
            call(t(2, 3, *inner), values(index, "int64"), 2, 2, 0, grown),
            call(t(2, 3, *inner), values(index, "int64"), 2, 2, output_size=[2, 3, *grown]),
            call(t(1, *[1] * axes), values(one.tolist(), "int64"), 3, 2, 1),
        ],
        layouts=("contiguous", "transposed", "strided"),  # of equal indices the last would count
        fuzz=False,
        errors=[
            fails(
                "from 0 to .* got 1000",
                t(1, *[1] * axes),
                values((one + 1000).tolist(), "int64"),
                2,
                error=IndexError,
            ),
            fails(
                "less than a stride",
                t(1, *[1] * axes),
                values(one.tolist(), "int64"),
                2,
                output_size=[9] * axes,
            ),
            fails(
                "int64; got int32",
                t(1, *[1] * axes),
                values(one.tolist(), "int32"),
                2,
                error=TypeError,
            ),
            fails("indices of shape", t(2, *[1] * axes), values(one.tolist(), "int64"), 2),
        ],
    )


def fractional(axes, x, kernel, output_size, samples, return_indices=False):
    """Windows differ by plane: each is reduced alone."""
    kernels, sizes = per_axis(kernel, axes), per_axis(output_size, axes)
    order = [1, 0] if axes == 2 else [0, 1, 2]
    lead = x.shape[: x.ndim - axes]
    planes = x.reshape(-1, 1, *x.shape[x.ndim - axes :])
    results = []
    for plane, sample in zip(planes, samples.reshape(-1, axes), strict=True):
        windows = []
        for d, (k, m) in enumerate(zip(kernels, sizes, strict=True)):
            n, offset = plane.shape[1 + d], sample[order[d]]
            step = (n - k) / (m - 1) if m > 1 else 0
            starts = [int((o + offset) * step) - int(offset * step) for o in range(m - 1)]
            windows.append([range(s, s + k) for s in [*starts, n - k]])
        results.append(reduce_windows(plane, windows, highest))
    parts = [np.stack(part).reshape(*lead, *sizes) for part in zip(*results, strict=True)]
    return parts if return_indices else parts[0]


def fractionals(axes):
    inner = tuple(n + 2 for n in INNER[axes])  # PyTorch asks for one more in volumes
    places = np.linspace(0.1, 0.9, 2 * 3 * axes).reshape(2, 3, axes).tolist()
    sampled = [
        call(t(2, 3, *inner), 2, 3, values(places, grad=False)),
        call(t(2, 3, *inner), [1] * axes, [2] * axes, values(places, grad=False)),
        call(t(3, *inner), 3, 1, values(places[:1], grad=False)),
    ]
    rows = []
    for suffix, indices in [("", False), ("_with_indices", True)]:
        name = f"fractional_max_pool{axes}d{suffix}"
        rows.append(
            row(
                name,
                functools.partial(fractional, axes, return_indices=indices),
                sampled,
                fn=drawn(name),
                torch=drawn(name),
                distinct=True,
                fuzz=False,
                layouts=("contiguous", "transposed", "strided"),  # samples stay below 1
                errors=[]
                if indices
                else [
                    fails("fit", t(1, *inner), 2, 12, values(places[:1])),
                    fails("samples of shape", t(1, *inner), 2, 2, values(places)),
                    fails("from 0 to 1; got 5", t(1, *inner), 2, 2, t(1, 1, axes, domain=(5, 5))),
                    fails("output_size or an output_ratio", t(1, *inner), 2, None, None),
                ],
            )
        )
    return rows


def drawn(name):
    """Call by the samples; of the library whose tensor comes first."""

    def pool(x, kernel, size, samples):
        library = __import__(type(x).__module__.partition(".")[0])
        return getattr(library.nn.functional, name)(x, kernel, size, _random_samples=samples)

    return pool


CASES = [
    case
    for axes in NAMES
    for case in [
        *maxima(axes),
        averages(axes),
        *adaptives(axes),
        powers(axes),
        unpools(axes),
        *(fractionals(axes) if axes > 1 else []),
    ]
]
