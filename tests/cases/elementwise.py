"""Elementwise functions of one, two and three tensors; those that give truth values: truth.py."""

import math

import numpy as np

from cases import (
    ALL,
    FLOATS,
    NUMBERS,
    OpCase,
    binary_calls,
    call,
    fails,
    t,
    unary_calls,
    values,
)

LARGE = [call(t(37, 7001))]
LARGE_PAIR = [
    call(t(37, 7001), t(37, 7001)),
    call(t(37, 7001), t(7001)),
    call(t(37, 1), t(37, 7001)),
]
SPECIAL = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1.5]
NOT_TENSORS = fails("got str|incompatible(.|\n)*'three'", t(3), "three", error=TypeError)
NOT_BROADCAST = fails(r"\(2, 3\).*\(4,\)", t(2, 3), t(4))


def real(function):
    """Compute as floats what NumPy would compute in half precision for small integers."""
    return lambda x, *rest: function(np.asarray(x, np.float64), *rest)


def hurwitz(order, x):
    """Return a derivative of the digamma function, or that, as a sum."""
    x = np.asarray(x, np.float64)
    k, last = np.arange(2000), 2000 + x
    terms = x[..., None] + k
    if order == 0:
        return np.log(last) - 1 / (2 * last) - 1 / (12 * last**2) - (1 / terms).sum(-1)
    rest = last**-order / order + last ** -(order + 1) / 2 + (order + 1) * last ** -(order + 2) / 12
    zeta = (terms ** -(order + 1)).sum(-1) + rest
    return (-1) ** (order + 1) * math.factorial(order) * zeta


def quantile(x):
    low, high = -6.0, 6.0
    for _ in range(70):
        middle = (low + high) / 2
        low, high = (middle, high) if math.erf(middle) < x else (low, middle)
    return low


def each(function):
    return np.vectorize(function, otypes=[float])


def unary(name, ref, domain=(-3, 3), dtypes=ALL, **more):
    """Differentiable functions of one tensor."""
    return OpCase(
        name,
        real(ref) if dtypes is ALL else ref,
        unary_calls(),
        dtypes=dtypes,
        domain=domain,
        large=LARGE,
        inplace=True,
        grad=True,
        gradgrad=True,
        errors=[fails("expected a tensor; got list", [1.0], error=TypeError)],
        **more,
    )


UNARY = [
    unary("abs", np.abs, dtypes=NUMBERS),
    unary("neg", np.negative, dtypes=NUMBERS),
    unary("sign", np.sign, dtypes=NUMBERS),
    unary("square", np.square, dtypes=NUMBERS),
    unary("relu", lambda x: np.maximum(x, np.zeros_like(x)), dtypes=NUMBERS),
    unary("floor", lambda x: np.floor(x).astype(x.dtype), dtypes=NUMBERS),
    unary("ceil", lambda x: np.ceil(x).astype(x.dtype), dtypes=NUMBERS),
    unary("trunc", lambda x: np.trunc(x).astype(x.dtype), dtypes=NUMBERS),
    unary("round", np.round, dtypes=NUMBERS),
    unary("frac", lambda x: x - np.trunc(x), dtypes=FLOATS),
    unary("exp", np.exp),
    unary("exp2", np.exp2),
    unary("expm1", np.expm1),
    unary("log", np.log, domain=(0.1, 3)),
    unary("log1p", np.log1p, domain=(-0.9, 3)),
    unary("log2", np.log2, domain=(0.1, 3)),
    unary("log10", np.log10, domain=(0.1, 3)),
    unary("sqrt", np.sqrt, domain=(0.1, 3)),
    unary("rsqrt", lambda x: 1 / np.sqrt(x), domain=(0.1, 3)),
    unary("reciprocal", lambda x: 1 / x, domain=(0.3, 3)),
    unary("erfinv", each(quantile), domain=(-0.95, 0.95), dtypes=FLOATS),
    unary("lgamma", each(math.lgamma), domain=(0.1, 12), dtypes=FLOATS),
    # PyTorch's polygamma, which is also digamma's gradient, has 11 digits.
    unary(
        "digamma",
        lambda x: hurwitz(0, x),
        domain=(0.1, 12),
        dtypes=FLOATS,
        torch_tol={"float64": 1e5},
    ),
    unary("sin", np.sin),
    unary("cos", np.cos),
    unary("tan", np.tan, domain=(-1.2, 1.2)),
    unary("asin", np.arcsin, domain=(-0.9, 0.9)),
    unary("acos", np.arccos, domain=(-0.9, 0.9)),
    unary("atan", np.arctan),
    unary("sinh", np.sinh),
    unary("cosh", np.cosh),
    unary("tanh", np.tanh),
    unary("asinh", np.arcsinh),
    unary("acosh", np.arccosh, domain=(1.2, 3)),
    unary("atanh", np.arctanh, domain=(-0.9, 0.9)),
    unary("sigmoid", lambda x: 1 / (1 + np.exp(-x))),
    unary("erf", np.vectorize(math.erf, otypes=[float])),
    unary("erfc", np.vectorize(math.erfc, otypes=[float])),
]


TENSORS_ONLY = {"maximum", "minimum", "atan2", "logaddexp"}


def binary(name, ref, samples=None, **more):
    """Functions of two tensors, the second of which may be a number."""
    settings = {"inplace": True, "dtypes": NUMBERS, "large": LARGE_PAIR} | more
    numbers = [call(t(3, 4), 2), call(t(5), 1.5)] if name not in TENSORS_ONLY else []
    errors = [NOT_TENSORS, NOT_BROADCAST, *settings.pop("errors", [])]
    return OpCase(name, ref, (samples or binary_calls()) + numbers, errors=errors, **settings)


def divisible(dividends, divisors):
    """Pairs for integer division: every sign, and no divisor near zero."""
    pairs = [((3, 5), (3, 5)), ((37,), (1,)), ((), (4, 2)), ((2, 0, 3), (3,))]
    return [call(t(*a, domain=dividends), t(*b, domain=divisors)) for a, b in pairs]


SIGNS = [*divisible((-9, 9), (1.3, 5)), *divisible((-9, 9), (-5, -1.3))]
ZERO_DIVISION = fails(
    "division by zero",
    values([1, 2], dtype="int64"),
    values([1, 0], dtype="int64"),
    error=ZeroDivisionError,
)


def truncated(a, b):
    return np.trunc(np.true_divide(a, b)).astype(np.result_type(a, b))


ROUNDING = {None: np.true_divide, "floor": np.floor_divide, "trunc": truncated}

ARITHMETIC = [
    binary(
        "add",
        lambda a, b, alpha=True: a + b * alpha,
        [*binary_calls(), call(t(3, 4, dtype="float32"), t(4), alpha=2)],
        dtypes=ALL,
        grad=True,
        gradgrad=True,
    ),
    binary(
        "sub",
        lambda a, b, alpha=True: a - b * alpha,
        [*binary_calls(), call(t(3, 4), t(4), alpha=2)],
        grad=True,
        gradgrad=True,
        errors=[
            fails("bool", t(3, dtype="bool"), t(3, dtype="bool"), error=TypeError),
        ],
    ),
    binary("mul", np.multiply, dtypes=ALL, grad=True, gradgrad=True),
    binary(
        "div",
        lambda a, b, rounding_mode=None: ROUNDING[rounding_mode](a, b),
        [
            *binary_calls(),
            *SIGNS,
            call(t(3, 4), t(4), rounding_mode="floor"),
            call(t(3, 4), t(4), rounding_mode="trunc"),
        ],
        domain=(1, 5),
        grad=True,
        gradgrad=True,
        errors=[fails("rounding_mode|'up'", t(2), t(2), rounding_mode="up")],
    ),
    binary("maximum", np.maximum, dtypes=ALL, grad=True, gradgrad=True),
    binary("minimum", np.minimum, dtypes=ALL, grad=True, gradgrad=True),
    binary("pow", np.power, domain=(0.3, 3), grad=True, gradgrad=True),
    binary("atan2", real(np.arctan2), domain=(0.5, 3), grad=True, gradgrad=True),
    binary("logaddexp", np.logaddexp, dtypes=FLOATS, grad=True, gradgrad=True),
    binary("fmod", np.fmod, SIGNS, grad=True, gradgrad=True, errors=[ZERO_DIVISION]),
    binary("remainder", np.remainder, SIGNS, grad=True, gradgrad=True, errors=[ZERO_DIVISION]),
    # Its gradient is zero, which differences at a step would not show.
    binary("floor_divide", np.floor_divide, SIGNS, grad=None, errors=[ZERO_DIVISION]),
]


def clip(x, min=None, max=None):
    return np.clip(x, min, max)


CHOICES = [
    OpCase(
        "clamp",
        clip,
        [
            *unary_calls(1, 2),
            call(t(9), min=1),
            call(t(9), max=0.5),
            call(t(3, 4), t(4), t(3, 1)),
            call(t(5), t(5)),
            call(values(SPECIAL, "float32", grad=False), 0.5, 1.0),
        ],
        aliases=("clip",),
        dtypes=NUMBERS,
        inplace=True,
        grad=True,
        gradgrad=True,
        large=[call(t(37, 7001), -1, 1)],
        errors=[fails("expected min or max", t(3))],
    ),
    OpCase(
        "nan_to_num",
        np.nan_to_num,
        [
            *unary_calls(),
            call(values(SPECIAL, grad=False), posinf=7.0, neginf=-7.0),
            call(values([math.nan, 1.0], grad=False), nan=2.5),
        ],
        inplace=True,
        grad=True,
        gradgrad=True,
        large=LARGE,
    ),
    OpCase(
        "where",
        np.where,
        [
            call(t(3, 4, dtype="bool"), t(3, 4), t(3, 4)),
            call(t(3, 1, dtype="bool"), t(4), t()),
            call(t(0, 3, dtype="bool"), t(3), t(1)),
            call(t(5, dtype="bool"), t(5), 1),
            call(t(5, dtype="bool"), 2, t(5)),
        ],
        method=False,
        dtypes=ALL,
        grad=True,
        gradgrad=True,
        large=[call(t(37, 7001, dtype="bool"), t(37, 7001), t(7001))],
        errors=[fails("bool", t(3, dtype="float32"), t(3), t(3), error=TypeError)],
    ),
    OpCase(
        "Tensor.where",
        lambda x, mask, other: np.where(mask, x, other),
        [call(t(3, 4), t(4, dtype="bool"), t(3, 1)), call(t(5), t(5, dtype="bool"), 1)],
        method=False,
        grad=True,
        gradgrad=True,
    ),
    OpCase(
        "lerp",
        lambda a, b, weight: a + weight * (b - a),
        [call(t(3, 4), t(3, 4), 0.25), call(t(3, 4), t(4), t(3, 1)), call(t(0, 2), t(2), 2.0)],
        inplace=True,
        grad=True,
        gradgrad=True,
    ),
    OpCase(
        "addcmul",
        lambda x, a, b, value=1: x + value * a * b,
        [call(t(3, 4), t(3, 4), t(3, 4)), call(t(3, 4), t(4), t(3, 1), value=0.5)],
        inplace=True,
        grad=True,
        gradgrad=True,
    ),
    OpCase(
        "addcdiv",
        lambda x, a, b, value=1: x + value * a / b,
        [call(t(3, 4), t(3, 4), t(3, 4)), call(t(3, 4), t(4), t(3, 1), value=0.5)],
        domain=(0.5, 3),
        inplace=True,
        grad=True,
        gradgrad=True,
    ),
    OpCase(
        "polygamma",
        hurwitz,
        [call(n, t(3, 4)) for n in range(4)] + [call(1, t()), call(2, t(0, 3))],
        domain=(0.4, 12),
        method=False,
        grad=True,
        gradgrad=True,
        fuzz=False,  # the reference needs memory for thousands of terms
        torch_tol={"float64": 1e5},
        errors=[fails("order from 0 on; got -1", -1, t(3))],
    ),
]

CASES = [*UNARY, *ARITHMETIC, *CHOICES]
