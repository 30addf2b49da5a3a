"""Products of vectors and matrices, norms, einsum."""

import numpy as np

from cases import FLOATS, NUMBERS, OpCase, axis, call, fails, t


def product(name, samples, ref=np.matmul, **more):
    settings = {"dtypes": NUMBERS, "grad": True, "gradgrad": True, "terms": depth} | more
    return OpCase(name, ref, samples, **settings)


def depth(a, *rest, **more):
    """How many products are summed."""
    return a.shape[-1] if a.ndim else 1


def pairs(*shapes):
    return [call(t(*a), t(*b)) for a, b in shapes]


# Around the tiles and blocks of the driver: below, at and above each of them.
SIZES = [1, 2, 3, 7, 8, 16, 17, 31, 33, 64, 65]
SQUARES = [((n, n), (n, n)) for n in SIZES]
THIN = [
    ((1, 64), (64, 33)),
    ((65, 3), (3, 1)),
    ((3, 300), (300, 5)),
    ((130, 1), (1, 70)),
    ((37, 129), (129, 10)),
]
EMPTY = [((0, 3), (3, 2)), ((2, 0), (0, 3)), ((2, 3), (3, 0))]
STACKS = [
    ((4, 2, 3), (4, 3, 5)),
    ((4, 2, 3), (3, 5)),
    ((2, 3), (4, 3, 5)),
    ((2, 1, 2, 3), (4, 3, 5)),
    ((0, 2, 3), (3, 5)),
    ((4, 2, 0), (0, 5)),
    ((2, 2, 3), (1, 3, 2)),
]
VECTORS = [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((4, 2, 3), (3,)), ((3,), (4, 3, 2))]
VECTORS_EMPTY = [((0,), (0,)), ((2, 0), (0,)), ((0, 3), (3,))]

MISMATCH = fails(r"\(2, 3\).*\(4, 5\)", t(2, 3), t(4, 5))
TYPES = fails("float32.*int64", t(2, 2), t(2, 2, dtype="int64"), error=TypeError)

PRODUCTS = [
    product(
        "matmul",
        pairs(*SQUARES[:6], *THIN[:2], *EMPTY, *STACKS, *VECTORS, *VECTORS_EMPTY),
        large=pairs(((257, 300), (300, 129)), ((16, 40, 64), (16, 64, 48)), ((3000,), (3000, 70))),
        errors=[
            MISMATCH,
            TYPES,
            fails("at least one dimension", t(), t(3)),
            fails(r"\(2,.*\(3,", t(2, 3, 4), t(3, 4, 5)),
        ],
    ),
    product(
        "mm",
        pairs(*SQUARES, *THIN, *EMPTY),
        large=pairs(((9, 20000), (20000, 7)), ((300, 64), (64, 200))),
        errors=[MISMATCH, TYPES, fails(r"2 dimensions.*\(3,\)", t(2, 3), t(3))],
        same_errors=False,  # np.matmul takes vectors and stacks
    ),
    product(
        "bmm",
        pairs(((4, 2, 3), (4, 3, 5)), ((0, 2, 3), (0, 3, 5)), ((3, 17, 9), (3, 9, 33))),
        large=pairs(((16, 40, 64), (16, 64, 48))),
        errors=[fails(r"\(4, 2, 3\).*\(5, 3, 2\)", t(4, 2, 3), t(5, 3, 2))],
        same_errors=False,  # np.matmul broadcasts
    ),
    product(
        "mv",
        pairs(((2, 3), (3,)), ((0, 3), (3,)), ((2, 0), (0,)), ((65, 130), (130,))),
        large=pairs(((700, 900), (900,))),
        errors=[fails(r"\(2, 3\).*\(4,\)", t(2, 3), t(4))],
        same_errors=False,  # np.matmul takes other dimensions
    ),
    product(
        "dot",
        pairs(((3,), (3,)), ((0,), (0,)), ((1000,), (1000,))),
        ref=np.dot,
        large=pairs(((400000,), (400000,))),
        errors=[fails("3.*4", t(3), t(4)), fails(r"\(2, 3\)", t(2, 3), t(3))],
        same_errors=False,  # np.dot takes other dimensions
    ),
    product(
        "outer",
        pairs(((3,), (4,)), ((0,), (4,))),
        ref=np.outer,
        terms=lambda a, b: 1,
        errors=[fails(r"\(2, 2\)", t(2, 2), t(3))],
        same_errors=False,  # NumPy flattens
    ),
    product(
        "addmm",
        inplace=True,
        samples=[
            call(t(2, 4), t(2, 3), t(3, 4)),
            call(t(4), t(2, 3), t(3, 4), beta=0.5, alpha=2.0),
            call(t(), t(0, 3), t(3, 4)),
            call(t(2, 1), t(2, 0), t(0, 4)),
        ],
        ref=lambda x, a, b, beta=1, alpha=1: beta * x + alpha * (a @ b),
        terms=lambda x, a, b, **more: a.shape[-1] + 1,
        dtypes=FLOATS,
        large=[call(t(129), t(257, 300), t(300, 129))],
        errors=[
            fails(r"\(2, 3\).*\(4, 5\)", t(5), t(2, 3), t(4, 5)),
            fails(r"\(7,\).*\(2, 4\)|\(2, 4\).*\(7,\)", t(7), t(2, 3), t(3, 4)),
            fails(r"\(5, 2, 4\)", t(5, 2, 4), t(2, 3), t(3, 4)),
        ],
        same_errors=False,  # NumPy lets the sum grow
    ),
    product(
        "linear",
        [
            call(t(5, 3), t(4, 3), t(4)),
            call(t(2, 5, 3), t(4, 3)),
            call(t(3), t(4, 3), t(4)),
            call(t(0, 3), t(4, 3), t(4)),
            call(t(5, 0), t(4, 0), t(4)),
            call(t(33, 70), t(65, 70), t(65)),
        ],
        ref=lambda x, weight, bias=0: x @ weight.T + bias,
        torch="nn.functional.linear",
        method=False,
        dtypes=FLOATS,
        large=[call(t(128, 300), t(200, 300), t(200))],
        errors=[
            fails(r"last dimension is 3; got shape \(5, 4\)", t(5, 4), t(4, 3)),
            fails(r"bias of shape \(4,\)", t(5, 3), t(4, 3), t(3)),
        ],
        same_errors=False,  # NumPy broadcasts the bias
    ),
    product(
        "einsum",
        [
            call("ij,jk->ik", t(2, 3), t(3, 4)),
            call("bij,bkj->bik", t(2, 3, 4), t(2, 5, 4)),
            call("ii->i", t(3, 3)),
            call("ii", t(3, 3)),
            call("ij->ji", t(2, 3)),
            call("i,j->ij", t(2), t(3)),
            call("...ij,...jk", t(2, 2, 3), t(2, 3, 4)),
            call("ij,jk,kl->il", t(2, 3), t(3, 4), t(4, 2)),
        ],
        ref=np.einsum,
        terms=lambda equation, *rest: 16,
        method=False,
        dtypes=FLOATS,
        errors=[fails("3.*4|4.*3", "ij,jk->ik", t(2, 3), t(4, 5))],
        same_errors=False,  # NumPy takes a trailing subset of subscripts otherwise
    ),
]

NORMS = [
    OpCase(
        "linalg.norm",
        axis(np.linalg.norm),
        [
            call(t(5)),
            call(t(3, 4)),
            call(t(3, 4), dim=1),
            call(t(3, 4), 1, dim=0, keepdim=True),
            call(t(3, 4), float("inf"), dim=1),
            call(t(3, 4), 3, dim=-1),
            call(t(3, 4), "fro"),
            call(t(2, 3, 4), dim=[0, 2]),
        ],
        method=False,
        domain=(-2.5, 3.4),  # no two magnitudes alike, none zero
        distinct=True,
        grad=True,
        gradgrad=True,
        same_errors=False,  # matrix norms by singular values are not there
        fuzz=False,
    ),
    OpCase(
        "trace",
        np.trace,
        [
            call(t(3, 3)),
            call(t(2, 4)),
            call(t(0, 0)),
            call(t(4, 1)),
        ],
        dtypes=NUMBERS,
        grad=True,
        gradgrad=True,
        errors=[fails(r"\(3,\)", t(3)), fails(r"\(2, 2, 2\)", t(2, 2, 2))],
        same_errors=False,  # NumPy traces stacks
    ),
]

CASES = [*PRODUCTS, *NORMS]
