"""Copies, conversions to other dtypes, and writing whole tensors."""

import numpy as np

from cases import ALL, OpCase, call, dtype, fails, t

DTYPES = {"float": "float32", "double": "float64", "long": "int64", "int": "int32", "bool": "bool"}


def exact(name, ref, samples, **more):
    settings = {"dtypes": ALL, "grad": True, "gradgrad": True} | more
    return OpCase(name, ref, samples, **settings)


COPIES = [
    exact("clone", np.copy, [call(t(2, 3)), call(t()), call(t(0, 3))], large=[call(t(500, 1001))]),
    exact("contiguous", np.copy, [call(t(2, 3)), call(t()), call(t(0, 3))], function=False),
    exact(
        "type_as",
        lambda x, other: x.astype(other.dtype),
        [call(t(2, 3), t(1, dtype="float64")), call(t(), t(1, dtype="int32"))],
        function=False,
        grad=None,  # a step of the differences would be rounded away
        gradgrad=False,
        torch=None,
    ),
    exact(
        "to",
        lambda x, kind: x.astype(kind),
        [call(t(2, 3), dtype(name)) for name in DTYPES.values()],
        domain=(0, 3),
        function=False,
        grad=None,  # a step of the differences would be rounded away
        gradgrad=False,
    ),
]


def changed(name, ref, samples, **more):
    """In-place ops, on a copy of the first argument."""
    return OpCase(
        name,
        ref,
        samples,
        fn=lambda x, *rest: getattr(x.clone(), name)(*rest),
        method=False,
        dtypes=ALL,
        grad=True,
        gradgrad=True,
        **more,
    )


CHANGES = [
    changed(
        "copy_",
        lambda x, source: np.broadcast_to(source, x.shape).astype(x.dtype),
        [
            call(t(3, 4), t(3, 4)),
            call(t(3, 4), t(4)),
            call(t(2, 3), t(2, 1, dtype="int32")),
            call(t(0, 3), t(3)),
            call(t(), t()),
        ],
        large=[call(t(500, 1001), t(1001))],
        errors=[fails(r"\(2,\).*\(3,\)|\(3,\).*\(2,\)", t(2), t(3))],
        same_errors=False,  # NumPy copies only what has no more dimensions
    ),
    changed(
        "fill_",
        lambda x, value: np.full_like(x, value),
        [call(t(3, 4), 1), call(t(3), 2.5), call(t(), 0), call(t(0, 3), 1), call(t(3), t())],
        large=[call(t(500, 1001), 1.5)],
        fuzz=False,  # NumPy refuses numbers that PyTorch wraps
    ),
    changed("zero_", np.zeros_like, [call(t(3, 4)), call(t()), call(t(0, 3))]),
]

CONVERSIONS = [
    exact(
        f"Tensor.{name}",
        lambda x, kind=kind: x.astype(kind),
        [call(t(2, 3)), call(t()), call(t(0, 3))],
        fn=lambda x, name=name: getattr(x, name)(),
        method=False,
        result=kind,
        grad=None,  # a step of the differences would be rounded away
        gradgrad=False,
    )
    for name, kind in DTYPES.items()
]

CASES = [*COPIES, *CHANGES, *CONVERSIONS]
