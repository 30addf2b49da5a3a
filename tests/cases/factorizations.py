"""Products, norms, factorizations and solvers composed in Python; others stand in linalg.py."""

import functools
import math
import operator

import numpy as np

from cases import OpCase, axis, call, fails, t, values

INF = math.inf
# Not expanded: equal rows make a matrix singular.
REGULAR_LAYOUTS = ("contiguous", "transposed", "strided")
GRADS = {"grad": True, "gradgrad": True}


def tensordot(a, b, dims=2):
    return np.tensordot(a, b, dims)


def cdist(a, b, p=2.0):
    difference = np.abs(a[..., :, None, :] - b[..., None, :, :])
    return difference.max(-1, initial=0) if p == INF else (difference**p).sum(-1) ** (1 / p)


def added(product):
    return lambda x, a, b, beta=1, alpha=1: beta * x + alpha * product(a, b)


def accumulating(name, product, x, a, b, bad):
    return OpCase(
        name,
        added(product),
        [call(x, a, b), call(x, a, b, beta=0.5, alpha=2.0), call(t(), a, b, alpha=2)],
        terms=lambda *args, **more: 20,
        errors=[fails("shape", bad, a, b)],
        inplace=True,
        same_errors=False,  # NumPy lets the sum grow
        **GRADS,
    )


PRODUCTS = [
    OpCase(
        "tensordot",
        tensordot,
        [
            call(t(2, 3, 4), t(3, 4, 5)),
            call(t(2, 3), t(4), 0),
            call(t(2, 3, 4), t(4, 3), dims=([1, 2], [1, 0])),
            call(t(2, 0), t(0, 3), 1),
        ],
        method=False,
        errors=[fails(r"\(2, 3\).*\(4, 5\)", t(2, 3), t(4, 5), 1)],
        terms=lambda a, b, dims=2: 12,
        same_errors=False,  # sizes 1 and negative dims
        fuzz=False,
        **GRADS,
    ),
    OpCase("ger", np.outer, [call(t(3), t(4))], same_errors=False, **GRADS),
    OpCase("vdot", np.vdot, [call(t(5), t(5)), call(t(0), t(0))], same_errors=False, **GRADS),
    OpCase(
        "inner",
        np.inner,
        [call(t(3), t(3)), call(t(2, 3), t(4, 3)), call(t(2, 3), t()), call(t(2, 0), t(3, 0))],
        errors=[fails(r"\(2, 3\).*\(2, 4\)", t(2, 3), t(2, 4))],
        fuzz=False,
        **GRADS,
    ),
    OpCase(
        "kron",
        np.kron,
        [call(t(2, 3), t(4, 2)), call(t(2), t(2, 3)), call(t(), t(3)), call(t(0, 2), t(3, 1))],
        **GRADS,
    ),
    accumulating("addmv", np.matmul, t(3), t(3, 4), t(4), t(5)),
    accumulating("addr", np.outer, t(3, 4), t(3), t(4), t(5)),
    accumulating("baddbmm", np.matmul, t(2, 3, 5), t(2, 3, 4), t(2, 4, 5), t(7)),
    accumulating("addbmm", lambda a, b: (a @ b).sum(0), t(3, 5), t(2, 3, 4), t(2, 4, 5), t(7)),
    OpCase(
        "cross",
        lambda a, b, dim=-1: np.cross(a, b, axis=dim),
        [call(t(3), t(3), dim=0), call(t(2, 3), t(2, 3), dim=-1), call(t(3, 5), t(3, 5), dim=0)],
        errors=[fails(r"size 3; got shapes \(4,\)", t(4), t(4))],
        same_errors=False,  # NumPy takes vectors of two
        fuzz=False,
        **GRADS,
    ),
    OpCase(
        "matrix_power",
        np.linalg.matrix_power,
        [call(t(3, 3), n) for n in (0, 1, 2, 3, 5, -1, -2)] + [call(t(2, 3, 3), 3)],
        errors=[fails(r"square matrices; got \(2, 3\)", t(2, 3), 2)],
        terms=lambda x, n: 1000,
        layouts=REGULAR_LAYOUTS,
        torch_tol=1000,  # the inverse is found in other steps
        same_errors=False,
        fuzz=False,
        **GRADS,
    ),
    OpCase(
        "chain_matmul",
        lambda *matrices: functools.reduce(operator.matmul, matrices),
        [call(t(2, 30), t(30, 3), t(3, 4)), call(t(2, 3), t(3, 4), t(4, 1), t(1, 5))],
        torch=None,  # deprecated there
        method=False,
        terms=lambda *matrices: 100,
        same_errors=False,
        fuzz=False,
        **GRADS,
    ),
    OpCase(
        "cdist",
        cdist,
        [
            call(t(4, 3), t(5, 3)),
            call(t(2, 4, 3), t(5, 3), 1.0),
            call(t(4, 3), t(5, 3), INF),
            call(t(4, 0), t(5, 0), INF),
        ],
        method=False,
        distinct=True,
        errors=[fails(r"\(4, 3\) and \(5, 2\)", t(4, 3), t(5, 2))],
        fuzz=False,
        **GRADS,
    ),
    OpCase(
        "dist",
        lambda a, b, p=2: np.linalg.norm((a - b).ravel(), p),
        [call(t(3, 4), t(3, 4)), call(t(5), t(5), 1), call(t(5), t(5), p=3)],
        distinct=True,
        fuzz=False,
        **GRADS,
    ),
]


def factorized(name, ref, samples, at="linalg.", **more):
    """Functions of matrices that must be far from singular."""
    settings = {"terms": lambda *args, **kwargs: 400, "method": False, "layouts": REGULAR_LAYOUTS}
    settings |= GRADS | more
    return OpCase(f"{at}{name}", ref, samples, same_errors=False, fuzz=False, **settings)


WELL_POSED = [[2.0, -1.0, 0.3], [-1.0, 3.0, 0.5], [0.3, 0.5, 4.0]]
EXCHANGED = [[0.0, 2.0, 1.0], [1.0, 0.5, 0.0], [3.0, 1.0, 1.0]]  # needs pivoting
SYMMETRIC = [call(values(WELL_POSED)), call(values([WELL_POSED, WELL_POSED])), call(t(0, 0))]
REGULAR = [call(values(WELL_POSED)), call(values([EXCHANGED, WELL_POSED]))]
NOT_SQUARE = fails(r"square matrices; got shape \(2, 3\)", t(2, 3))


def triangular(matrix, right, *, upper, left=True, unitriangular=False):
    triangle = np.triu(matrix) if upper else np.tril(matrix)
    if unitriangular:
        np.fill_diagonal(triangle, 1)
    return np.linalg.solve(triangle, right) if left else right @ np.linalg.inv(triangle)


def vector_norm(x, ord=2, **more):
    return np.linalg.norm(x if more else x.ravel(), ord, **more)


def matrix_norm(x, ord="fro", keepdim=False):
    return np.linalg.norm(x, ord, (-2, -1), keepdim)


LINALG = [
    factorized("slogdet", lambda x: tuple(np.linalg.slogdet(x)), REGULAR, at="", method=True),
    factorized("det", np.linalg.det, REGULAR, at="", method=True),
    factorized("cholesky", np.linalg.cholesky, SYMMETRIC, errors=[NOT_SQUARE]),
    factorized("inv", np.linalg.inv, REGULAR, errors=[NOT_SQUARE]),
    factorized("det", np.linalg.det, [*REGULAR, call(t(0, 0))], errors=[NOT_SQUARE]),
    factorized("inverse", np.linalg.inv, REGULAR, at="", method=True),
    factorized("logdet", lambda x: np.log(np.linalg.det(x)), REGULAR[:1], at="", method=True),
    factorized("slogdet", lambda x: tuple(np.linalg.slogdet(x)), REGULAR, errors=[NOT_SQUARE]),
    factorized(
        "solve",
        np.linalg.solve,
        [call(values(EXCHANGED), t(3, 2)), call(values([EXCHANGED, WELL_POSED]), t(2, 3, 2))],
        errors=[fails("singular", values([[1.0, 2.0], [2.0, 4.0]]), t(2, 2), error=RuntimeError)],
    ),
    factorized(
        "solve_triangular",
        triangular,
        [
            call(values(WELL_POSED), t(3, 2), upper=False),
            call(values(WELL_POSED), t(3, 2), upper=True),
            call(values(WELL_POSED), t(2, 3), upper=True, left=False),
            call(values(WELL_POSED), t(3, 2), upper=False, unitriangular=True),
        ],
    ),
    factorized(
        "vector_norm",
        axis(vector_norm),
        [call(t(5)), call(t(3, 4)), call(t(3, 4), 1, dim=1), call(t(3, 4), INF, dim=0)],
        distinct=True,
    ),
    factorized(
        "matrix_norm",
        matrix_norm,
        [call(t(3, 4)), *(call(t(2, 3, 4), ord) for ord in (1, -1, INF, -INF))],
        errors=[fails("'nuc'", t(2, 2), "nuc", error=NotImplementedError)],
    ),
    factorized(
        "multi_dot", np.linalg.multi_dot, [call([t(2, 30), t(30, 3), t(3)]), call([t(3), t(3, 2)])]
    ),
    factorized(
        "vecdot",
        lambda x, y, dim=-1: (x * y).sum(dim),
        [call(t(2, 3), t(2, 3)), call(t(2, 3), t(2, 1), dim=0)],
    ),
    factorized("cross", lambda a, b, dim=-1: np.cross(a, b, axis=dim), [call(t(2, 3), t(2, 3))]),
    factorized(
        "diagonal",
        lambda x, offset=0: np.diagonal(x, offset, -2, -1),
        [call(t(3, 4)), call(t(2, 3, 4), offset=1)],
    ),
]

CASES = [*PRODUCTS, *LINALG]
