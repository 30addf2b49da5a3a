"""Pickles and copies of tensors: values, class, attributes, gradient."""

import copy
import pickle

import pytest
from arrays import SHAPES, numbered, shares_memory
from cases import ALL

import lamina as lm


class Named(lm.Tensor):
    """A subclass with a constructor of its own, as Parameter is."""

    def __new__(cls, data, name):
        return lm.Tensor.__new__(cls, data)

    def __init__(self, data, name):
        self.name = name


def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tolist() == b.tolist()


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("dtype", ALL)
def test_pickle(dtype, protocol):
    for shape in SHAPES:
        tensor = lm.tensor(numbered(shape, dtype))
        back = pickle.loads(pickle.dumps(tensor, protocol))
        assert type(back) is lm.Tensor
        assert same(back, tensor)
        back.zero_()  # memory of its own, and not read-only


def test_pickle_of_views_and_leaves():
    base = lm.arange(12.0).reshape(3, 4)
    for view in (base.T, base[:, 1], base[:1].expand(5, 4)):
        assert same(pickle.loads(pickle.dumps(view)), view)
    leaf = lm.ones(2, requires_grad=True)
    back = pickle.loads(pickle.dumps(leaf))
    assert back.requires_grad
    assert back.is_leaf


@pytest.mark.parametrize(
    "duplicate", [lambda x: pickle.loads(pickle.dumps(x)), copy.copy, copy.deepcopy]
)
def test_subclasses_keep_class_and_attributes(duplicate):
    original = Named(lm.ones(2), "weight").requires_grad_()
    made = duplicate(original)
    assert type(made) is Named
    assert made.name == "weight"
    assert made.requires_grad
    assert same(made, original)


def test_pickles_of_dtypes_and_sizes():
    assert pickle.loads(pickle.dumps(lm.float32)) is lm.float32
    size = lm.ones(2, 3).shape
    assert pickle.loads(pickle.dumps(size)) == size


def test_copy_shares_and_deepcopy_does_not():
    x = lm.arange(3.0)
    assert shares_memory(copy.copy(x), x.numpy())
    assert copy.copy(x) is not x
    assert not shares_memory(copy.deepcopy(x), x.numpy())


def test_deepcopy_keeps_identity_and_gradient():
    x = lm.arange(3.0).requires_grad_()
    (x * 2).sum().backward()
    first, second = copy.deepcopy([x, x])
    assert first is second
    assert first.grad.tolist() == [2, 2, 2]
    assert not shares_memory(first.grad, x.grad.numpy())
    with pytest.raises(RuntimeError, match="leaf"):
        copy.deepcopy(x * 2)
