"""Tensors of given sizes, of one value or evenly spaced; of data: test_creation.py."""

import numpy as np

from cases import ALL, OpCase, call, dtype, fails, t, values

HUGE = 1 << 61


def row(name, ref, samples, **more):
    """Of a function without tensor arguments."""
    settings = {"method": False, "dtypes": ("float32",), "layouts": ("contiguous",), "fuzz": False}
    return OpCase(name, ref, samples, **settings | more)


def alike(name, ref, samples, **more):
    """Of a function that takes shape and dtype from a tensor."""
    return OpCase(name, ref, samples, dtypes=ALL, domain=(0, 5), **{"method": False} | more)


def sized(make):
    """Of NumPy's function of a shape, PyTorch's of sizes."""

    def with_sizes(*sizes, size=None, dtype=None):
        first = sizes[0] if len(sizes) == 1 else sizes
        return make(first if size is None else size, dtype or np.float64)

    return with_sizes


SIZES = [
    call(3),
    call(2, 3),
    call((2, 0, 3)),
    call([4]),
    call(()),
    call(size=(2, 1)),
    call(5, dtype=dtype("float64")),
    call((2, 2), dtype=dtype("int64")),
    call(3, dtype=dtype("uint8")),
    call(3, dtype=dtype("bool")),
]
SIZE_ERRORS = [
    fails("negative; got shape .2, -3", 2, -3),
    fails("got 2.5", 2.5, error=TypeError),
    fails("got 'a'", "a", error=TypeError),
    fails("got .*'b'", 2, "b", error=TypeError),
    fails("got ", error=TypeError),
    fails("fits in memory; got", HUGE, HUGE),
    fails("got device 'cuda'", 2, device="cuda", error=RuntimeError),
    fails("floating type .*; got int64", 2, dtype=dtype("int64"), requires_grad=True,
          error=RuntimeError),
]  # fmt: skip
LIKE = [call(t()), call(t(2, 3)), call(t(2, 0)), call(t(3), dtype=dtype("float64"))]
NEW = [call(t(2), 3), call(t(), 2, 3), call(t(1), (0, 2)), call(t(2), 2, dtype=dtype("int32"))]


def family(name, make):
    """zeros, zeros_like and new_zeros, and their kin."""
    known = make is not None
    return [
        row(name, sized(make) if known else None, SIZES, errors=SIZE_ERRORS),
        alike(
            f"{name}_like",
            (lambda x, dtype=None: make(x.shape, dtype or x.dtype)) if known else None,
            LIKE,
            errors=[fails("got device 'cuda'", t(2), device="cuda", error=RuntimeError)],
        ),
        alike(
            f"new_{name}",
            (lambda x, *n, dtype=None: sized(make)(*n, dtype=dtype or x.dtype)) if known else None,
            NEW,
            function=False,
            method=True,
            fuzz=False,
            errors=[fails("negative; got shape", t(2), -3)],
        ),
    ]


FULL = [
    row(
        "full",
        lambda size, value, dtype=None: np.full(size, value, dtype),
        [
            call((2, 3), 1.5),
            call((2,), 7),
            call((), True),
            call((0, 3), 2),
            call((2,), 300.5, dtype=dtype("float64")),
            call((2,), 2.75, dtype=dtype("int64")),
            call((3,), values(4.0)),
        ],
        errors=[
            fails("negative; got shape", (-1,), 2),
            fails("number; got str", (2,), "a", error=TypeError),
            fails("number; got list", (2,), [1], error=TypeError),
        ],
    ),
    alike(
        "full_like",
        lambda x, value, dtype=None: np.full_like(x, value, dtype=dtype),
        [call(t(2, 3), 2), call(t(), 0), call(t(0), 1), call(t(2), 3, dtype=dtype("float64"))],
        errors=[fails("number; got str", t(2), "a", error=TypeError)],
    ),
    alike(
        "new_full",
        lambda x, size, value, dtype=None: np.full(size, value, dtype or x.dtype),
        [call(t(2), (2, 3), 2), call(t(), (), 1), call(t(1), (2,), 3, dtype=dtype("float64"))],
        function=False,
        method=True,
        fuzz=False,
        errors=[fails("negative; got shape", t(2), (-3,), 1)],
    ),
    row(
        "scalar_tensor",
        lambda value, dtype=np.float64: np.array(value, dtype),
        [call(3), call(2.5), call(True), call(3, dtype=dtype("int64"))],
        errors=[fails("number; got str", "a", error=TypeError)],
    ),
    row(
        "eye",
        lambda n, m=None, dtype=np.float64: np.eye(n, m, dtype=dtype),
        [call(3), call(2, 4), call(4, 2), call(0), call(2, dtype=dtype("int64"))],
        errors=[fails("negative; got -1 and 3", -1, 3)],
    ),
]


RANGES = [
    row(
        "arange",
        lambda *args, dtype=None: np.arange(*args, dtype=dtype),
        [
            call(5),
            call(0),
            call(2, 9),
            call(2, 9, 3),
            call(9, 2, -3),
            call(3, 3),
            call(5.0),
            call(1, 2, 0.3),
            call(-1.5, 1.5, 0.25),
            call(1.0, -1.0, -0.4),
            call(1, 7, 2, dtype=dtype("float64")),
            call(4, dtype=dtype("int32")),
            call(2**60, 2**60 + 3),
            call(2**60 + 8, 2**60, -3),
            call(100_000),
        ],
        errors=[
            fails("other than zero; got 0", 0, 1, 0),
            fails("towards the end; got 5 to 1 by 1", 5, 1),
            fails("finite bounds; got 0 and nan", float("nan")),
            fails("finite bounds; got 0 and inf", float("inf")),
            fails("at most", 0, 1e300),
            fails("type of numbers; got bool", 3, dtype=dtype("bool"), error=TypeError),
            fails("number; got str", "a", error=TypeError),
        ],
    ),
    row(
        "linspace",
        np.linspace,
        [
            call(0, 1, 5),
            call(3, -3, 7),
            call(2, 2, 3),
            call(5, 9, 1),
            call(0, 1, 0),
            call(0, 1, 1000, dtype=dtype("float64")),
            call(0, 10, 4, dtype=dtype("int64")),
        ],
        errors=[fails("not negative; got -1", 0, 1, -1)],
    ),
    row(
        "logspace",
        lambda start, end, steps, base=10.0, dtype=None: np.logspace(start, end, steps, base=base),
        [call(0, 2, 3), call(-1, 1, 5, 2.0), call(0, 1, 1), call(1, 2, 4, dtype=dtype("float64"))],
        errors=[fails("not negative; got -1", 0, 1, -1)],
    ),
]

CASES = [
    *family("zeros", np.zeros),
    *family("ones", np.ones),
    *family("empty", None),
    *FULL,
    *RANGES,
]
