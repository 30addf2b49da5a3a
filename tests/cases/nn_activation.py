"""Activations of lamina.nn.functional."""

import math

import numpy as np

import lamina as lm
from cases import OpCase, call, dtype, fails, t, unary_calls, values

LARGE = [call(t(37, 7001))]
NAN, INF = math.nan, math.inf
FAR = [NAN, 1e4, -1e4, 90.0, -90.0, 3e20, -3e20, 0.0]
# Of few values or many spread over it, none is near 0, 0.3, 0.5, 1, 1.5, 2, 3 or 6: the kinks.
DOMAIN = (-4.0619, 7.4722)
GRADS = {"grad": True, "gradgrad": True}


def sigmoid(x):
    return np.where(x < 0, np.exp(np.minimum(x, 0)), 1) / (1 + np.exp(-np.abs(x)))


def softplus(x, beta=1.0, threshold=20.0):
    z = beta * x
    smooth = np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))
    return np.where(z > threshold, x, smooth / beta)


def erf(x):
    return np.vectorize(math.erf, otypes=[np.float64])(x)


def elu(x, alpha=1.0, scale=1.0):
    return scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def celu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.where(x > 0, 0, x) / alpha))


def gelu(x, approximate="none"):
    if approximate == "none":
        return x * (1 + erf(x / math.sqrt(2))) / 2
    return x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2


def relu6(x):
    return np.clip(x, 0, 6)


def softmax(x, dim, dtype=None):
    terms = np.exp(x - x.max(dim, keepdims=True, initial=-INF))
    return terms / terms.sum(dim, keepdims=True)


def log_softmax(x, dim, dtype=None):
    return np.log(softmax(x, dim))


def activation(name, ref, *more_calls, domain=DOMAIN, errors=(), far=FAR, **more):
    """Elementwise; `far` are values that must not overflow."""
    return OpCase(
        f"nn.functional.{name}",
        ref,
        [*unary_calls(), call(values(far, grad=False)), *more_calls],
        method=False,
        domain=domain,
        distinct=True,
        errors=[
            fails("expected a floating tensor; got int64", t(3, dtype="int64"), error=TypeError),
            *errors,
        ],
        large=LARGE,
        **{**GRADS, **more},
    )


ELEMENTWISE = [
    activation(
        "hardsigmoid", lambda x: relu6(x + 3) / 6, torch_tol={"float64": 1e8}
    ),  # float32 there
    activation("hardswish", lambda x: x * relu6(x + 3) / 6),
    activation("relu6", relu6),
    activation(
        "hardtanh",
        lambda x, min_val=-1, max_val=1: np.clip(x, min_val, max_val),
        call(t(3, 5), -2.0, 0.5),
        call(t(3, 5), min_val=-2.0, max_val=0.5),
        errors=[fails("min_val <= max_val; got 2.0 and 1.0", t(3), 2.0)],
    ),
    activation(
        "hardshrink",
        lambda x, lambd=0.5: np.where(abs(x) <= lambd, 0, x),
        call(t(3, 5), 1.5),
        call(t(3, 5), lambd=0.0),
    ),
    activation(
        "softshrink",
        lambda x, lambd=0.5: np.where(abs(x) <= lambd, 0, x - lambd * np.sign(x)),
        call(t(3, 5), 1.5),
        errors=[fails("lambd >= 0; got -1", t(3), -1)],
    ),
    activation("tanhshrink", lambda x: x - np.tanh(x)),
    activation("softsign", lambda x: x / (1 + abs(x))),
    activation("softplus", softplus, call(t(3, 5), 2.0, 3.0), call(t(3, 5), beta=0.5)),
    activation("logsigmoid", lambda x: -softplus(-x, threshold=INF)),
    activation("elu", elu, call(t(3, 5), 0.5), call(t(3, 5), alpha=-2.0)),
    activation("selu", lambda x: elu(x, 1.6732632423543772, 1.0507009873554805)),
    activation(
        "celu",
        celu,
        call(t(3, 5), 0.5),
        call(t(3, 5), alpha=2.0),
        errors=[fails("alpha other than 0", t(3), 0.0, error=ZeroDivisionError)],
    ),
    activation(
        "leaky_relu",
        lambda x, negative_slope=0.01: np.where(x > 0, x, negative_slope * x),
        call(t(3, 5), 0.3),
        call(t(3, 5), negative_slope=-1.0),
    ),
    activation(
        "gelu",
        gelu,
        call(t(3, 5), approximate="tanh"),
        call(t(3, 5), approximate="none"),
        far=[NAN, 1e4, -1e4, 90.0, -90.0, 0.0],
        errors=[fails("'none' or 'tanh'; got 'erf'", t(3), approximate="erf")],
    ),
    activation("silu", lambda x: x * sigmoid(x)),
    activation("mish", lambda x: x * np.tanh(softplus(x))),
]


def in_place(name, ref):
    """The form that changes its argument: here a copy, whose history goes back to the input."""

    def on_copy(x, *args):
        copy = x * 1
        change = getattr(lm.nn.functional, name)
        result = change(copy, *args) if name.endswith("_") else change(copy, *args, inplace=True)
        assert result is copy
        return result

    return OpCase(
        f"nn.functional.{name if name.endswith('_') else name + '(inplace=True)'}",
        ref,
        [call(t(3, 5)), call(t(0, 2))],
        fn=on_copy,
        torch=None,
        method=False,
        domain=DOMAIN,
        distinct=True,
        **GRADS,
    )


REFERENCES = {row.name.split(".")[-1]: row.ref for row in ELEMENTWISE}
REFERENCES["relu"] = lambda x: np.maximum(x, 0)
REFERENCES["rrelu"] = lambda x: np.where(x > 0, x, x * 11 / 48)
WITH_INPLACE = "relu relu6 hardtanh hardsigmoid hardswish leaky_relu elu selu celu silu mish rrelu"
WITH_FORM = "relu_ hardtanh_ leaky_relu_ elu_ selu_ celu_ rrelu_"
IN_PLACE = [
    in_place(name, REFERENCES[name.rstrip("_")])
    for name in [*WITH_INPLACE.split(), *WITH_FORM.split()]
]


def row(name, ref, *calls, **more):
    return OpCase(
        f"nn.functional.{name}", ref, list(calls), method=False, domain=DOMAIN, **{**GRADS, **more}
    )


def above(x, threshold, value):
    return np.where(x <= threshold, value, x)


def prelu(x, weight):
    shape = (-1, *(1,) * (x.ndim - 2)) if weight.size > 1 else weight.shape
    return np.where(x > 0, x, weight.reshape(shape) * x)


def glu(x, dim=-1):
    half, gate = np.split(x, 2, dim)
    return half * sigmoid(gate)


OTHERS = [
    row("relu", lambda x: np.maximum(x, 0), *unary_calls(), distinct=True, large=LARGE),
    row(
        "threshold",
        above,
        call(t(3, 5), 0.5, -2.0),
        call(t(3, 5), threshold=-0.5, value=7.0),
        call(values([NAN, 0.5, 1e4], grad=False), 0.5, 7.0),
        distinct=True,
    ),
    OpCase(
        "nn.functional.threshold_",
        above,
        [call(t(3, 5), 0.5, -2.0)],
        fn=lambda x, *args: lm.nn.functional.threshold_(x * 1, *args),
        torch=None,
        method=False,
        domain=DOMAIN,
        distinct=True,
        **GRADS,
    ),
    row(
        "prelu",
        prelu,
        call(t(3, 5), t(1)),
        call(t(3, 5), t()),
        call(t(2, 3, 4, 2), t(3)),
        call(t(5), t(1)),
        call(t(0, 3), t(3)),
        distinct=True,
        fuzz=False,  # the weight must fit the channels
        large=[call(t(8, 16, 3001), t(16)), call(t(37, 7001), t(1))],
        errors=[
            fails("one weight or 5, .*got 4", t(3, 5), t(4)),
            fails("one number for a 0-d input", t(), t(2)),
            fails("at most one", t(3, 5), t(1, 5)),
            fails("of lamina.float32", t(3), t(1, dtype="float64"), error=TypeError),
        ],
    ),
    row(
        "rrelu",
        lambda x, lower=1 / 8, upper=1 / 3: np.where(x > 0, x, x * (lower + upper) / 2),
        call(t(3, 5)),
        call(t(3, 5), 0.1, 0.2),
        distinct=True,
        errors=[fails("lower <= upper; got 2.0 and 1.0", t(3), 2.0, 1.0)],
    ),
    row(
        "glu",
        glu,
        call(t(6)),
        call(t(3, 4)),
        call(t(4, 3), 0),
        call(t(2, 6, 3), dim=-2),
        call(t(0, 4)),
        large=[call(t(64, 3002))],
        same_errors=False,  # NumPy splits along the axis of a 0-d array
        errors=[fails("even size", t(3, 5)), fails("even size", t())],
    ),
    *(
        row(
            name,
            ref,
            call(t(5), 0),
            call(t(3, 4), dim=-1),
            call(t(2, 3, 4), dim=1, dtype=dtype("float64")),
            errors=[fails("dimension", t(3), 2, error=IndexError)],
            same_errors=False,  # NumPy reduces no empty arrays
        )
        for name, ref in [("softmax", softmax), ("log_softmax", log_softmax)]
    ),
    row(
        "softmin",
        lambda x, dim: softmax(-x, dim),
        call(t(5), 0),
        call(t(3, 4), dim=-1),
        call(t(2, 3, 4), dim=1),
        same_errors=False,  # NumPy reduces no empty arrays
    ),
    row(
        "gumbel_softmax",
        None,
        call(t(3, 4)),
        call(t(3, 4), tau=0.5, dim=0),
        call(t(3, 4), hard=True),
        grad=None,  # noise is drawn anew in each call
        gradgrad=False,
    ),
]


CASES = [*ELEMENTWISE, *IN_PLACE, *OTHERS]
