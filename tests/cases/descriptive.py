"""Differences, extremes, covariances, integrals."""

import numpy as np

from cases import FLOATS, NUMBERS, OpCase, call, fails, t, values

GRADS = {"grad": True, "gradgrad": True}
NAN = float("nan")


def differences(x, n=1, dim=-1, prepend=None, append=None):
    parts = [part for part in (prepend, x, append) if part is not None]
    joined = np.concatenate(parts, dim)
    return np.diff(joined, min(n, joined.shape[dim]), dim)


def integral(y, x=None, dx=1.0, dim=-1):
    y = np.moveaxis(y, dim, -1)
    x = x if x is None or x.ndim == 1 else np.moveaxis(x, dim, -1)
    heights = (y[..., 1:] + y[..., :-1]) / 2
    return (heights * (dx if x is None else np.diff(x))).sum(-1)


def covariance(x, correction=1, fweights=None, aweights=None):
    return np.cov(x, ddof=correction, fweights=fweights, aweights=aweights)


def filled(x, value, wrap=False):
    if x.ndim == 2 and wrap:
        x = x.copy()
        x.reshape(-1)[:: x.shape[1] + 1] = value
        return x
    x = x.copy()
    x[tuple(np.arange(min(x.shape)) for _ in x.shape)] = value
    return x


CASES = [
    OpCase(
        "aminmax",
        lambda x, dim=None, keepdim=False: (
            np.min(x, dim, keepdims=keepdim),
            np.max(x, dim, keepdims=keepdim),
        ),
        [call(t(7)), call(t(3, 4), dim=1), call(t(2, 3), dim=-2, keepdim=True)],
        dtypes=NUMBERS,
        grad=True,
        distinct=True,
        fuzz=False,
    ),
    OpCase(
        "nanmean",
        lambda x, dim=None, keepdim=False: np.nanmean(x, dim, keepdims=keepdim),
        [call(t(5)), call(t(3, 4), 1, True), call(values([[NAN, 1.0], [2.0, NAN]], grad=False), 1)],
        fuzz=False,
        grad=True,
    ),
    OpCase(
        "diff",
        differences,
        [
            call(t(5)),
            call(t(3, 6), 2, 0),
            call(t(2, 5), 0),
            call(t(3), 9),
            call(t(2, 4), prepend=t(2, 1), append=t(2, 2)),
        ],
        dtypes=NUMBERS,
        fuzz=False,
        errors=[fails("n of 0 or more; got -1", t(3), -1)],
        **GRADS,
    ),
    OpCase(
        "trapezoid",
        integral,
        [
            call(t(5)),
            call(t(3, 4), dx=0.5, dim=0),
            call(t(3, 4), t(4)),
            call(t(3, 4), t(3), dim=0),
            call(t(3, 4), t(3, 4)),
        ],
        aliases=("trapz",),
        method=False,
        fuzz=False,
        **GRADS,
    ),
    OpCase(
        "cov",
        covariance,
        [
            call(t(3, 6)),
            call(t(6)),
            call(t(2, 5), correction=0),
            call(t(2, 3), fweights=values([1, 2, 4], "int64"), aweights=t(3, domain=(0.2, 1))),
        ],
        fuzz=False,
        errors=[fails("at most 2 dimensions", t(2, 2, 2))],
        grad=None,
    ),
    OpCase("corrcoef", np.corrcoef, [call(t(3, 6)), call(t(6))], fuzz=False, grad=None),
    OpCase(
        "fill_diagonal_",
        filled,
        [
            call(t(3, 3), 2.0),
            call(t(2, 5), 1.5),
            call(t(7, 2), 1.5),
            call(t(7, 2), 3.0, True),
            call(t(3, 3, 3), 1.0),
        ],
        function=False,
        grad=None,
        dtypes=FLOATS,
        layouts=("contiguous",),
        fuzz=False,
        errors=[fails("a matrix", t(3), 1.0), fails("one size", t(2, 3, 4), 1.0)],
    ),
]
