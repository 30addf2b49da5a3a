"""nn.init: distributions, bounds, fans, structure and errors, a row each."""

import math

import numpy as np
import pytest

import lamina as lm
from lamina import nn
from lamina.nn import init

SHAPE = (40, 20, 3, 2)  # fan_in 120, fan_out 240
FAN_IN, FAN_OUT = 120, 240


def truncated(a, b):
    """Mean and deviation of the standard normal distribution restricted to [a, b]."""
    x = np.linspace(a, b, 200001)
    p = np.exp(-(x**2) / 2)
    mean = (x * p).sum() / p.sum()
    return mean, math.sqrt(((x - mean) ** 2 * p).sum() / p.sum())


def uniform(std):
    return (0, std, math.sqrt(3) * std)


def normal(std):
    return (0, std, 6 * std)


# Arguments, then the mean, the deviation and the largest distance from 0 that must come.
DRAWS = {
    "uniform_": ({}, (0.5, 1 / math.sqrt(12), 1)),
    "uniform_ of bounds": ({"a": -2, "b": 1}, (-0.5, 3 / math.sqrt(12), 2)),
    "normal_": ({}, normal(1)),
    "normal_ of moments": ({"mean": 5, "std": 0.1}, (5, 0.1, 6)),
    "trunc_normal_": ({}, (*truncated(-2, 2), 2)),
    "trunc_normal_ of one side": ({"a": -0.5, "b": 9}, (*truncated(-0.5, 9), 6)),
    "trunc_normal_ narrow": ({"a": -0.1, "b": 0.2}, (*truncated(-0.1, 0.2), 0.2)),
    "trunc_normal_ in the tail": ({"a": 1.5, "b": math.inf}, (*truncated(1.5, 9), 6)),
    "trunc_normal_ moved": (
        {"mean": 3, "std": 0.5, "a": 2, "b": 4},
        (3, 0.5 * truncated(-2, 2)[1], 4),
    ),
    "xavier_uniform_": ({}, uniform(math.sqrt(2 / 360))),
    "xavier_uniform_ with gain": ({"gain": 3}, uniform(3 * math.sqrt(2 / 360))),
    "xavier_normal_": ({}, normal(math.sqrt(2 / 360))),
    "xavier_normal_ with gain": ({"gain": 0.5}, normal(0.5 * math.sqrt(2 / 360))),
    "kaiming_uniform_": ({}, uniform(math.sqrt(2 / FAN_IN))),
    "kaiming_uniform_ of a slope": ({"a": math.sqrt(5)}, uniform(math.sqrt(1 / 3 / FAN_IN))),
    "kaiming_uniform_ outwards": ({"mode": "fan_out"}, uniform(math.sqrt(2 / FAN_OUT))),
    "kaiming_normal_": ({}, normal(math.sqrt(2 / FAN_IN))),
    "kaiming_normal_ of relu": ({"nonlinearity": "relu"}, normal(math.sqrt(2 / FAN_IN))),
    "kaiming_normal_ outwards": ({"mode": "FAN_OUT"}, normal(math.sqrt(2 / FAN_OUT))),
    "lecun_uniform_": ({}, uniform(math.sqrt(1 / FAN_IN))),
    "lecun_normal_": ({}, normal(math.sqrt(1 / FAN_IN))),
}


@pytest.mark.parametrize("dtype", [lm.float32, lm.float64], ids=str)
@pytest.mark.parametrize(("name", "row"), DRAWS.items(), ids=DRAWS)
def test_draw(name, row, dtype):
    kwargs, (mean, std, bound) = row
    fill = getattr(init, name.split()[0])
    parameter = nn.Parameter(lm.empty(SHAPE, dtype=dtype))
    made = fill(parameter, generator=lm.Generator().manual_seed(1), **kwargs)
    assert made is parameter
    assert made.requires_grad
    assert made.is_leaf
    values = made.detach().numpy()
    np.testing.assert_allclose(values.mean(), mean, atol=4 * std / math.sqrt(values.size))
    np.testing.assert_allclose(values.std(), std, rtol=0.03)
    assert np.abs(values).max() <= np.float32(bound)
    low, high = kwargs.get("a"), kwargs.get("b")
    if high is not None:
        assert np.float32(low) <= values.min() <= values.max() <= np.float32(high)
    again = fill(lm.empty(SHAPE, dtype=dtype), generator=lm.Generator().manual_seed(1), **kwargs)
    assert lm.equal(made, again)
    lm.manual_seed(0)
    first = fill(lm.empty(SHAPE, dtype=dtype), **kwargs)
    assert not lm.equal(first, fill(lm.empty(SHAPE, dtype=dtype), **kwargs))


def test_constants():
    assert init.constant_(lm.empty(2), 3.5).tolist() == [3.5, 3.5]
    assert init.ones_(lm.empty(2)).tolist() == [1, 1]
    assert init.zeros_(nn.Parameter(lm.ones(2))).tolist() == [0, 0]
    assert init.eye_(lm.empty(2, 3)).tolist() == [[1, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize(
    ("shape", "groups"),
    [((4, 4, 3), 1), ((4, 2, 3), 2), ((6, 2, 3, 3), 3), ((2, 5, 1, 4, 3), 1), ((5, 2, 2), 1)],
)
def test_dirac(shape, groups):
    weight = init.dirac_(lm.ones(shape), groups).numpy()
    expected = np.zeros(shape)
    per_group = shape[0] // groups
    for channel in range(shape[0]):
        if channel % per_group < shape[1]:
            expected[(channel, channel % per_group, *(size // 2 for size in shape[2:]))] = 1
    np.testing.assert_array_equal(weight, expected)


@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3), (4, 2, 3), (100, 80), (1, 1)])
@pytest.mark.parametrize("dtype", [lm.float32, lm.float64], ids=str)
def test_orthogonal(shape, dtype):
    made = init.orthogonal_(nn.Parameter(lm.empty(shape, dtype=dtype)), gain=2)
    rows = made.detach().double().reshape(shape[0], -1) / 2
    rows = rows if rows.shape[0] <= rows.shape[1] else rows.T
    eps = 1e-6 if dtype is lm.float32 else 1e-14
    np.testing.assert_allclose((rows @ rows.T).numpy(), np.eye(len(rows)), atol=eps)


def test_orthogonal_matrices_point_everywhere():
    lm.manual_seed(0)
    corners = [init.orthogonal_(lm.empty(3, 3))[0, 0].item() for _ in range(2000)]
    assert abs(np.mean(corners)) < 0.05
    np.testing.assert_allclose(np.std(corners), 1 / math.sqrt(3), rtol=0.05)


def test_sparse():
    lm.manual_seed(0)
    weight = init.sparse_(lm.empty(50, 30), sparsity=0.31, std=2).numpy()
    assert ((weight == 0).sum(0) == 16).all()
    np.testing.assert_allclose(weight[weight != 0].std(), 2, rtol=0.1)
    assert len({tuple(np.flatnonzero(column)) for column in weight.T}) == 30


def test_nothing_to_fill():
    empty = lm.empty(0, 3)
    assert init.orthogonal_(empty) is empty
    assert init.trunc_normal_(empty) is empty
    for fill in (init.kaiming_normal_, init.kaiming_uniform_):
        with pytest.warns(UserWarning, match="nothing to fill"):
            assert fill(empty) is empty


@pytest.mark.parametrize(
    ("nonlinearity", "gain"),
    [
        (("linear",), 1),
        (("conv2d",), 1),
        (("conv_transpose3d",), 1),
        (("sigmoid",), 1),
        (("tanh",), 5 / 3),
        (("relu",), math.sqrt(2)),
        (("leaky_relu",), math.sqrt(2 / (1 + 0.01**2))),
        (("leaky_relu", 1), 1),
        (("selu",), 0.75),
    ],
    ids=str,
)
def test_gain(nonlinearity, gain):
    assert init.calculate_gain(*nonlinearity) == pytest.approx(gain)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: init.calculate_gain("nothing"), "one of linear, .*; got 'nothing'"),
        (lambda: init.calculate_gain("leaky_relu", True), "number as negative slope; got True"),
        (lambda: init.eye_(lm.empty(2)), r"2 dimensions; got shape \(2,\)"),
        (lambda: init.dirac_(lm.empty(2, 2)), r"3, 4 or 5 dimensions; got shape \(2, 2\)"),
        (lambda: init.dirac_(lm.empty(3, 2, 1), 2), "2 groups divide; got 3"),
        (lambda: init.xavier_normal_(lm.empty(2)), r"at least 2 dimensions; got shape \(2,\)"),
        (lambda: init.kaiming_normal_(lm.empty(2, 2), mode="fan"), "'fan_in' or 'fan_out'"),
        (lambda: init.orthogonal_(lm.empty(2)), "at least 2 dimensions; got 1"),
        (lambda: init.sparse_(lm.empty(2), 0.1), "2 dimensions"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=rf"^\[\w+\] .*{message}"):
        call()


def test_a_mean_far_outside_warns():
    with pytest.warns(UserWarning, match=r"\[trunc_normal_\].*outside \[3, 4\]"):
        made = init.trunc_normal_(lm.empty(100), a=3, b=4)
    assert made.min() >= 3


@pytest.mark.torch
def test_names_and_arguments_are_pytorchs():
    import inspect

    torch = pytest.importorskip("torch")
    for name in init.__all__:
        if not name.startswith("lecun"):
            ours = inspect.signature(getattr(init, name)).parameters
            theirs = inspect.signature(getattr(torch.nn.init, name)).parameters
            assert list(ours) == list(theirs)
            for key, parameter in theirs.items():
                assert ours[key].default == parameter.default
