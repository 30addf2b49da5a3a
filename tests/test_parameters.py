"""Parameter, Buffer: classes of their own on the memory they are given."""

import copy
import pickle

import pytest

import lamina as lm
from lamina import nn


def test_a_parameter_is_a_leaf_on_the_memory_it_was_given():
    data = lm.rand(2, 3)
    parameter = nn.Parameter(data)
    assert isinstance(parameter, lm.Tensor)
    assert parameter.requires_grad
    assert parameter.is_leaf
    assert parameter.data_ptr() == data.data_ptr()
    assert not isinstance(data, nn.Parameter)
    assert type(parameter * 1) is lm.Tensor
    assert type(parameter.data) is lm.Tensor
    assert nn.Parameter(parameter * 2).is_leaf
    assert not nn.Parameter(lm.arange(3), requires_grad=False).requires_grad
    with lm.no_grad():
        assert nn.Parameter(data).requires_grad
    assert nn.Parameter().shape == (0,)
    with pytest.raises(TypeError, match=r"\[Parameter\] expected a tensor; got list"):
        nn.Parameter([1.0])


def test_the_text_of_a_parameter():
    text = "Parameter containing:\ntensor([1., 1.], requires_grad=True)"
    assert repr(nn.Parameter(lm.ones(2))) == text
    assert repr(nn.Buffer(lm.ones(2))) == "tensor([1., 1.])"


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
@pytest.mark.parametrize(
    "made",
    [
        nn.Parameter(lm.rand(3)),
        nn.Parameter(lm.arange(3), requires_grad=False),
        nn.Buffer(lm.rand(3), persistent=False),
        nn.UninitializedParameter(dtype=lm.float64),
    ],
    ids=lambda x: type(x).__name__,
)
def test_copies_keep_the_class(copied, made):
    made.note = "kept"
    other = copied(made)
    assert type(other) is type(made)
    assert other.requires_grad == made.requires_grad
    assert other.dtype is made.dtype
    assert vars(other) == vars(made)
    assert lm.equal(other.data, made.data)


def test_a_deep_copy_leaves_the_gradient_behind():
    parameter = nn.Parameter(lm.ones(2))
    parameter.sum().backward()
    pair = copy.deepcopy([parameter, parameter])
    assert pair[0].grad is None
    assert pair[0] is pair[1]
