"""Module and Parameter: attributes, walking, conversions, copies, text; not state and hooks."""

import copy
import pickle
import subprocess
import sys
from pathlib import Path

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


# ---- parameters ----


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


# ---- types ----

USER_CODE = """
import lamina as lm
from lamina import nn

class Net(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(size, size)])
        self.head = nn.Sequential(nn.Linear(size, 1), nn.Identity())
        self.scale = nn.Parameter(lm.ones(size))
        self.register_buffer("mean", lm.zeros(size))

    def forward(self, x: lm.Tensor) -> lm.Tensor:
        for layer in self.layers:
            x = layer(x) * self.scale - self.mean
        result: lm.Tensor = self.head(x)
        return result

net = Net(3).to(lm.float64).train()
state = net.state_dict()
missing: list[str] = net.load_state_dict(state).missing_keys
total = sum(p.numel() for p in net.parameters())
first: nn.Module = net.head[0]
net.head[:1](lm.ones(3))
handle = net.register_forward_hook(lambda module, args, output: None)
handle.remove()
"""


@pytest.mark.slow
def test_strict_types_of_user_code(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "user.py").write_text(USER_CODE)
    package = Path(lm.__file__).parents[1]
    result = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "user.py"],
        cwd=tmp_path,
        env={"MYPYPATH": str(package), "PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
