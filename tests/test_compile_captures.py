"""What functions may do inside lm.compile, with results that are those of eager calls.

A row of `WORKS` makes a function anew for each run, as what it keeps is part of the question.
"""

import collections
import copy
import functools
import itertools
import pickle
import random
import types

import numpy as np
import pytest

import lamina as lm
from lamina import nn
from lamina.nn import functional as F

Pair = collections.namedtuple("Pair", "x number")
CALLS = 4


def inputs(number):
    return lm.tensor([1.0 + number % 3, -2.0, 3.0])


class Scaled:
    factor = 2.0

    def __init__(self):
        self.calls = 0

    def scale(self, x):
        return x * self.factor

    @classmethod
    def of_class(cls, x):
        return x * cls.factor

    def counting(self, x):
        self.calls += 1
        return x * self.calls

    __call__ = counting


class Meter:
    def __init__(self):
        self.total = lm.zeros(())

    def update(self, x):
        self.total = self.total + x.sum()
        return self.total


def entry_changes():
    factors = [2.0]

    def step(x):
        factors[0] += 1
        return x * factors[0]

    return step


def list_grows():
    log = []

    def step(x):
        log.append(x.sum())
        return sum(log)

    return step


def tensor_is_replaced():
    state = {"sum": lm.zeros(())}

    def step(x):
        state["sum"] = state["sum"] + x.sum()
        return state["sum"]

    return step


def nonlocal_changes():
    calls = 0

    def step(x):
        nonlocal calls
        calls += 1
        return x * calls

    return step


def array_changes():
    array = np.zeros(3, np.float32)

    def step(x):
        array[...] += 1
        return x + lm.from_numpy(array)

    return step


def trained(change=lambda weight, optimizer, x: None):
    weight = lm.ones(3, requires_grad=True)
    optimizer = lm.optim.SGD([weight], 0.1)
    schedule = lm.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    optimizer.schedule = schedule

    def step(x):
        optimizer.zero_grad()
        (weight * x).sum().backward()
        optimizer.step()
        change(weight, optimizer, x)
        return weight.detach().clone()

    return step


def rate_changes(weight, optimizer, x):
    optimizer.param_groups[0]["lr"] *= 0.5


def schedule_inside(weight, optimizer, x):
    optimizer.schedule.step()


def memory_changes(weight, optimizer, x):
    weight.data = weight.data * 0.5


def twice_backward():
    weight = lm.ones(3, requires_grad=True)

    def step(x):
        weight.grad = None
        loss = (x * weight * weight).sum()
        loss.backward(retain_graph=True)
        loss.backward()
        return weight.grad

    return step


def gradient_of_an_input():
    model = nn.Linear(3, 1)

    def step(x):
        x = x.clone().requires_grad_()
        model(x).square().sum().backward()
        return x.grad

    return step


def nested():
    inner = lm.compile(lambda x: x * 2)
    return lambda x: inner(x) + 1


def recursive():
    def step(x, depth=3):
        return x if depth == 0 else step(x * 2, depth - 1)

    return step


def in_place(x):
    x.add_(1)
    x[0] = 7
    return x * 2


WORKS = {
    "an argument": lambda: lambda x: x,
    "an argument, twice": lambda: lambda x: (x, x),
    "a view of an argument": lambda: lambda x: x[1:],
    "views of one result": lambda: lambda x: (lambda y: (y, y[1:], y.reshape(3, 1)))(x * 2),
    "a weight": lambda: (lambda weight: lambda x: weight)(lm.ones(3)),
    "a view of a weight": lambda: (lambda weight: lambda x: weight.add_(x)[1:])(lm.ones(3)),
    "nothing": lambda: lambda x: None,
    "no tensors": lambda: lambda x: (x.shape, x.dtype, {"a": 3, "b": "text"}),
    "a named tuple": lambda: lambda x: Pair(x * 2, 3),
    "values and indices": lambda: lambda x: lm.max(x, 0),
    "an ordered dict": lambda: lambda x: collections.OrderedDict(b=x * 2, a=[x]),
    "in place": lambda: in_place,
    "a mask that is assigned": lambda: lambda x: lm.where(x > 0, x, 0.5),
    "length": lambda: lambda x: x * len(x),
    "iteration": lambda: lambda x: sum(row * 2 for row in x),
    "deepcopy": lambda: lambda x: copy.deepcopy(x) * 2,
    "a distribution": lambda: lambda x: lm.distributions.Normal(x, 1.0).log_prob(x + 1),
    "a partial call": lambda: functools.partial(lambda k, x: x * k, lm.full((3,), 3.0)),
    "a method": lambda: Scaled().scale,
    "a class method": lambda: Scaled.of_class,
    "a function of ours": lambda: lm.relu,
    "a default": lambda: lambda x, k=2.0, *, j=1: x * k * j,
    "recursion": recursive,
    "compiled functions inside": nested,
    "compiled anew inside": lambda: lambda x: lm.compile(lambda y: y * 2)(x) + 1,
    "layers made inside": lambda: lambda x: nn.Linear(3, 2)(x).detach(),
    "backward twice": twice_backward,
    "the gradient of an input": gradient_of_an_input,
    "random numbers": lambda: lambda x: F.dropout(x) + lm.randn(3) + x[lm.randperm(3)],
    "training": trained,
    "a rate": lambda: trained(rate_changes),
    "a schedule": lambda: trained(schedule_inside),
    "other memory": lambda: trained(memory_changes),
    "an entry of a list": entry_changes,
    "a list that grows": list_grows,
    "a tensor in a dict": tensor_is_replaced,
    "a variable": nonlocal_changes,
    "an array": array_changes,
    "an attribute": lambda: Scaled().counting,
    "an object that is called": Scaled,
    "a helper": lambda: (lambda meter: lambda x: meter.update(x))(Meter()),
    "an iterator": lambda: (lambda it: lambda x: x * next(it))(iter(range(10))),
    "a counter": lambda: (lambda it: lambda x: x * next(it))(itertools.count()),
    "Python's random": lambda: lambda x: x * random.random(),
    "NumPy's random": lambda: lambda x: x * float(np.random.rand()),
    "a generator of NumPy": lambda: (lambda rng: lambda x: x * float(rng.random()))(
        np.random.default_rng(0)
    ),
}


def form(result):
    """Return results as what can be compared."""
    if isinstance(result, lm.Tensor):
        return (tuple(result.shape), result.dtype, result.detach().numpy().tobytes())
    if isinstance(result, dict):
        return type(result), [(key, form(value)) for key, value in result.items()]
    if isinstance(result, (list, tuple)):
        return type(result).__name__, [form(value) for value in result]
    return result


def outcomes(name, compiled):
    lm.manual_seed(0)
    random.seed(0)
    np.random.seed(0)
    function = WORKS[name]()
    function = lm.compile(function) if compiled else function
    for number in range(CALLS):
        x = inputs(number)
        yield form(function(x)), form(x)


@pytest.mark.parametrize("name", WORKS)
def test_what_works_gives_what_eager_gives(name):
    assert list(outcomes(name, compiled=True)) == list(outcomes(name, compiled=False))


FACTOR = 2.0


def helper(x):
    return x * FACTOR


def test_what_a_helper_reads_is_watched(monkeypatch):
    scaled, entries = Scaled(), {"factor": 2.0}
    compiled = lm.compile(lambda x: helper(x) + scaled.scale(x) + x * entries["factor"])
    ones = lm.ones(1)
    assert [compiled(ones).item() for _ in range(2)] == [6, 6]
    monkeypatch.setitem(globals(), "FACTOR", 3.0)
    assert compiled(ones).item() == 7
    monkeypatch.setattr(Scaled, "factor", 4.0)
    assert compiled(ones).item() == 9
    scaled.factor = 5.0
    assert compiled(ones).item() == 10
    entries["factor"] = 6.0
    assert compiled(ones).item() == 14


def test_what_an_argument_holds_is_watched():
    batch = types.SimpleNamespace(x=lm.ones(1), factor=2.0)
    compiled = lm.compile(lambda batch: batch.x * batch.factor)
    for number in range(3):
        batch.x = lm.full((1,), float(number))
        batch.factor += 1
        assert compiled(batch).item() == number * batch.factor


def test_a_state_that_each_call_changes_is_reported():
    compiled = lm.compile(list_grows())
    for number in range(8):
        compiled(inputs(number))
    with pytest.warns(UserWarning, match=r"captured 8 calls and replayed none, as '.*' changes"):
        compiled(inputs(8))


def test_memory_that_each_call_exchanges_is_reported():
    weight = lm.ones(3)

    @lm.compile
    def step(x):
        weight.data = weight.data * 0.5
        return weight * x

    for _ in range(8):
        step(lm.ones(3))
    with pytest.warns(UserWarning, match="captured 8 calls and replayed none"):
        step(lm.ones(3))


def test_arguments_that_share_memory():
    def step(x, y):
        z = x.exp()
        y.add_(z)
        return x * 1

    compiled = lm.compile(step)
    compiled(inputs(0), inputs(1))
    one, other = inputs(0), inputs(0)
    assert form(compiled(one, one)) == form(step(other, other))
    assert form(one) == form(other)


def test_methods_are_decorated_as_functions_are():
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 1)

        @lm.compile
        def forward(self, x):
            return self.layer(x)

    networks = [Network(), Network()]
    for network in [*networks, copy.deepcopy(networks[0])]:
        for number in range(2):
            assert form(network(inputs(number))) == form(network.layer(inputs(number)))


def test_copies_and_pytorchs_options():
    model = lm.compile(nn.Linear(3, 1))
    copied = pickle.loads(pickle.dumps(copy.deepcopy(model)))
    assert form(copied(inputs(0))) == form(model(inputs(0)))
    assert lm.compile(in_place, disable=True) is in_place
    assert lm.compile(fullgraph=True, mode="max-autotune")(in_place)(inputs(0)).numel() == 3
