"""Elementwise functions that give truth values, and logic on bits."""

import math
import operator

import numpy as np

from cases import ALL, INTS, NUMBERS, OpCase, binary_calls, call, fails, t, unary_calls, values

LARGE = [call(t(37, 7001))]
LARGE_PAIR = [call(t(37, 7001), t(37, 7001)), call(t(37, 1), t(7001))]
SPECIAL = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1.5]
NOT_BROADCAST = fails(r"\(2, 3\).*\(4,\)", t(2, 3), t(4))


def compare(name, ref):
    samples = [*binary_calls(), call(t(4, 3), 1), call(t(7), 0.5)]
    special = call(values(SPECIAL, "float32"), values(SPECIAL[::-1], "float32"))
    return OpCase(
        name,
        ref,
        [*samples, special],
        dtypes=NUMBERS,
        large=LARGE_PAIR,
        errors=[
            NOT_BROADCAST,
            fails("expected a tensor or a number; got", t(3), "three", error=TypeError),
        ],
    )


COMPARISONS = [
    compare("eq", operator.eq),
    compare("ne", operator.ne),
    compare("lt", operator.lt),
    compare("le", operator.le),
    compare("gt", operator.gt),
    compare("ge", operator.ge),
]


def logic(name, ref, dtypes, samples=None, **more):
    settings = {"large": LARGE_PAIR, "errors": [NOT_BROADCAST]} | more
    return OpCase(name, ref, samples or binary_calls(), dtypes=dtypes, **settings)


WHOLE = (*INTS, "bool")
LOGIC = [
    logic("logical_and", np.logical_and, ALL),
    logic("logical_or", np.logical_or, ALL),
    logic("logical_xor", np.logical_xor, ALL),
    logic("logical_not", np.logical_not, ALL, unary_calls(), large=LARGE, errors=[]),
    logic("bitwise_and", np.bitwise_and, WHOLE, inplace=True),
    logic("bitwise_or", np.bitwise_or, WHOLE, inplace=True),
    logic("bitwise_xor", np.bitwise_xor, WHOLE, inplace=True),
    logic(
        "bitwise_not",
        np.bitwise_not,
        WHOLE,
        unary_calls(),
        large=LARGE,
        errors=[fails("float32", t(3, dtype="float32"), error=TypeError)],
        inplace=True,
    ),
]


def special(name, ref):
    samples = [*unary_calls(), call(values(SPECIAL, dtype="float32"))]
    return OpCase(name, ref, samples, dtypes=NUMBERS, large=LARGE)


CLASSIFICATION = [
    special("isnan", np.isnan),
    special("isinf", np.isinf),
    OpCase(
        "isfinite",
        np.isfinite,
        [*unary_calls(), call(values(SPECIAL, dtype="float32"))],
        dtypes=ALL,
        large=LARGE,
    ),
    OpCase(
        "isclose",
        lambda a, b, rtol=1e-5, atol=1e-8, equal_nan=False: np.isclose(a, b, rtol, atol, equal_nan),
        [
            *binary_calls(),
            call(values(SPECIAL), values(SPECIAL)),
            call(values(SPECIAL), values(SPECIAL), equal_nan=True),
            call(t(5), t(5), rtol=0.5, atol=0.5),
        ],
    ),
    OpCase(
        "allclose",
        lambda a, b, **more: np.allclose(a, b, **more),
        [call(t(3, 4), t(3, 4)), call(t(3), t(3), atol=10.0), call(values([1.0]), values([1.0]))],
    ),
    OpCase(
        "equal",
        np.array_equal,
        [
            call(t(3), t(3)),
            call(values([1.0]), values([1.0])),
            call(values([1.0]), values([[1.0]])),
        ],
    ),
]

CASES = [*COMPARISONS, *LOGIC, *CLASSIFICATION]
