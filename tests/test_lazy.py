"""Lazy modules: before, in and after their first call."""

import copy
import pickle

import pytest

import lamina as lm
from lamina import nn
from lamina.nn.parameter import is_lazy


class Shift(nn.Module):
    """Adds a parameter and keeps a buffer of the size of its input."""

    def __init__(self, size):
        super().__init__()
        self.offset = nn.Parameter(lm.zeros(size))
        self.register_buffer("seen", lm.zeros(size))

    def forward(self, x):
        return x + self.offset


class LazyShift(nn.LazyModuleMixin, Shift):
    cls_to_become = Shift

    def __init__(self, dtype=None):
        super().__init__(0)
        self.offset = nn.UninitializedParameter(dtype=dtype)
        self.seen = nn.UninitializedBuffer(dtype=dtype)

    def initialize_parameters(self, x):
        self.offset.materialize(x.shape[-1:])
        self.seen.materialize(x.shape[-1:])
        nn.init.ones_(self.offset)


def test_the_first_call_gives_shapes():
    module = LazyShift(lm.float64)
    assert module.has_uninitialized_params()
    assert is_lazy(module.offset)
    assert repr(module.offset) == "<UninitializedParameter>"
    offset = module.offset
    assert module(lm.zeros(2, 3, dtype=lm.float64)).tolist() == [[1.0] * 3] * 2
    assert module.offset is offset
    assert type(module) is Shift
    assert type(offset) is nn.Parameter
    assert type(module.seen) is nn.Buffer
    assert offset.dtype is lm.float64
    assert offset.requires_grad
    assert not is_lazy(offset)
    assert not module._call_hooks
    assert not module._load_state_dict_pre_hooks
    assert module(lm.zeros(4, 3)).shape == (4, 3)


def test_there_is_no_shape_before():
    module = nn.Sequential(LazyShift())
    for name in ("shape", "sum", "numel"):
        with pytest.raises(RuntimeError, match=rf"\[{name}\] there is no shape before the first"):
            getattr(module[0].offset, name)
    assert [name for name, _ in module.named_parameters()] == ["0.offset"]


def test_conversion_before_the_first_call():
    module = LazyShift().double()
    module(lm.zeros(3))
    assert module.offset.dtype is lm.float64


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_wakes_alone(copied):
    module = LazyShift()
    other = copied(module)
    other(lm.zeros(3))
    assert type(other) is Shift
    assert type(module) is LazyShift
    assert module.has_uninitialized_params()


def test_state_dicts_between_lazy_and_ready():
    ready, lazy = Shift(3), LazyShift()
    nn.init.normal_(ready.offset)
    assert is_lazy(lazy.state_dict()["offset"])
    lazy.load_state_dict(lazy.state_dict())
    assert lazy.has_uninitialized_params()
    lazy.load_state_dict(ready.state_dict())
    assert lm.equal(lazy.offset, ready.offset)
    assert not lazy.has_uninitialized_params()
    with pytest.raises(RuntimeError, match="no shape before"):
        ready.load_state_dict(LazyShift().state_dict())


def test_a_loaded_lazy_linear_keeps_what_it_loaded():
    ready, lazy = nn.Linear(3, 2), nn.LazyLinear(2)
    lazy.load_state_dict(ready.state_dict())
    x = lm.rand(4, 3)
    assert lm.equal(lazy(x), ready(x))
    assert repr(lazy) == repr(ready)


def test_mistakes_of_a_class():
    class Forgetful(nn.LazyModuleMixin, Shift):
        def __init__(self):
            super().__init__(0)
            self.offset = nn.UninitializedParameter()

    with pytest.raises(NotImplementedError, match=r"\[Forgetful\].*initialize_parameters"):
        Forgetful()(lm.ones(2))
    Forgetful.initialize_parameters = lambda self, x: None
    with pytest.raises(RuntimeError, match="left parameters without a shape"):
        Forgetful()(lm.ones(2))
