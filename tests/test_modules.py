"""Module: attributes, walking, conversions, copies, errors on the way; not state and hooks."""

import copy
import pickle

import pytest

import lamina as lm
from lamina import nn


class Block(nn.Module):
    def __init__(self, size=2):
        super().__init__()
        self.linear = nn.Linear(size, size)
        self.scale = nn.Parameter(lm.ones(size))
        self.register_buffer("seen", lm.zeros(1, dtype=lm.int64))
        self.register_buffer("cache", None)

    def forward(self, x):
        return self.linear(x) * self.scale


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = Block()
        self.second = self.first
        self.blocks = nn.ModuleList([Block(), nn.Identity()])
        self.bias = nn.Parameter(lm.zeros(2))

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return self.second(self.first(x)) + self.bias


def names(pairs):
    return [name for name, _ in pairs]


# ---- attributes ----


def test_what_is_assigned_registers_itself():
    module = nn.Module()
    module.plain = 3
    module.weight = nn.Parameter(lm.ones(1))
    module.below = nn.Identity()
    module.running = nn.Buffer(lm.ones(1), persistent=False)
    module.tensor = lm.ones(1)
    assert names(module.named_parameters()) == ["weight"]
    assert names(module.named_children()) == ["below"]
    assert names(module.named_buffers()) == ["running"]
    assert list(module.state_dict()) == ["weight"]
    assert {"plain", "weight", "below", "running", "tensor"} <= set(dir(module))


def test_an_attribute_changes_its_kind():
    module = nn.Module()
    for value in (1, nn.Parameter(lm.ones(1)), nn.Identity(), nn.Buffer(lm.ones(1))):
        module.x = value
        assert module.x is value
        kinds = [list(module.parameters()), list(module.children()), list(module.buffers())]
        assert sum(map(len, kinds)) == (not isinstance(value, int))
    module.x = lm.zeros(2)  # a tensor in place of a buffer is a buffer
    assert names(module.named_buffers()) == ["x"]
    del module.x
    assert not hasattr(module, "x")
    module.x = 5
    assert module.x == 5


def test_none_keeps_the_place():
    module = nn.Linear(2, 2)
    module.bias = None
    assert names(module.named_parameters()) == ["weight"]
    assert module(lm.ones(1, 2)).shape == (1, 2)
    module.bias = nn.Parameter(lm.zeros(2))
    assert names(module.named_parameters()) == ["weight", "bias"]


class Early(nn.Module):
    def __init__(self, value):
        self.value = value


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Early(nn.Parameter(lm.ones(1))), AttributeError, r"before Module.__init__\(\)"),
        (lambda: Early(nn.Identity()), AttributeError, r"before Module.__init__\(\)"),
        (lambda: Early(nn.Buffer(lm.ones(1))), AttributeError, r"before Module.__init__\(\)"),
        (lambda: Block().nothing, AttributeError, "'Block' object has no attribute 'nothing'"),
        (lambda: delattr(Block(), "nothing"), AttributeError, "nothing"),
        (lambda: setattr(Block(), "scale", lm.ones(2)), TypeError, "'Tensor' as parameter 'scale'"),
        (lambda: setattr(Block(), "linear", 3), TypeError, "'int' as module 'linear'"),
        (lambda: setattr(Block(), "seen", 3), TypeError, "'int' as buffer 'seen'"),
        (lambda: Block().register_parameter("p", lm.ones(1)), TypeError, "expected a Parameter"),
        (lambda: Block().register_parameter("a.b", None), KeyError, "without dots"),
        (lambda: Block().register_parameter("", None), KeyError, "without dots"),
        (lambda: Block().register_parameter(3, None), TypeError, "string as the name"),
        (lambda: Block().register_parameter("linear", None), KeyError, "already exists"),
        (lambda: Block().register_buffer("forward", None), KeyError, "already exists"),
        (lambda: Block().register_buffer("b", 3), TypeError, "expected a Tensor"),
        (lambda: Block().add_module("m", 3), TypeError, "expected a Module"),
        (lambda: Block().register_module("scale", None), KeyError, "already exists"),
        (lambda: nn.Module()(1), NotImplementedError, r"\[Module\].*forward"),
        (lambda: Block().train(1), ValueError, r"\[train\] expected True or False; got 1"),
        (lambda: Net().get_submodule("blocks.7"), AttributeError, "no module '7'.*'blocks.7'"),
        (lambda: Net().get_submodule("bias"), AttributeError, "no module 'bias'"),
        (lambda: Net().get_parameter("first.linear"), AttributeError, "no parameter 'linear'"),
        (lambda: Net().get_buffer("first.cache"), AttributeError, "no buffer 'cache'"),
        (lambda: Net().set_submodule("", Block()), ValueError, "got ''"),
        (lambda: Net().set_submodule("first", 3), ValueError, "got int"),
        (lambda: Net().set_submodule("new", Block(), strict=True), AttributeError, "'new'"),
        (lambda: Net().to(lm.int64), TypeError, "floating dtype for a module; got lamina.int64"),
        (lambda: Net().to("cuda"), RuntimeError, "CPU"),
        (lambda: nn.Identity().cuda(), RuntimeError, "CPU"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


# ---- walking ----


def test_everything_is_found_once_and_in_order():
    net = Net()
    modules = ["", "first", "first.linear", "blocks", "blocks.0", "blocks.0.linear", "blocks.1"]
    assert names(net.named_modules()) == modules
    assert names(net.named_children()) == ["first", "blocks"]
    own = ["bias"]
    first = ["first.scale", "first.linear.weight", "first.linear.bias"]
    other = ["blocks.0.scale", "blocks.0.linear.weight", "blocks.0.linear.bias"]
    assert names(net.named_parameters()) == own + first + other
    assert names(net.named_parameters(recurse=False)) == own
    assert names(net.named_parameters(prefix="net", recurse=False)) == ["net.bias"]
    assert names(net.named_buffers()) == ["first.seen", "blocks.0.seen"]
    twice = names(net.named_parameters(remove_duplicate=False))
    assert twice == own + first + [name.replace("first", "second") for name in first] + other
    assert len(names(net.named_modules(remove_duplicate=False))) == 9
    net.blocks[0].linear.weight = net.first.linear.weight
    tied = names(net.named_parameters())
    assert tied == own + first + ["blocks.0.scale", "blocks.0.linear.bias"]


def test_paths():
    net = Net()
    assert net.get_submodule("") is net
    assert net.get_submodule("blocks.0.linear") is net.blocks[0].linear
    assert net.get_parameter("blocks.0.scale") is net.blocks[0].scale
    assert net.get_buffer("first.seen") is net.first.seen
    net.set_submodule("blocks.0.linear", nn.Identity())
    net.set_submodule("extra", nn.Identity())
    assert isinstance(net.blocks[0].linear, nn.Identity)
    assert "extra" in names(net.named_children())


# ---- changing all ----


def test_modes_and_gradients_of_all():
    net = Net()
    assert net.training
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    assert all(module.training for module in net.train().modules())
    assert not any(p.requires_grad for p in net.requires_grad_(False).parameters())
    net.requires_grad_()
    net(lm.ones(1, 2)).sum().backward()
    net.zero_grad(set_to_none=False)
    assert all(p.grad is not None and not p.grad.any() for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_apply_goes_from_the_leaves_to_the_root():
    seen = []
    net = Net()
    assert net.apply(lambda module: seen.append(type(module).__name__)) is net
    assert seen == ["Linear", "Block", "Linear", "Block", "Identity", "ModuleList", "Net"]


@pytest.mark.parametrize(
    "convert",
    [
        lambda net: net.double(),
        lambda net: net.to(lm.float64),
        lambda net: net.to("cpu", lm.float64),
        lambda net: net.to(dtype=lm.float64, device="cpu"),
        lambda net: net.to(lm.zeros(1, dtype=lm.float64)),
    ],
)
def test_conversions(convert):
    net = Net()
    net(lm.ones(1, 2)).sum().backward()
    before = list(net.parameters())
    assert convert(net) is net
    for parameter, same in zip(net.parameters(), before, strict=True):
        assert parameter is same
        assert parameter.dtype is lm.float64
        assert parameter.grad.dtype is lm.float64
        assert parameter.is_leaf
    assert net.first.seen.dtype is lm.int64
    assert net(lm.ones(1, 2, dtype=lm.float64)).dtype is lm.float64
    assert net.float().bias.dtype is lm.float32
    assert net.type(lm.float64).first.seen.dtype is lm.float64
    assert net.cpu() is net


def test_to_empty_keeps_shapes():
    shapes = [p.shape for p in Net().parameters()]
    assert [p.shape for p in Net().to_empty(device="cpu").parameters()] == shapes


# ---- copies ----


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_keep_what_is_shared(copied):
    net = Net()
    other = copied(net)
    assert other.first is other.second
    assert other.first is not net.first
    assert list(other.state_dict()) == list(net.state_dict())
    x = lm.rand(3, 2)
    assert lm.equal(other(x), net(x))
    other.bias.data.fill_(7)
    assert not lm.equal(other(x), net(x))


# ---- errors on the way ----


def test_an_error_names_its_layer():
    class Outer(nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.body = nn.Sequential(nn.Identity(), inner)

        def forward(self, x):
            return self.body(x)

    expected = "got shape (3, 5) (in body.1.first.linear, Linear)"
    inner = Net()
    inner.blocks = nn.ModuleList()
    with pytest.raises(ValueError, match="linear") as caught:
        Outer(inner)(lm.ones(3, 5))
    assert str(caught.value).endswith(expected)
    with pytest.raises(ValueError, match=r"shape \(3, 5\) \(in Linear\)$"):
        nn.Linear(2, 2)(lm.ones(3, 5))


def test_an_error_of_a_module_in_a_plain_list_names_what_is_known():
    class Hidden(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = [nn.Sequential(nn.Linear(2, 2))]

        def forward(self, x):
            return self.hidden[0](x)

    with pytest.raises(ValueError, match=r"\(in 0, Linear\)$"):
        nn.Sequential(Hidden())(lm.ones(3, 5))


def test_errors_of_others_stay_as_they_are():
    class Wrong(nn.Module):
        def forward(self, x):
            raise KeyError("mine")

    with pytest.raises(KeyError, match=r"^'mine'$"):
        nn.Sequential(Wrong())(1)


def test_the_tables_are_views_of_the_attributes():
    module = nn.Linear(2, 2)
    assert list(module._parameters) == ["weight", "bias"]
    assert module._parameters["weight"] is module.weight
    module._parameters["weight"] = nn.Parameter(lm.ones(2, 2))
    assert module.weight.sum() == 4
    del module._parameters["weight"]
    assert not hasattr(module, "weight")
    module.weight = lm.zeros(2, 2)  # plain: it is no parameter any more
    assert [name for name, _ in module.named_parameters()] == ["bias"]
    net = nn.Sequential(nn.Identity(), module)
    net._modules = {"only": net[1]}
    assert net.only is module
    assert not hasattr(net, "0")
    assert "weight" not in module._parameters
    with pytest.raises(KeyError):
        module._parameters["weight"]


def test_a_module_that_stands_twice_is_listed_once_or_twice():
    shared = nn.Linear(1, 1)
    net = nn.Sequential(shared, shared)
    assert len(list(net.modules())) == 2
    assert len(list(net.modules(remove_duplicate=False))) == 3
