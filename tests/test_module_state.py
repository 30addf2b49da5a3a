"""state_dict and load_state_dict: what is in, what is copied, what is refused, hooks."""

from collections import OrderedDict

import numpy as np
import pytest

import lamina as lm
from lamina import nn


class Norm(nn.Module):
    _version = 2

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(lm.ones(()))
        self.register_parameter("absent", None)
        self.register_buffer("mean", lm.zeros(2))
        self.register_buffer("scratch", lm.zeros(2), persistent=False)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 2)
        self.tied = self.linear
        self.norm = Norm()


KEYS = ["linear.weight", "linear.bias", "tied.weight", "tied.bias", "norm.scale", "norm.mean"]


def test_the_state_of_a_module():
    net = Net()
    state = net.state_dict()
    assert isinstance(state, OrderedDict)
    assert list(state) == KEYS
    assert state["linear.weight"].data_ptr() == net.linear.weight.data_ptr()
    assert not state["linear.weight"].requires_grad
    assert net.state_dict(keep_vars=True)["linear.weight"] is net.linear.weight
    assert list(net.norm.state_dict(prefix="n.")) == ["n.scale", "n.mean"]
    given = {}
    assert net.state_dict(destination=given) is given
    assert list(given) == KEYS
    assert state._metadata["norm"] == {"version": 2}
    assert state._metadata[""] == {"version": 1}


def test_loading_copies():
    net, other = Net(), Net()
    state = net.state_dict()
    weight = other.linear.weight
    answer = other.load_state_dict(state)
    assert str(answer) == "<All keys matched successfully>"
    assert answer.missing_keys == answer.unexpected_keys == []
    assert other.linear.weight is weight
    assert lm.equal(weight, net.linear.weight)
    assert weight.data_ptr() != net.linear.weight.data_ptr()
    assert weight.requires_grad


def test_assign_takes_the_tensors_themselves():
    net, state = Net(), {key: x.double() for key, x in Net().state_dict().items()}
    net.norm.scale.requires_grad_(False)
    net.load_state_dict(state, assign=True)
    assert net.linear.weight.data_ptr() == state["tied.weight"].data_ptr()
    assert type(net.linear.weight) is nn.Parameter
    assert net.linear.weight.dtype is lm.float64
    assert not net.norm.scale.requires_grad
    assert net.norm.mean is state["norm.mean"]
    parameter = nn.Parameter(lm.ones(2, 2))
    assert nn.Linear(2, 2, bias=False).load_state_dict({"weight": parameter}, assign=True)
    # torch keeps the parameter that is given, and so does lamina
    linear = nn.Linear(2, 2, bias=False)
    linear.load_state_dict({"weight": parameter}, assign=True)
    assert linear.weight is parameter


@pytest.mark.parametrize("convert", [lambda x: x.numpy(), lambda x: x.numpy().astype(np.float64)])
def test_arrays_are_taken(convert):
    net, other = Net(), Net()
    other.load_state_dict({key: convert(x) for key, x in net.state_dict().items()})
    assert lm.equal(other.linear.weight, net.linear.weight)
    assert other.linear.weight.dtype is lm.float32


def test_a_vector_of_one_fits_a_scalar():
    norm = Norm()
    norm.load_state_dict({"scale": lm.tensor([3.0]), "mean": lm.ones(2)})
    assert norm.scale.item() == 3


def without(key):
    state = Net().state_dict()
    del state[key]
    return state


def with_more(**more):
    return {**Net().state_dict(), **{key.replace("__", "."): x for key, x in more.items()}}


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (without("norm.mean"), 'for Net:\n\tMissing key(s) in state_dict: "norm.mean".'),
        (
            {k: v for k, v in without("norm.mean").items() if k != "linear.bias"},
            'Missing key(s) in state_dict: "linear.bias", "norm.mean".',
        ),
        (with_more(extra=lm.ones(1)), 'Unexpected key(s) in state_dict: "extra".'),
        (with_more(norm__scratch=lm.ones(2)), 'Unexpected key(s) in state_dict: "norm.scratch".'),
        (with_more(norm__absent=lm.ones(2)), 'Unexpected key(s) in state_dict: "norm.absent".'),
        (with_more(a__b__c=lm.ones(2)), 'Unexpected key(s) in state_dict: "a.b.c".'),
        (
            with_more(norm__mean=lm.ones(3)),
            "size mismatch for norm.mean: expected shape (2,); the state dict has (3,)",
        ),
        (with_more(norm__mean="text"), "wrong type for norm.mean: expected a tensor; got str"),
    ],
)
def test_what_does_not_fit_is_named(state, message):
    with pytest.raises(RuntimeError) as caught:
        Net().load_state_dict(state)
    assert message in str(caught.value)


def test_not_strict():
    state = with_more(extra=lm.ones(1))
    del state["norm.mean"]
    answer = Net().load_state_dict(state, strict=False)
    assert answer == (["norm.mean"], ["extra"])
    assert answer.missing_keys == ["norm.mean"]
    with pytest.raises(RuntimeError, match="size mismatch"):
        Net().load_state_dict(with_more(norm__mean=lm.ones(3)), strict=False)
    with pytest.raises(TypeError, match=r"\[load_state_dict\] expected a mapping.*list"):
        Net().load_state_dict([])


@pytest.mark.torch
def test_missing_and_unexpected_are_pytorchs():
    torch = pytest.importorskip("torch")

    def report(n, tensor):
        net = n.Sequential(n.Linear(2, 2), n.Sequential(n.Linear(2, 2, bias=False)))
        state = dict.fromkeys(["0.weight", "0.more", "1.0.bias", "1.1.weight", "2", "2.a"], tensor)
        return tuple(net.load_state_dict(state, strict=False))

    ours, theirs = report(nn, lm.ones(2, 2)), report(torch.nn, torch.ones(2, 2))
    assert ours == theirs
    assert ours[1]


# ---- what a class says about its own state ----


class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self.count = 3

    def get_extra_state(self):
        return {"count": self.count}

    def set_extra_state(self, state):
        self.count = state["count"]


def test_extra_state():
    net = nn.Sequential(Counter())
    state = net.state_dict()
    assert state == {"0._extra_state": {"count": 3}}
    state["0._extra_state"] = {"count": 7}
    net.load_state_dict(state)
    assert net[0].count == 7
    with pytest.raises(RuntimeError, match=r'Missing .*"0._extra_state"'):
        net.load_state_dict({})
    with pytest.raises(RuntimeError, match=r'Unexpected .*"0._extra_state"'):
        nn.Sequential(nn.Identity()).load_state_dict(state)


class Renamed(nn.Linear):
    """Reads states that call the weight `w`."""

    def _load_from_state_dict(self, state_dict, prefix, *rest):
        if prefix + "w" in state_dict:
            state_dict[prefix + "weight"] = state_dict.pop(prefix + "w")
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def _save_to_state_dict(self, destination, prefix, keep_vars):
        super()._save_to_state_dict(destination, prefix, keep_vars)
        destination[prefix + "note"] = lm.ones(1)


def test_a_subclass_changes_how_its_state_is_read_and_written():
    net = nn.Sequential(Renamed(2, 2, bias=False))
    assert list(net.state_dict()) == ["0.weight", "0.note"]
    given = {"0.w": lm.ones(2, 2)}
    net.load_state_dict(given)
    assert lm.equal(net[0].weight, lm.ones(2, 2))
    assert list(given) == ["0.w"]


# ---- hooks ----


def test_hooks_of_state_dict():
    seen = []
    net = nn.Sequential(nn.Linear(1, 1, bias=False))
    linear = net[0]
    before = linear.register_state_dict_pre_hook(lambda *args: seen.append(args))
    after = linear.register_state_dict_post_hook(
        lambda module, state, prefix, metadata: state.update({prefix + "more": 1})
    )
    assert list(net.state_dict()) == ["0.weight", "0.more"]
    assert seen == [(linear, "0.", False)]
    before.remove()
    after.remove()
    assert list(net.state_dict()) == ["0.weight"]
    assert len(seen) == 1
    linear.register_state_dict_post_hook(lambda *args: {})
    with pytest.raises(RuntimeError, match=r"\[register_state_dict_post_hook\] expected None"):
        net.state_dict()


def test_hooks_of_load_state_dict():
    seen = []
    net = nn.Sequential(nn.Linear(1, 1, bias=False))

    def rename(module, state, prefix, metadata, strict, missing, unexpected, errors):
        seen.append((module, prefix))
        state[prefix + "weight"] = state.pop(prefix + "w")

    with net[0].register_load_state_dict_pre_hook(rename):
        net.load_state_dict({"0.w": lm.ones(1, 1)})
    assert seen == [(net[0], "0.")]
    assert net[0].weight.item() == 1

    def forgive(module, keys):
        keys.missing_keys.clear()

    with net.register_load_state_dict_post_hook(forgive):
        assert not any(net.load_state_dict({}))
    with pytest.raises(RuntimeError, match="Missing"):
        net.load_state_dict({})
    net.register_load_state_dict_post_hook(lambda *args: 1)
    with pytest.raises(RuntimeError, match=r"\[register_load_state_dict_post_hook\]"):
        net.load_state_dict(net.state_dict())
