"""Sequential, ModuleList, ModuleDict, ParameterList, ParameterDict: what lists and dicts can do."""

from collections import OrderedDict

import pytest

import lamina as lm
from lamina import nn


def linears(library, *sizes):
    return [library.Linear(size, 1) for size in sizes]


def sequential(library, *sizes):
    return library.Sequential(*linears(library, *sizes))


def named(library):
    return library.Sequential(OrderedDict(zip("abc", linears(library, 1, 2, 3), strict=True)))


def changed(container, *changes):
    for change in changes:
        change(container)
    return container


# What a container is after some changes: its names, and how many inputs each of its modules takes.
MODULES = {
    "sequential": (lambda n: sequential(n, 1, 2), "0:1 1:2"),
    "empty": (lambda n: n.Sequential(), ""),
    "named": (named, "a:1 b:2 c:3"),
    "slice": (lambda n: sequential(n, 1, 2, 3)[1:], "1:2 2:3"),
    "named slice": (lambda n: named(n)[::2], "a:1 c:3"),
    "append": (lambda n: sequential(n, 1).append(n.Linear(2, 1)), "0:1 1:2"),
    "extend": (lambda n: sequential(n, 1).extend(linears(n, 2, 3)), "0:1 1:2 2:3"),
    "extend with itself": (lambda n: changed(sequential(n, 1, 2), lambda s: s.extend(list(s))),
                           "0:1 1:2 2:1 3:2"),
    "insert": (lambda n: sequential(n, 1, 2).insert(1, n.Linear(3, 1)), "0:1 1:3 2:2"),
    "insert at the end": (lambda n: sequential(n, 1, 2).insert(2, n.Linear(3, 1)), "0:1 1:2 2:3"),
    "insert from the end": (lambda n: sequential(n, 1, 2).insert(-1, n.Linear(3, 1)),
                            "0:1 1:3 2:2"),
    "delete": (lambda n: changed(sequential(n, 1, 2, 3), lambda s: s.__delitem__(0)), "0:2 1:3"),
    "delete a slice": (lambda n: changed(sequential(n, 1, 2, 3),
                                         lambda s: s.__delitem__(slice(1, 3))), "0:1"),
    "delete of named": (lambda n: changed(named(n), lambda s: s.__delitem__(-1)), "0:1 1:2"),
    "set": (lambda n: changed(named(n), lambda s: s.__setitem__(-1, n.Linear(7, 1))),
            "a:1 b:2 c:7"),
    "pop": (lambda n: changed(sequential(n, 1, 2, 3), lambda s: s.pop(1)), "0:1 1:3"),
    "sum": (lambda n: sequential(n, 1) + sequential(n, 2), "0:1 1:2"),
    "sum in place": (lambda n: sequential(n, 1).__iadd__(sequential(n, 2)), "0:1 1:2"),
    "product": (lambda n: sequential(n, 1, 2) * 2, "0:1 1:2 2:1 3:2"),
    "product from the left": (lambda n: 2 * sequential(n, 1), "0:1 1:1"),
    "product in place": (lambda n: sequential(n, 1, 2).__imul__(2), "0:1 1:2 2:1 3:2"),
    "list": (lambda n: n.ModuleList(linears(n, 1, 2)), "0:1 1:2"),
    "empty list": (lambda n: n.ModuleList(), ""),
    "list of equals": (lambda n: n.ModuleList(linears(n, 1, 1, 2, 1, 1, 1)),
                       "0:1 1:1 2:2 3:1 4:1 5:1"),
    "list of lists": (lambda n: n.ModuleList([n.ModuleList(linears(n, 1, 1))] * 2)[0], "0:1 1:1"),
    "list slice": (lambda n: n.ModuleList(linears(n, 1, 2, 3))[1:], "0:2 1:3"),
    "list sum": (lambda n: n.ModuleList(linears(n, 1)) + linears(n, 2), "0:1 1:2"),
    "list sum in place": (lambda n: n.ModuleList(linears(n, 1)).__iadd__(linears(n, 2)), "0:1 1:2"),
    "list insert": (lambda n: changed(n.ModuleList(linears(n, 1, 2)),
                                      lambda x: x.insert(1, n.Linear(3, 1))), "0:1 1:3 2:2"),
    "list pop": (lambda n: changed(n.ModuleList(linears(n, 1, 2)), lambda x: x.pop(0)), "0:2"),
    "list delete": (lambda n: changed(n.ModuleList(linears(n, 1, 2, 3)),
                                      lambda x: x.__delitem__(slice(0, 2))), "0:3"),
    "dict": (lambda n: n.ModuleDict({"b": n.Linear(1, 1), "a": n.Linear(2, 1)}), "b:1 a:2"),
    "dict of pairs": (lambda n: n.ModuleDict([["b", n.Linear(1, 1)], ("a", n.Linear(2, 1))]),
                      "b:1 a:2"),
    "dict update": (lambda n: changed(n.ModuleDict({"a": n.Linear(1, 1)}),
                                      lambda d: d.update(n.ModuleDict({"b": n.Linear(2, 1)})),
                                      lambda d: d.update({"a": n.Linear(3, 1)})), "a:3 b:2"),
    "dict pop": (lambda n: changed(n.ModuleDict({"a": n.Linear(1, 1), "b": n.Linear(2, 1)}),
                                   lambda d: d.pop("a")), "b:2"),
    "dict clear": (lambda n: changed(n.ModuleDict({"a": n.Linear(1, 1)}), lambda d: d.clear()), ""),
}  # fmt: skip


@pytest.mark.parametrize(("make", "expected"), MODULES.values(), ids=MODULES)
def test_modules(make, expected):
    made = make(nn)
    names = [f"{name}:{module.in_features}" for name, module in made._modules.items()]
    assert names == expected.split()
    assert len(made) == len(names)
    parameters = list(dict.fromkeys(map(id, (x.weight for x in made._modules.values()))))
    assert [id(p) for p in made.parameters() if p.ndim == 2] == parameters


@pytest.mark.torch
@pytest.mark.parametrize("make", [row[0] for row in MODULES.values()], ids=MODULES)
def test_text_is_pytorchs(make):
    torch = pytest.importorskip("torch")
    assert repr(make(nn)) == repr(make(torch.nn))


def test_sequential_calls_in_turn():
    model = sequential(nn, 1, 1)
    x = lm.rand(4, 1)
    assert lm.equal(model(x), model[1](model[0](x)))
    assert nn.Sequential()(x) is x


def test_containers_iterate():
    layers = linears(nn, 1, 2)
    assert list(nn.Sequential(*layers)) == list(nn.ModuleList(layers)) == layers
    made = nn.ModuleDict({"b": layers[0], "a": layers[1]})
    assert list(made) == list(made.keys()) == ["b", "a"]
    assert list(made.values()) == layers
    assert list(made.items()) == [("b", layers[0]), ("a", layers[1])]
    assert "a" in made
    assert "c" not in made
    assert made["a"] is layers[1]
    assert nn.ModuleList(layers).pop(slice(0, 2))[1] is layers[1]


def test_a_subclass_keeps_its_class_in_slices():
    class Stack(nn.Sequential):
        pass

    assert type(Stack(*linears(nn, 1, 2))[:1]) is Stack


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: sequential(nn, 1)[1], IndexError, "index of 1 modules; got 1"),
        (lambda: nn.ModuleList()[0], IndexError, "index of 0 modules"),
        (lambda: sequential(nn, 1).insert(3, nn.Identity()), IndexError, "between -1 and 1; got 3"),
        (lambda: sequential(nn, 1).insert(0, 3), TypeError, "expected a Module; got int"),
        (lambda: sequential(nn, 1).append(3), TypeError, "'int' as module '1'"),
        (lambda: nn.Sequential(3), TypeError, "'int' as module '0'"),
        (lambda: sequential(nn, 1) + 1, ValueError, "got int"),
        (lambda: sequential(nn, 1) * 0, ValueError, "positive factor; got 0"),
        (lambda: sequential(nn, 1) * 1.5, TypeError, "got float"),
        (lambda: nn.ModuleList(3), TypeError, "got int"),
        (lambda: nn.ModuleList([])(1), NotImplementedError, r"define forward\(\)"),
        (lambda: nn.ModuleDict(3), TypeError, "got int"),
        (lambda: nn.ModuleDict([3]), TypeError, "got 3"),
        (lambda: nn.ModuleDict([("a", nn.Identity(), 1)]), ValueError, "pairs"),
        (lambda: nn.ModuleDict({"a.b": nn.Identity()}), KeyError, "without dots"),
        (lambda: nn.ModuleDict({"a": nn.Identity()})["b"], KeyError, "b"),
        (lambda: nn.ParameterList(lm.ones(2)), TypeError, "got Tensor"),
        (lambda: nn.ParameterList([])[0], IndexError, "index of 0 parameters"),
        (lambda: nn.ParameterDict({3: lm.ones(2)}), TypeError, "string as key; got int"),
        (lambda: nn.ParameterDict().popitem(), KeyError, "got none"),
        (lambda: nn.ParameterDict()["a"], KeyError, "a"),
        (lambda: nn.ParameterDict(3), TypeError, "got int"),
        (lambda: nn.ParameterDict()(3), NotImplementedError, r"define forward\(\)"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


# ---- parameters ----


def test_parameter_list():
    own = nn.Parameter(lm.ones(2))
    made = nn.ParameterList([own, lm.zeros(3)])
    made += [lm.zeros(1), "text"]
    assert [type(x) for x in made] == [nn.Parameter] * 3 + [str]
    assert made[0] is own
    assert made[-1] == "text"
    assert [name for name, _ in made.named_parameters()] == ["0", "1", "2"]
    assert len(made[1:3]) == 2
    made[-1] = lm.ones(4)
    assert made[3].shape == (4,)
    assert list(made.state_dict()) == ["0", "1", "2", "3"]


def test_parameter_dict():
    made = nn.ParameterDict({"b": lm.ones(2), "a": nn.Parameter(lm.zeros(1))})
    assert list(made) == ["a", "b"]  # a plain dict is sorted, as in PyTorch
    assert list(nn.ParameterDict([("b", lm.ones(2)), ("a", lm.ones(2))])) == ["b", "a"]
    assert all(isinstance(x, nn.Parameter) for x in made.values())
    assert list(reversed(made)) == ["b", "a"]
    assert made.get("c") is None
    assert made.setdefault("c", lm.ones(3)).shape == (3,)
    assert made.copy()["c"] is made["c"]
    both = made | nn.ParameterDict({"d": lm.ones(1)})
    assert list(both.keys()) == ["a", "b", "c", "d"]
    assert len(made) == 3
    made |= both
    assert made.popitem()[0] == "d"
    assert made.pop("a").shape == (1,)
    assert [name for name, _ in made.named_parameters()] == ["b", "c"]
    assert dict(made.items()).keys() == {"b", "c"}
    made.clear()
    assert not list(made.parameters())
    assert list(nn.ParameterDict().fromkeys(["x", "y"], 1).values()) == [1, 1]


@pytest.mark.torch
@pytest.mark.parametrize(
    "make",
    [
        lambda library, n: n.ParameterList([library.ones(2, 3), library.zeros(()), "text"]),
        lambda library, n: n.ParameterDict({"a": library.ones(2, 3), "b": 3}),
        lambda library, n: n.ParameterList(),
    ],
)
def test_text_of_parameters_is_pytorchs(make):
    torch = pytest.importorskip("torch")
    assert repr(make(lm, nn)) == repr(make(torch, torch.nn)).replace("torch.", "lamina.")


def test_data_parallel_calls_its_module():
    net = nn.DataParallel(nn.Linear(2, 3), device_ids=[0, 1])
    x = lm.ones(1, 2)
    assert lm.equal(net(x), net.module(x))
    assert list(net.state_dict()) == ["module.weight", "module.bias"]


def test_batch_norms_become_those_of_one_process():
    net = nn.Sequential(nn.BatchNorm2d(3), nn.Sequential(nn.BatchNorm1d(2, affine=False)))
    made = nn.SyncBatchNorm.convert_sync_batchnorm(net.eval())
    assert type(made[0]) is type(made[1][0]) is nn.SyncBatchNorm
    assert made[0].weight is net[0].weight
    assert not made[0].training
    with pytest.raises(NotImplementedError, match="one process"):
        nn.SyncBatchNorm(3, process_group=1)
