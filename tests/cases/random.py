"""Random tensors: shapes, dtypes, forms and errors; the distributions stand in test_draws.py."""

from cases import FLOATS, OpCase, call, dtype, fails, t, values
from cases.creation import SIZE_ERRORS

CHANCE = (0.01, 0.99)


def row(name, samples, **more):
    """Of a function without tensor arguments."""
    settings = {"method": False, "dtypes": ("float32",), "layouts": ("contiguous",), "fuzz": False}
    return OpCase(name, None, samples, **settings | more)


SIZES = [call(3), call(2, 3), call((2, 0)), call(()), call(4, dtype=dtype("float64"))]
LIKE = [call(t()), call(t(2, 3)), call(t(0)), call(t(3), dtype=dtype("float64"))]

CASES = [
    row("rand", SIZES, errors=[*SIZE_ERRORS[:-1]], large=[call(300, 1001)]),
    row("randn", SIZES, errors=[*SIZE_ERRORS[:-1]], large=[call(300, 1001)]),
    OpCase("rand_like", None, LIKE, method=False),
    OpCase("randn_like", None, LIKE, method=False),
    row(
        "randint",
        [
            call(5, (2, 3)),
            call(-3, 5, (4,)),
            call(0, 256, (2, 0), dtype=dtype("uint8")),
            call(10, (), dtype=dtype("float32")),
        ],
        errors=[
            fails("low < high; got 3 and 3", 3, 3, (2,)),
            fails("fit uint8; got 0 to 256", 257, (2,), dtype=dtype("uint8")),
            fails("negative; got shape", 3, (-2,)),
        ],
        large=[call(9, (300, 1001))],
    ),
    OpCase(
        "randint_like",
        None,
        [call(t(2, 3), 5), call(t(), -1, 5), call(t(0), 3), call(t(3), 9, dtype=dtype("int32"))],
        method=False,
        dtypes=FLOATS,
        errors=[fails("low < high; got 3 and 1", t(2), 3, 1)],
        fuzz=False,
    ),
    row(
        "randperm",
        [call(0), call(1), call(10), call(7, dtype=dtype("float64"))],
        errors=[
            fails("not negative; got -1", -1),
            fails("fit uint8; got 300", 300, dtype=dtype("uint8")),
        ],
    ),
    OpCase(
        "normal",
        None,
        [call(t(2, 3)), call(t(3), 0.5), call(t(3, 1), t(4, domain=(0, 1))), call(t(0), 2.0)],
        method=False,
        errors=[fails("broadcast|shapes", t(3), t(4))],
        large=[call(t(300, 1001))],
    ),
    OpCase(
        "bernoulli",
        None,
        [call(t(2, 3)), call(t()), call(t(0)), call(t(5, 2), 0.5)],
        domain=CHANCE,
        errors=[
            fails("between 0 and 1; got 1.5", t(3), 1.5),
            fails("between 0 and 1; got 2", t(3, domain=(2, 2))),
        ],
        large=[call(t(300, 1001))],
    ),
    OpCase(
        "poisson",
        None,
        [call(t(2, 3)), call(t()), call(t(0)), call(t(5, domain=(9, 90)))],
        method=False,
        domain=(0, 5),
        errors=[
            fails("not negative; got -1", t(3, domain=(-1, -1))),
            fails("floating tensor; got int64", t(3, dtype="int64"), error=TypeError),
        ],
        large=[call(t(300, 1001))],
    ),
    OpCase(
        "binomial",
        None,
        [
            call(values([5.0, 90.0, 0.0]), t(3)),
            call(values([[7.0], [80.0]]), t(3)),
            call(t(0), t(0)),
        ],
        method=False,
        domain=CHANCE,
        errors=[
            fails("not negative; got -2", values([-2.0]), t(1)),
            fails("between 0 and 1; got 2", values([2.0]), t(1, domain=(2, 2))),
            fails("broadcast", t(3), t(4)),
        ],
        large=[call(t(300, 1001, domain=(30, 60)), t(300, 1001))],
        fuzz=False,  # counts must be whole
    ),
    OpCase(
        "multinomial",
        None,
        [call(t(4), 2), call(t(3, 5), 5), call(t(3, 5), 9, True), call(t(0, 4), 2)],
        domain=CHANCE,
        errors=[
            fails("at most .* 3; got 4", t(3), 4),
            fails("above zero; got 0", t(3), 0),
            fails("finite and not negative; got -1", t(3, domain=(-1, -1)), 1),
            fails("one or two dimensions; got shape .2, 2, 2", t(2, 2, 2), 1),
            fails("zeros only", t(3, domain=(0, 0)), 1, True),
            fails("at least 2 weights", t(3, domain=(0, 0)), 2),
            fails(
                "floating tensor; got int64", t(3, dtype="int64", domain=(1, 9)), 1, error=TypeError
            ),
        ],
        large=[call(t(200, 101), 5)],
    ),
    OpCase(
        "dropout",
        None,
        [call(t(2, 3)), call(t(), 0.3), call(t(0, 2)), call(t(3), 0.0), call(t(3), 0.5, False)],
        method=False,
        grad=None,  # differences would compare two draws; test_random.py has its gradient
        torch=lambda x, p=0.5, train=True: x,  # whose `train` has no default
        errors=[
            fails("between 0 and 1; got -0.5", t(3), -0.5),
            fails("floating tensor; got int64", t(3, dtype="int64"), error=TypeError),
        ],
        large=[call(t(300, 1001))],
        fuzz=False,
    ),
]
