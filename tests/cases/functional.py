"""Functions composed of others in Python: elementwise ones, PyTorch's aliases, linear algebra."""

import functools
import math
import operator

import numpy as np

from cases import (
    ALL,
    FLOATS,
    NUMBERS,
    OpCase,
    axis,
    binary_calls,
    call,
    fails,
    t,
    unary_calls,
    values,
)

NAN, INF = math.nan, math.inf
SPECIAL = [NAN, INF, -INF, 0.0, -0.0, 1.5]
# Not expanded: equal rows make a matrix singular, and cannot be written apart.
REGULAR_LAYOUTS = ("contiguous", "transposed", "strided")
GRADS = {"grad": True, "gradgrad": True}


def special(**more):
    return call(values(SPECIAL, "float32", grad=False), **more)


def special_pair():
    pairs = [(a, b) for a in SPECIAL for b in SPECIAL]
    left, right = zip(*pairs, strict=True)
    return call(values(left, "float32", grad=False), values(right, "float32", grad=False))


def as_float(function):
    """Compute as floats what NumPy would compute in half precision for small integers."""
    return lambda x, *rest: function(np.asarray(x, np.float64), *rest)


def xlogy(x, y):
    return x * np.log(np.where((x == 0) & ~np.isnan(y), 1, y))


def logit(x, eps=None):
    p = x if eps is None else np.clip(x, eps, 1 - eps)
    return np.log(p / (1 - p))


ELEMENTWISE = [
    OpCase("deg2rad", as_float(np.deg2rad), unary_calls(), dtypes=NUMBERS, inplace=True, **GRADS),
    OpCase("rad2deg", as_float(np.rad2deg), unary_calls(), dtypes=NUMBERS, inplace=True, **GRADS),
    OpCase(
        "sinc",
        np.sinc,
        [*unary_calls(), call(values([0.0, 0.5], grad=False))],
        inplace=True,
        **GRADS,
    ),
    OpCase(
        "logit",
        logit,
        [*unary_calls(), *unary_calls(0.4), call(t(5), eps=0.3)],
        domain=(0.05, 0.95),
        distinct=True,
        inplace=True,
        **GRADS,
    ),
    OpCase("positive", lambda x: x, unary_calls(), dtypes=NUMBERS, **GRADS),
    OpCase("signbit", np.signbit, [*unary_calls(), call(values([0.0, -0.0, INF, -INF]))]),
    OpCase("isposinf", np.isposinf, [*unary_calls(), special()]),
    OpCase("isneginf", np.isneginf, [*unary_calls(), special()]),
    OpCase("isreal", np.isreal, unary_calls(), dtypes=ALL),
    OpCase(
        "hypot",
        np.hypot,
        [*binary_calls(), call(values([3e30], grad=False), values([4e30], grad=False))],
        inplace=True,
        **GRADS,
    ),
    OpCase(
        "copysign",
        np.copysign,
        [*binary_calls(), call(t(5), -1.0)],
        domain=(0.2, 3),
        inplace=True,
        **GRADS,
    ),
    OpCase("logaddexp2", np.logaddexp2, binary_calls(), **GRADS),
    OpCase("fmax", np.fmax, [*binary_calls(), special_pair()], **GRADS),
    OpCase("fmin", np.fmin, [*binary_calls(), special_pair()], **GRADS),
    OpCase(
        "heaviside",
        np.heaviside,
        [call(t(3, 4), t(4)), call(values([0.0, 2.0], grad=False), t(2))],
        **GRADS,
        inplace=True,
    ),
    OpCase(
        "xlogy",
        xlogy,
        [
            *binary_calls(),
            call(values([0.0, 0.0, 2.0], grad=False), values([0.0, NAN, 1.0], grad=False)),
            call(t(5), 2.0),
        ],
        domain=(0.2, 3),
        inplace=True,
        **GRADS,
    ),
    OpCase(
        "rsub",
        lambda x, other, alpha=1: other - alpha * x,
        [*binary_calls(), call(t(5), 2), call(t(5), 2.5, alpha=3)],
        method=False,
        **GRADS,
    ),
    OpCase(
        "float_power",
        lambda x, y: np.power(x, y, dtype=np.float64),
        [call(t(3, 4), t(4)), call(t(5), 2), call(t(5), 0.5)],
        domain=(0.2, 3),
        dtypes=("float64",),
        inplace=True,
        **GRADS,
    ),
    OpCase(
        "clamp_min",
        np.maximum,
        [call(t(3, 4), 1), call(t(5), t(5)), call(t(0, 2), 0)],
        inplace=True,
        **GRADS,
    ),
    OpCase(
        "clamp_max",
        np.minimum,
        [call(t(3, 4), 1), call(t(5), t(5)), call(t(0, 2), 0)],
        inplace=True,
        **GRADS,
    ),
]


def alias(name, ref, *arguments, domain=(0.2, 0.9), inplace=True, **more):
    return OpCase(
        name, ref, [call(*arguments or [t(3, 4)])], domain=domain, inplace=inplace, **more
    )


PAIR = (t(3, 4), t(4))
ALIASES = [
    alias("absolute", np.abs, **GRADS),
    alias("arccos", np.arccos, **GRADS),
    alias("arccosh", np.arccosh, domain=(1.2, 3), **GRADS),
    alias("arcsin", np.arcsin, **GRADS),
    alias("arcsinh", np.arcsinh, **GRADS),
    alias("arctan", np.arctan, **GRADS),
    alias("arctan2", np.arctan2, *PAIR, **GRADS),
    alias("arctanh", np.arctanh, **GRADS),
    alias("divide", np.divide, *PAIR, **GRADS),
    alias("true_divide", np.divide, *PAIR, **GRADS),
    alias("fix", np.trunc, domain=(-3, 3), **GRADS),
    alias("greater", np.greater, *PAIR, inplace=False),
    alias("greater_equal", np.greater_equal, *PAIR, inplace=False),
    alias("less", np.less, *PAIR, inplace=False),
    alias("less_equal", np.less_equal, *PAIR, inplace=False),
    alias("multiply", np.multiply, *PAIR, **GRADS),
    alias("negative", np.negative, **GRADS),
    alias("not_equal", np.not_equal, *PAIR, inplace=False),
    alias("sgn", np.sign, **GRADS),
    alias("subtract", np.subtract, *PAIR, **GRADS),
]


def converted(name, dtype):
    """Conversions to one type, methods alone."""
    wide = dtype == "float64"  # differences of others are too coarse to check gradients by
    return OpCase(
        name,
        lambda x: x.astype(dtype),
        [call(t(3, 4, grad=wide)), call(t(grad=wide)), call(t(0, 2, grad=wide))],
        function=False,
        domain=(0, 9),  # what every type holds
        dtypes=(dtype,) if dtype in FLOATS else ALL,
        grad=wide,
        gradgrad=wide,
    )


def shaped(name, ref, *calls):
    return OpCase(name, ref, list(calls), function=False, layouts=("contiguous",), **GRADS)


OTHER = t(2, 6, grad=False)
CONVERSIONS = [
    converted("float", "float32"),
    converted("double", "float64"),
    converted("long", "int64"),
    converted("int", "int32"),
    converted("byte", "uint8"),
    converted("bool", "bool"),
    shaped("view_as", lambda x, other: x.reshape(other.shape), call(t(3, 4), OTHER)),
    shaped("reshape_as", lambda x, other: x.reshape(other.shape), call(t(3, 4), OTHER)),
    shaped("expand_as", lambda x, o: np.broadcast_to(x, o.shape), call(t(2, 1), OTHER)),
]


def changed(name, ref, *calls):
    """In-place forms whose results have another type or shape than those of the function."""
    return OpCase(name, ref, list(calls), function=False, layouts=REGULAR_LAYOUTS, fuzz=False)


def kept(compare):
    return lambda a, b: compare(a, b).astype(a.dtype)


FIXED = t(3, 4, grad=False)
IN_PLACE = [
    *(
        changed(name, kept(compare), call(FIXED, t(4, grad=False)), call(FIXED, 0.5))
        for names, compare in [
            (("eq_",), np.equal),
            (("ne_", "not_equal_"), np.not_equal),
            (("lt_", "less_"), np.less),
            (("le_", "less_equal_"), np.less_equal),
            (("gt_", "greater_"), np.greater),
            (("ge_", "greater_equal_"), np.greater_equal),
            (("logical_and_",), np.logical_and),
            (("logical_or_",), np.logical_or),
            (("logical_xor_",), np.logical_xor),
        ]
        for name in names
    ),
    changed("logical_not_", lambda x: np.logical_not(x).astype(x.dtype), call(FIXED)),
    changed("unsqueeze_", np.expand_dims, call(FIXED, 1), call(t(grad=False), 0)),
    changed("squeeze_", np.squeeze, call(t(3, 1, 4, grad=False)), call(t(3, 1, 4, grad=False), 1)),
    changed("t_", np.transpose, call(FIXED), call(t(3, grad=False))),
    *(
        changed(name, np.swapaxes, call(t(2, 3, 4, grad=False), 0, 2))
        for name in ("transpose_", "swapaxes_", "swapdims_")
    ),
]


def tensordot(a, b, dims=2):
    return np.tensordot(a, b, dims)


def cdist(a, b, p=2.0):
    difference = np.abs(a[..., :, None, :] - b[..., None, :, :])
    return difference.max(-1) if p == INF else (difference**p).sum(-1) ** (1 / p)


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
        [call(t(3), t(3)), call(t(2, 3), t(2, 3)), call(t(3, 5), t(3, 5), dim=0)],
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
        same_errors=False,
        fuzz=False,
        **GRADS,
    ),
    OpCase(
        "chain_matmul",
        lambda *matrices: functools.reduce(operator.matmul, matrices),
        [call(t(2, 30), t(30, 3), t(3, 4)), call(t(2, 3), t(3, 4), t(4, 1), t(1, 5))],
        method=False,
        terms=lambda *matrices: 100,
        same_errors=False,
        fuzz=False,
        **GRADS,
    ),
    OpCase(
        "cdist",
        cdist,
        [call(t(4, 3), t(5, 3)), call(t(2, 4, 3), t(5, 3), 1.0), call(t(4, 3), t(5, 3), INF)],
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


def factorized(name, ref, samples, **more):
    """Functions of matrices that must be far from singular."""
    settings = {"terms": lambda *args, **kwargs: 400, "method": False, "layouts": REGULAR_LAYOUTS}
    settings |= GRADS | more
    return OpCase(f"linalg.{name}", ref, samples, same_errors=False, fuzz=False, **settings)


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
    factorized("cholesky", np.linalg.cholesky, SYMMETRIC, errors=[NOT_SQUARE]),
    factorized("inv", np.linalg.inv, REGULAR, errors=[NOT_SQUARE]),
    factorized("det", np.linalg.det, [*REGULAR, call(t(0, 0))], errors=[NOT_SQUARE]),
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
    factorized("outer", np.outer, [call(t(3), t(4))]),
    factorized("cross", lambda a, b, dim=-1: np.cross(a, b, axis=dim), [call(t(2, 3), t(2, 3))]),
    factorized(
        "diagonal",
        lambda x, offset=0: np.diagonal(x, offset, -2, -1),
        [call(t(3, 4)), call(t(2, 3, 4), offset=1)],
    ),
]

CASES = [*ELEMENTWISE, *ALIASES, *CONVERSIONS, *IN_PLACE, *PRODUCTS, *LINALG]
