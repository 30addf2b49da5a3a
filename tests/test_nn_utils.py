"""nn.utils: clipping, vectors of parameters, penalties, fusion; not parametrizations, nor rnn."""

import math

import numpy as np
import pytest

import lamina as lm
from lamina import nn
from lamina.nn import utils


def parameters(library=lm, n=nn, dtype="float32"):
    """Parameters with gradients 1, 2, 3, ..., and one without."""
    made = []
    for shape in [(2, 3), (4,), ()]:
        parameter = n.Parameter(library.zeros(shape, dtype=getattr(library, dtype)))
        count = sum(p.numel() for p in made)
        values = library.arange(count, count + parameter.numel()) + 1
        parameter.grad = values.reshape(shape).to(parameter.dtype) * (-1) ** len(made)
        made.append(parameter)
    return [*made, n.Parameter(library.zeros(5))]


def gradients(given):
    return np.concatenate([p.grad.numpy().ravel() for p in given if p.grad is not None])


@pytest.mark.parametrize("order", [2.0, 1, 3.5, math.inf, "inf", 0.5])
@pytest.mark.parametrize("limit", [0.5, 1e3])
def test_clip_grad_norm(order, limit):
    given = parameters()
    before = gradients(given)
    expected = np.linalg.norm(before.astype(np.float64), float(order))
    total = utils.clip_grad_norm_(given, limit, norm_type=order)
    assert total.shape == ()
    np.testing.assert_allclose(total.item(), expected, rtol=1e-6)
    factor = min(1, limit / (expected + 1e-6))
    np.testing.assert_allclose(gradients(given), before * factor, rtol=1e-6)
    np.testing.assert_allclose(utils.get_total_norm(p.grad for p in given[:3]).item(),
                               np.linalg.norm(gradients(given)), rtol=1e-6)  # fmt: skip


def test_gradients_of_a_small_norm_keep_their_bits():
    given = parameters()
    before = gradients(given)
    utils.clip_grad_norm_(iter(given), 1e9, foreach=True)
    np.testing.assert_array_equal(gradients(given), before)


def test_clip_grad_norm_of_one_or_none():
    parameter = parameters()[1]
    assert utils.clip_grad_norm_(parameter, 1).item() > 1
    np.testing.assert_allclose(parameter.grad.norm().item(), 1, rtol=1e-5)
    assert utils.clip_grad_norm_([], 1).item() == 0
    assert utils.clip_grad_norm_([nn.Parameter(lm.ones(2))], 1).item() == 0


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_norm_that_is_not_finite(value):
    parameter = nn.Parameter(lm.zeros(2))
    parameter.grad = lm.tensor([value, 1.0])
    with pytest.raises(RuntimeError, match=r"\[get_total_norm\].*order 2.0; got (nan|inf)"):
        utils.clip_grad_norm_([parameter], 1, error_if_nonfinite=True)
    assert parameter.grad[1].item() == 1
    utils.clip_grad_norm_([parameter], 1)
    assert not math.isfinite(parameter.grad[0].item())


def test_clip_grad_value():
    given = parameters()
    before = gradients(given)
    utils.clip_grad_value_(given, 2.5)
    np.testing.assert_array_equal(gradients(given), before.clip(-2.5, 2.5))
    utils.clip_grad_value_(given[0], 1)
    assert given[0].grad.max() == 1


def test_a_clipped_step_can_be_compiled():
    model = nn.Linear(3, 2)

    @lm.compile
    def step(x):
        model.zero_grad()
        loss = (model(x) * 100).square().sum()
        loss.backward()
        return utils.clip_grad_norm_(model.parameters(), 1.0)

    x = lm.rand(4, 3)
    seen = []
    for _ in range(3):
        total = step(x).item()
        seen.append((total, gradients(model.parameters()).tobytes()))
    assert seen[0] == seen[1] == seen[2]
    np.testing.assert_allclose(np.linalg.norm(gradients(model.parameters())), 1, rtol=1e-5)


@pytest.mark.torch
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_clipping_is_pytorchs(dtype):
    torch = pytest.importorskip("torch")
    ours, theirs = parameters(dtype=dtype), parameters(torch, torch.nn, dtype)
    for order in (2, math.inf, 1):
        a = utils.clip_grad_norm_(ours, 3, order)
        b = torch.nn.utils.clip_grad_norm_(theirs, 3, order)
        np.testing.assert_allclose(a.item(), b.item(), rtol=1e-6)
        assert a.dtype is getattr(lm, dtype)
        np.testing.assert_allclose(gradients(ours), gradients(theirs), rtol=1e-6)


def test_vectors_of_parameters():
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1, bias=False))
    vector = utils.parameters_to_vector(model.parameters())
    assert vector.tolist() == [x for p in model.parameters() for x in p.reshape(-1).tolist()]
    vector.sum().backward()
    assert model[0].bias.grad.tolist() == [1, 1]
    utils.vector_to_parameters(lm.arange(10).float(), model.parameters())
    assert model[0].bias.tolist() == [6, 7]
    assert model[0].bias.requires_grad
    assert model(lm.ones(1, 3)).tolist() == [[8 * 9 + 9 * 19]]
    with pytest.raises(TypeError, match="got list"):
        utils.vector_to_parameters([1.0], model.parameters())
    with pytest.raises(ValueError, match=r"vector of 10 elements; got shape \(9,\)"):
        utils.vector_to_parameters(lm.ones(9), model.parameters())


def test_penalties():
    values = [np.array([[1.0, -2.0]]), np.array(3.0)]
    given = [nn.Parameter(lm.tensor(x)) for x in values]
    assert utils.l1_penalty(given).item() == 6
    assert utils.l2_penalty(iter(given)).item() == 14
    assert utils.l2_penalty(given[0]).item() == 5
    assert utils.l1_penalty([]).item() == 0
    (utils.l1_penalty(given) + utils.l2_penalty(given)).backward()
    assert given[0].grad.tolist() == [[3, -5]]


class Normalization(nn.Module):
    """What fusion reads of a batch normalization."""

    def __init__(self, size, affine=True):
        super().__init__()
        self.num_features, self.eps = size, 1e-3
        self.register_buffer("running_mean", lm.rand(size))
        self.register_buffer("running_var", lm.rand(size) + 0.5)
        self.register_parameter("weight", nn.Parameter(lm.rand(size)) if affine else None)
        self.register_parameter("bias", nn.Parameter(lm.rand(size)) if affine else None)

    def forward(self, x):
        made = (x - self.running_mean) / (self.running_var + self.eps).sqrt()
        return made if self.weight is None else made * self.weight + self.bias


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("affine", [True, False])
def test_fusion_of_linear(bias, affine):
    linear, norm = nn.Linear(3, 4, bias=bias).double().eval(), Normalization(4, affine).double()
    x = lm.rand(5, 3, dtype=lm.float64)
    fused = utils.fuse_linear_bn_eval(linear, norm.eval())
    assert fused is not linear
    np.testing.assert_allclose(fused(x).detach(), norm(linear(x)).detach(), rtol=1e-12)


@pytest.mark.torch
@pytest.mark.parametrize("transpose", [False, True])
def test_fusion_is_pytorchs(transpose):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    shapes = [(3, 3, 2), (3,), (3,), (3,), (3,), (3,)]
    w, b, mean, var, scale, shift = (rng.uniform(0.5, 1, shape) for shape in shapes)

    def run(library, n):
        made = [library.tensor(x) for x in (w, b, mean, var, scale, shift)]
        return n.utils.fusion.fuse_conv_bn_weights(*made[:4], 1e-5, *made[4:], transpose)

    for ours, theirs in zip(run(lm, nn), run(torch, torch.nn), strict=True):
        np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=1e-12)


def test_fusion_is_for_inference():
    linear, norm = nn.Linear(3, 4), Normalization(4)
    with pytest.raises(RuntimeError, match="eval mode"):
        utils.fuse_linear_bn_eval(linear, norm)
    with pytest.raises(ValueError, match="4 features; got 3"):
        utils.fuse_linear_bn_eval(linear, Normalization(3))


def test_skip_init():
    made = utils.skip_init(nn.Linear, 3, 4, bias=False, dtype=lm.float64)
    assert made.weight.shape == (4, 3)
    assert made.weight.dtype is lm.float64
    with pytest.raises(RuntimeError, match="Identity takes no device"):
        utils.skip_init(nn.Identity)
    with pytest.raises(RuntimeError, match="class of modules"):
        utils.skip_init(int)
