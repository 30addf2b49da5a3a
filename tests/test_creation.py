"""Tensors of Python data: numbers, nested sequences, arrays; and the old constructors."""

import enum
import math
from collections import deque
from decimal import Decimal

import numpy as np
import pytest

import lamina as lm


class Label(enum.IntEnum):
    CAT = 3


class Plain:
    """Not a number, but a sequence of them."""

    def __repr__(self):
        return "Plain()"

    def __len__(self):
        return 2

    def __getitem__(self, i):
        return [1.0, 2.0][i]


class Pixels:
    """Offers NumPy's protocol alone."""

    def __repr__(self):
        return "Pixels()"

    def __array__(self, dtype=None, copy=None):
        return np.arange(3, dtype=dtype)


F32, F64, I32, I64, U8, B = lm.float32, lm.float64, lm.int32, lm.int64, lm.uint8, lm.bool

DATA = [
    (3, I64, 3),
    (3.5, F32, 3.5),
    (True, B, True),
    (Label.CAT, I64, 3),
    (math.inf, F32, math.inf),
    (-(2**63), I64, -(2**63)),
    ([], F32, []),
    ([[], []], F32, [[], []]),
    ([[[]]], F32, [[[]]]),
    ([1, 2], I64, [1, 2]),
    ([1, 2.5], F32, [1, 2.5]),
    ([True, False], B, [True, False]),
    ([True, 2], I64, [1, 2]),
    ([True, 2.5], F32, [1, 2.5]),
    ([[1, 2], (3, 4)], I64, [[1, 2], [3, 4]]),
    ((1.0, 2.0), F32, [1, 2]),
    (range(3), I64, [0, 1, 2]),
    (deque([1, 2]), I64, [1, 2]),
    ([range(2), deque([5, 6])], I64, [[0, 1], [5, 6]]),
    (Plain(), F32, [1, 2]),
    (Pixels(), I64, [0, 1, 2]),
    ([Pixels(), [7, 8, 9]], I64, [[0, 1, 2], [7, 8, 9]]),
    (np.float64(1.5), F64, 1.5),
    (np.float32(1.5), F32, 1.5),
    (np.int64(3), I64, 3),
    (np.bool_(True), B, True),
    ([np.float64(1), np.float64(2)], F64, [1, 2]),
    ([np.float32(1), 2], F32, [1, 2]),
    ([np.int32(1), np.int32(2)], I32, [1, 2]),
    ([np.uint8(1), np.bool_(True)], U8, [1, 1]),
    ([1, True, 2.5, np.float64(1)], F64, [1, 1, 2.5, 1]),
    ([np.ones(2), [3, 4]], F64, [[1, 1], [3, 4]]),
    ([[np.arange(2)], [np.arange(2, 4)]], I64, [[[0, 1]], [[2, 3]]]),
    ([np.ones((2, 1), np.float32)[::-1]], F32, [[[1], [1]]]),
    (np.zeros((0, 2), np.int32), I32, []),
]


@pytest.mark.parametrize(("data", "dtype", "expected"), DATA, ids=[repr(row[0]) for row in DATA])
def test_tensor_of_data(data, dtype, expected):
    made = lm.tensor(data)
    assert made.dtype is dtype
    assert made.tolist() == expected
    assert tuple(made.shape) == np.array(data).shape


def test_tensors_inside_lists():
    x = lm.tensor([1.0, 2.0], requires_grad=True)
    assert lm.tensor([x, [3, 4]]).tolist() == [[1, 2], [3, 4]]
    assert lm.tensor([lm.tensor(1), 2.5]).tolist() == [1, 2.5]
    assert lm.tensor([x[0], x[1]]).dtype is F32
    assert not lm.tensor([x, x]).requires_grad


def test_tensor_always_copies():
    values = np.zeros(2, np.float32)
    x = lm.from_numpy(values)
    for made in (lm.tensor(values), lm.tensor(x), x.new_tensor(x), lm.asarray(values, copy=True)):
        made += 1
    assert values.tolist() == [0, 0]
    y = lm.ones(2, requires_grad=True)
    assert lm.tensor(y * 2).grad_fn is None


@pytest.mark.parametrize("dtype", [F32, F64, I32, I64, U8, B], ids=str)
@pytest.mark.parametrize(
    "data", [[0, 1, 2], [0.0, 1.5, 2.0], [False, True], np.arange(3)], ids=repr
)
def test_a_given_dtype_converts(data, dtype):
    made = lm.tensor(data, dtype=dtype)
    assert made.dtype is dtype
    name = str(dtype).removeprefix("lamina.")
    assert made.tolist() == np.array(data).astype(name).tolist()


def test_the_default_dtype_is_for_python_floats():
    lm.set_default_dtype(F64)
    try:
        assert lm.tensor([1.0]).dtype is lm.tensor(2.0).dtype is lm.zeros(1).dtype is F64
        assert lm.tensor([1]).dtype is I64
        assert lm.tensor(np.ones(1, np.float32)).dtype is F32
    finally:
        lm.set_default_dtype(F32)


def test_requires_grad_and_device():
    assert lm.tensor([1.0], requires_grad=True).is_leaf
    for device in (None, "cpu", "cpu:0", lm.device("cpu")):
        assert lm.tensor([1.0], device=device).tolist() == [1]
    with pytest.raises(RuntimeError, match=r"\[tensor\] .* on the CPU; got device 'cuda'"):
        lm.tensor([1.0], device="cuda")


ERRORS = [
    ([[1, 2], [3]], ValueError, r"shape \(2, 2\); got a sequence of length 1 at dimension 1"),
    ([1, [2]], ValueError, r"shape \(2,\); got a sequence of length 1 at dimension 1"),
    ([[1], 2], ValueError, r"shape \(2, 1\); got a number at dimension 1"),
    ([np.ones(2), np.ones(3)], ValueError, r"\(2, 2\); got an array of shape \(3,\)"),
    ([np.ones(2), 1], ValueError, "got a number"),
    ("text", TypeError, "got str"),
    (["text"], TypeError, "got str"),
    ([[1, None]], TypeError, "got NoneType"),
    (b"ab", TypeError, "got bytes"),
    (1j, TypeError, "got complex"),
    ({1: 2}, TypeError, "got dict"),
    ({1, 2}, TypeError, "got set"),
    ([Decimal(1)], TypeError, "got .*Decimal"),
    ([np.float16(1)], TypeError, "got float16"),
    (np.datetime64("2020-01-01"), TypeError, "got datetime64"),
    (2**63, ValueError, "64 bits"),
    ([-(2**70)], ValueError, "64 bits"),
]


@pytest.mark.parametrize(("data", "error", "text"), ERRORS, ids=[repr(row[0]) for row in ERRORS])
def test_data_that_is_none(data, error, text):
    with pytest.raises(error, match=text) as caught:
        lm.tensor(data)
    assert str(caught.value).startswith("[tensor]")


@pytest.mark.parametrize(
    ("data", "dtype"),
    [([300], U8), ([-1], U8), ([2**31], I32), ([1e30], I64), ([math.nan], I32), ([256.0], U8)],
)
def test_numbers_that_do_not_fit(data, dtype):
    with pytest.raises(ValueError, match=r"\[tensor\] expected numbers that fit"):
        lm.tensor(data, dtype=dtype)


def test_the_ends_of_the_types_fit():
    assert lm.tensor([255, 0.9], dtype=U8).tolist() == [255, 0]
    assert lm.tensor([2**31 - 1, -(2**31)], dtype=I32).tolist() == [2**31 - 1, -(2**31)]
    assert lm.tensor([-(2.0**63)], dtype=I64).tolist() == [-(2**63)]


def test_lists_that_contain_themselves():
    loop = []
    loop.append(loop)
    with pytest.raises(ValueError, match="at most 12 dimensions"):
        lm.tensor(loop)


def test_lists_that_change_while_they_are_read():
    class Shrinks:
        def __array__(self, dtype=None, copy=None):
            rows.clear()
            return np.ones(())

    rows = [Shrinks(), 1, 2, 3]
    with pytest.raises(ValueError, match=r"shrinks|length 0"):
        lm.tensor(rows)


def test_errors_of_foreign_code_pass_through():
    class Fails:
        def __array__(self, dtype=None, copy=None):
            raise OSError("disk on fire")

    with pytest.raises(OSError, match="fire"):
        lm.tensor([Fails()])


# ---- sharing ----


def test_as_tensor_and_asarray_share_what_they_can():
    values = np.zeros(2, np.float32)
    x = lm.ones(2, requires_grad=True)
    assert lm.as_tensor(x) is x
    assert np.shares_memory(lm.as_tensor(values).numpy(), values)
    assert np.shares_memory(lm.asarray(values, copy=False).numpy(), values)
    assert lm.as_tensor(values, dtype=F64).dtype is F64
    assert lm.as_tensor(x, dtype=F64).requires_grad
    assert lm.as_tensor([1, 2]).tolist() == [1, 2]
    assert not lm.asarray(x).requires_grad
    assert lm.asarray(values, requires_grad=True).requires_grad
    for data, dtype in [([1.0], None), (values, F64), (values[::-1], None)]:
        with pytest.raises(ValueError, match="copied"):
            lm.asarray(data, copy=False, dtype=dtype)


def test_new_tensor_takes_the_type_of_self():
    assert lm.ones(1, dtype=F64).new_tensor([1, 2]).dtype is F64
    assert lm.ones(1).new_tensor([1, 2], dtype=I64).dtype is I64


# ---- the old constructors ----


def test_the_class_itself():
    assert tuple(lm.Tensor(2, 3).shape) == (2, 3)
    assert tuple(lm.Tensor(lm.ones(4, 5).shape).shape) == (4, 5)
    assert lm.Tensor().tolist() == []
    assert lm.Tensor([1, 2]).dtype is F32
    assert lm.Tensor((2, 3)).tolist() == [2, 3]
    assert lm.Tensor(np.arange(2)).dtype is F32
    x = lm.arange(3)
    same = lm.Tensor(x)
    same += 1
    assert (x.tolist(), same.dtype) == ([1, 2, 3], I64)
    for wrong in (lambda: lm.Tensor(2.5), lambda: lm.Tensor("a"), lambda: lm.Tensor(2, dtype=F32)):
        with pytest.raises(TypeError, match=r"\[Tensor\]"):
            wrong()


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("FloatTensor", F32),
        ("DoubleTensor", F64),
        ("LongTensor", I64),
        ("IntTensor", I32),
        ("ByteTensor", U8),
        ("BoolTensor", B),
    ],
)
def test_typed_constructors(name, dtype):
    make = getattr(lm, name)
    assert make(2, 3).dtype is dtype
    assert tuple(make(2, 3).shape) == (2, 3)
    assert make([0, 1]).tolist() == lm.tensor([0, 1], dtype=dtype).tolist()
    assert make().numel() == 0


def test_tensors_in_lists_are_no_constants_of_a_compiled_step():
    step = lm.compile(lambda x: x + lm.tensor([x.sum(), 1.0]))
    with pytest.raises(RuntimeError, match="tensor"):
        step(lm.ones(2))
