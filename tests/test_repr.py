"""How tensors print: PyTorch's layout, digit by digit."""

import math

import numpy as np
import pytest

import lamina as lm

LINES = [
    (lambda: lm.tensor(3), "tensor(3)"),
    (lambda: lm.tensor(3.5), "tensor(3.5000)"),
    (lambda: lm.tensor(-2.0), "tensor(-2.)"),
    (lambda: lm.tensor(True), "tensor(True)"),
    (lambda: lm.tensor(math.inf), "tensor(inf)"),
    (lambda: lm.tensor(1e-8), "tensor(1.0000e-08)"),
    (lambda: lm.tensor([]), "tensor([])"),
    (lambda: lm.zeros(0, 3), "tensor([], size=(0, 3))"),
    (lambda: lm.zeros(2, 0, dtype=lm.int64), "tensor([], size=(2, 0), dtype=lamina.int64)"),
    (lambda: lm.tensor([1.0, 2.0, 3.0]), "tensor([1., 2., 3.])"),
    (lambda: lm.tensor([1.5, -2, 3]), "tensor([ 1.5000, -2.0000,  3.0000])"),
    (lambda: lm.tensor([1e10, 1]), "tensor([1.0000e+10, 1.0000e+00])"),
    (lambda: lm.tensor([math.nan, math.inf, -1]), "tensor([nan, inf, -1.])"),
    (lambda: lm.tensor([math.nan, math.inf, -1.5]), "tensor([    nan,     inf, -1.5000])"),
    (lambda: lm.tensor([0, -math.inf]), "tensor([0., -inf])"),
    (lambda: lm.tensor([10, math.nan, -math.inf]), "tensor([10., nan, -inf])"),
    (lambda: lm.tensor([math.nan, 1]), "tensor([nan, 1.])"),
    (lambda: lm.tensor([0.00001, 0.00002]), "tensor([1.0000e-05, 2.0000e-05])"),
    (lambda: lm.tensor([1e5, 2e5]), "tensor([100000., 200000.])"),
    (lambda: lm.tensor([1e300, 1e-300], dtype=lm.float64),
     "tensor([1.0000e+300, 1.0000e-300], dtype=lamina.float64)"),
    (lambda: lm.tensor([1, -20, 300]), "tensor([  1, -20, 300])"),
    (lambda: lm.tensor([True, False]), "tensor([ True, False])"),
    (lambda: lm.ones(3, dtype=lm.uint8), "tensor([1, 1, 1], dtype=lamina.uint8)"),
    (lambda: lm.ones(2, dtype=lm.float64), "tensor([1., 1.], dtype=lamina.float64)"),
    (lambda: lm.ones(2, requires_grad=True), "tensor([1., 1.], requires_grad=True)"),
    (lambda: lm.ones(2, requires_grad=True) + 1, "tensor([2., 2.], grad_fn=<AddBackward>)"),
    (lambda: lm.ones(1001), "tensor([1., 1., 1.,  ..., 1., 1., 1.])"),
]  # fmt: skip

BLOCKS = [
    (
        lambda: lm.arange(2000).reshape(2, 1000),
        """
tensor([[   0,    1,    2,  ...,  997,  998,  999],
        [1000, 1001, 1002,  ..., 1997, 1998, 1999]])""",
    ),
    (
        lambda: lm.arange(16.0) / 7,
        """
tensor([0.0000, 0.1429, 0.2857, 0.4286, 0.5714, 0.7143, 0.8571, 1.0000, 1.1429,
        1.2857, 1.4286, 1.5714, 1.7143, 1.8571, 2.0000, 2.1429])""",
    ),
    (
        lambda: lm.arange(12).reshape(2, 2, 3),
        """
tensor([[[ 0,  1,  2],
         [ 3,  4,  5]],

        [[ 6,  7,  8],
         [ 9, 10, 11]]])""",
    ),
    (
        lambda: lm.zeros(2, 1, 1, 3),
        """
tensor([[[[0., 0., 0.]]],


        [[[0., 0., 0.]]]])""",
    ),
    (
        lambda: lm.zeros(200, 10, dtype=lm.float64, requires_grad=True),
        """
tensor([[0., 0., 0.,  ..., 0., 0., 0.],
        [0., 0., 0.,  ..., 0., 0., 0.],
        [0., 0., 0.,  ..., 0., 0., 0.],
        ...,
        [0., 0., 0.,  ..., 0., 0., 0.],
        [0., 0., 0.,  ..., 0., 0., 0.],
        [0., 0., 0.,  ..., 0., 0., 0.]], dtype=lamina.float64,
       requires_grad=True)""",
    ),
]


@pytest.fixture(autouse=True)
def default_options():
    lm.set_printoptions(profile="default")
    yield
    lm.set_printoptions(profile="default")


@pytest.mark.parametrize(("make", "expected"), LINES, ids=[line for _, line in LINES])
def test_one_line(make, expected):
    assert repr(make()) == str(make()) == expected


@pytest.mark.parametrize(("make", "expected"), BLOCKS)
def test_several_lines(make, expected):
    assert repr(make()) == expected.lstrip("\n")


def test_the_default_dtype_is_not_mentioned():
    lm.set_default_dtype(lm.float64)
    try:
        assert repr(lm.ones(1)) == "tensor([1.])"
        assert repr(lm.ones(1, dtype=lm.float32)) == "tensor([1.], dtype=lamina.float32)"
    finally:
        lm.set_default_dtype(lm.float32)


def test_subclasses_print_their_name():
    class Weights(lm.Tensor):
        pass

    assert repr(Weights([1.0])) == "Weights([1.])"


def test_options():
    lm.set_printoptions(precision=2, sci_mode=True)
    assert repr(lm.tensor([1.0, 2.555])) == "tensor([1.00e+00, 2.56e+00])"
    lm.set_printoptions(sci_mode=False)
    assert repr(lm.tensor([1e10, 1e-10])) == "tensor([10000000000.00,           0.00])"
    lm.set_printoptions(profile="short")
    assert repr(lm.arange(3000.0) / 3) == "tensor([0.00e+00, 3.33e-01,  ..., 9.99e+02, 1.00e+03])"
    lm.set_printoptions(profile="full")
    assert "..." not in repr(lm.ones(2000))
    lm.set_printoptions(threshold=3, edgeitems=1, linewidth=20)
    assert repr(lm.arange(4)) == "tensor([0,  ..., 3])"
    with pytest.raises(ValueError, match="'wide'"):
        lm.set_printoptions(profile="wide")


def test_format():
    assert f"{lm.tensor(2.5):.3f}" == "2.500"
    assert f"{lm.tensor(7):04d}" == "0007"
    assert f"{lm.tensor([1, 2])}" == "tensor([1, 2])"
    with pytest.raises(TypeError, match="format"):
        format(lm.tensor([1, 2]), ".2f")


def test_strided_and_read_only_tensors_print():
    assert repr(lm.arange(4).reshape(2, 2).T) == "tensor([[0, 2],\n        [1, 3]])"
    values = np.ones(2, np.float32)
    values.flags.writeable = False
    assert repr(lm.from_numpy(values)) == "tensor([1., 1.])"
