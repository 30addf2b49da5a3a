"""Parametrizations, and the older hooks of weight_norm and spectral_norm."""

import copy
import pickle

import numpy as np
import pytest

import lamina as lm
from lamina import nn
from lamina.nn.utils import parametrizations, parametrize


class Symmetric(nn.Module):
    def forward(self, x):
        return x.triu() + x.triu(1).mT

    def right_inverse(self, x):
        return x.triu()


class Doubled(nn.Module):
    calls = 0

    def forward(self, x):
        Doubled.calls += 1
        return x * 2


class Product(nn.Module):
    def forward(self, column, row):
        return column @ row

    def right_inverse(self, x):
        return x[:, :1], x[:1]


def symmetric():
    model = nn.Linear(3, 3)
    return parametrize.register_parametrization(model, "weight", Symmetric())


def test_a_parametrized_weight():
    model = nn.Linear(3, 3)
    before, original = model.weight.detach().clone(), model.weight
    assert parametrize.register_parametrization(model, "weight", Symmetric()) is model
    assert isinstance(model, nn.Linear)
    assert type(model).__name__ == "ParametrizedLinear"
    assert model.parametrizations.weight.original is original
    assert lm.equal(model.weight, model.weight.T)
    assert lm.equal(model.weight.triu(), before.triu())
    names = [name for name, _ in model.named_parameters()]
    assert names == ["bias", "parametrizations.weight.original"]
    model(lm.ones(1, 3)).sum().backward()
    assert original.grad is not None
    assert parametrize.is_parametrized(model)
    assert parametrize.is_parametrized(model, "weight")
    assert not parametrize.is_parametrized(model, "bias")
    assert parametrize.type_before_parametrizations(model) is nn.Linear


def test_assignment_goes_through_the_right_inverse():
    model = symmetric()
    model.weight = lm.eye(3) * 5
    assert model.weight.tolist() == (lm.eye(3) * 5).tolist()
    parametrize.register_parametrization(model, "weight", Doubled())
    assert lm.equal(model.weight, lm.eye(3) * 10)
    with pytest.raises(RuntimeError, match=r"\[right_inverse\] Doubled does not define it"):
        model.weight = lm.eye(3)


def test_several_originals():
    model = parametrize.register_parametrization(nn.Linear(2, 3), "weight", Product())
    assert [name for name, _ in model.named_parameters()] == [
        "bias",
        "parametrizations.weight.original0",
        "parametrizations.weight.original1",
    ]
    assert all(p.requires_grad for p in model.parameters())
    model.weight = lm.ones(3, 2)
    assert lm.equal(model.weight, lm.ones(3, 2))
    with pytest.raises(ValueError, match="leave_parametrized=True"):
        parametrize.remove_parametrizations(model, "weight", leave_parametrized=False)
    parametrize.remove_parametrizations(model, "weight")
    assert isinstance(model.weight, nn.Parameter)
    assert lm.equal(model.weight, lm.ones(3, 2))


@pytest.mark.parametrize("leave", [True, False])
def test_removal(leave):
    model = symmetric()
    shown, original = model.weight.detach(), model.parametrizations.weight.original
    kept = original.detach().clone()
    parametrize.remove_parametrizations(model, "weight", leave_parametrized=leave)
    assert type(model) is nn.Linear
    assert model.weight is original
    assert lm.equal(model.weight, shown if leave else kept)
    assert set(dict(model.named_parameters())) == {"weight", "bias"}
    with pytest.raises(ValueError, match=r"\[remove_parametrizations\] Linear has no"):
        parametrize.remove_parametrizations(model, "weight")


def test_two_tensors_of_a_module():
    model = symmetric()
    parametrize.register_parametrization(model, "bias", Doubled())
    parametrize.remove_parametrizations(model, "weight")
    assert type(model).__name__ == "ParametrizedLinear"
    assert lm.equal(model.bias, model.parametrizations.bias.original * 2)
    parametrize.remove_parametrizations(model, "bias")
    assert type(model) is nn.Linear


def test_buffers_are_parametrized_too():
    model = nn.Module()
    model.register_buffer("mean", lm.ones(2))
    parametrize.register_parametrization(model, "mean", Doubled())
    assert model.mean.tolist() == [2, 2]
    assert list(model.state_dict()) == ["parametrizations.mean.original"]


def test_the_cache_computes_once():
    model = parametrize.register_parametrization(nn.Linear(2, 2), "weight", Doubled())
    Doubled.calls = 0
    with parametrize.cached():
        first = model.weight
        with parametrize.cached():
            assert model.weight is first
        assert model.weight is first
    assert Doubled.calls == 1
    assert model.weight is not first
    nn.init.ones_(model.parametrizations.weight.original)
    with parametrize.cached():
        assert lm.equal(model.weight, lm.full((2, 2), 2.0))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_are_independent(copied):
    model = symmetric()
    other = copied(model)
    assert lm.equal(other.weight, model.weight)
    other.weight = lm.eye(3)
    assert not lm.equal(other.weight, model.weight)
    parametrize.remove_parametrizations(other, "weight")
    assert parametrize.is_parametrized(model, "weight")


class Wrong(nn.Module):
    def __init__(self, result):
        super().__init__()
        self.result = result

    def forward(self, x):
        return self.result(x)


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (Wrong(lambda x: x.double()), r"float32 of shape \(3, 3\); got lamina.float64"),
        (Wrong(lambda x: x[0]), r"got lamina.float32 of shape \(3,\); unsafe=True"),
        (Wrong(lambda x: 3), "expected a tensor; got int"),
    ],
)
def test_a_parametrization_keeps_type_and_shape(wrong, message, again):
    model = symmetric() if again else nn.Linear(3, 3)
    with pytest.raises(ValueError, match=message):
        parametrize.register_parametrization(model, "weight", wrong)
    if message.startswith("got"):
        parametrize.register_parametrization(model, "weight", wrong, unsafe=True)
        assert model.weight.shape == (3,)


def test_what_is_not_there_cannot_be_parametrized():
    with pytest.raises(ValueError, match="Linear has no parameter or buffer 'nothing'"):
        parametrize.register_parametrization(nn.Linear(1, 1), "nothing", Doubled())


# ---- norms ----


@pytest.mark.parametrize("register", [parametrizations.weight_norm, nn.utils.weight_norm])
@pytest.mark.parametrize("dim", [0, 1, None])
def test_weight_norm(register, dim):
    model, x = nn.Linear(3, 4).double(), lm.rand(2, 3, dtype=lm.float64)
    before = model(x)
    register(model, "weight", dim)
    np.testing.assert_allclose(model(x).detach(), before.detach(), rtol=1e-12)
    g, v = [p for _, p in model.named_parameters()][-2:]
    assert tuple(g.shape) == {0: (4, 1), 1: (1, 3), None: ()}[dim]
    with lm.no_grad():
        g.mul_(2)
        v.mul_(3)
    np.testing.assert_allclose(
        (model(x) - model.bias).detach(), 2 * (before - model.bias).detach(), rtol=1e-10
    )


@pytest.mark.parametrize("register", [parametrizations.spectral_norm, nn.utils.spectral_norm])
def test_spectral_norm(register):
    lm.manual_seed(0)
    model = register(nn.Linear(6, 4))
    x = lm.ones(1, 6)
    for _ in range(200):
        model(x)
    largest = np.linalg.svd(model.weight.detach().numpy(), compute_uv=False)[0]
    np.testing.assert_allclose(largest, 1, rtol=1e-4)
    model.eval()
    state = {key: value.clone() for key, value in model.state_dict().items()}
    model(x)
    assert all(lm.equal(value, state[key]) for key, value in model.state_dict().items())
    loss = model.train()(x).sum() + model(x).sum()  # the vectors turn between the two
    loss.backward()


@pytest.mark.parametrize(
    ("add", "remove"),
    [
        (nn.utils.weight_norm, nn.utils.remove_weight_norm),
        (nn.utils.spectral_norm, nn.utils.remove_spectral_norm),
    ],
)
def test_the_older_forms_are_removed(add, remove):
    model = add(nn.Linear(3, 2)).eval()
    x = lm.rand(4, 3)
    before = model(x)
    with pytest.raises(RuntimeError, match="on 'weight' already"):
        add(with_a_parameter(model))
    assert remove(model) is model
    np.testing.assert_allclose(model(x).detach(), before.detach(), rtol=1e-5)
    assert set(dict(model.named_parameters())) == {"weight", "bias"}
    with pytest.raises(ValueError, match=r"\[remove_\w+\] Linear has none on 'weight'"):
        remove(model)


def with_a_parameter(model):
    """Put a parameter where the computed weight is, as a second registration would need."""
    delattr(model, "weight")
    model.weight = nn.Parameter(lm.ones(2, 3))
    return model


def test_spectral_norm_refuses():
    with pytest.raises(ValueError, match="positive n_power_iterations; got 0"):
        parametrizations.spectral_norm(nn.Linear(2, 2), n_power_iterations=0)
    with pytest.raises(ValueError, match="positive n_power_iterations; got 0"):
        nn.utils.spectral_norm(nn.Linear(2, 2), n_power_iterations=0)
    with pytest.raises(IndexError, match="dimension of 2; got 2"):
        parametrizations.spectral_norm(nn.Linear(2, 2), dim=2)
    with pytest.raises(ValueError, match="Linear has no parameter or buffer 'w'"):
        parametrizations.spectral_norm(nn.Linear(2, 2), "w")


# ---- orthogonal matrices ----


@pytest.mark.parametrize("trivialization", [True, False])
@pytest.mark.parametrize("kind", [None, "matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("shape", [(4, 4), (3, 5), (5, 3), (2, 3, 3), (2, 2, 4)], ids=str)
def test_orthogonal(shape, kind, trivialization):
    lm.manual_seed(0)
    model = nn.Module()
    first = lm.rand(shape, dtype=lm.float64) - 0.5
    model.weight = nn.Parameter(first)
    parametrizations.orthogonal(model, "weight", kind, use_trivialization=trivialization)
    original = model.parametrizations.weight.original
    for _ in range(2):
        w = model.weight.detach().numpy()
        gram = w @ np.swapaxes(w, -1, -2) if shape[-2] <= shape[-1] else np.swapaxes(w, -1, -2) @ w
        np.testing.assert_allclose(gram, np.broadcast_to(np.eye(min(shape[-2:])), gram.shape),
                                   atol=1e-10)  # fmt: skip
        (model.weight * lm.rand(shape, dtype=lm.float64)).sum().backward()
        assert original.grad.abs().max() > 0
        with lm.no_grad():
            original.add_(original.grad.sign(), alpha=0.1)


@pytest.mark.parametrize(
    ("kind", "trivialization"), [("matrix_exp", True), ("cayley", True), ("householder", False)]
)
def test_an_orthogonal_weight_is_kept_and_assigned(kind, trivialization):
    model = nn.Linear(4, 4).double()
    nn.init.orthogonal_(model.weight)
    first = model.weight.detach().clone()
    parametrizations.orthogonal(model, "weight", kind, use_trivialization=trivialization)
    np.testing.assert_allclose(model.weight.detach(), first, atol=1e-12)
    second = nn.init.orthogonal_(lm.empty(4, 4, dtype=lm.float64))
    model.weight = second
    np.testing.assert_allclose(model.weight.detach(), second, atol=1e-12)
    with pytest.raises(ValueError, match=r"expected shape \(4, 4\); got \(4, 3\)"):
        model.weight = second[:, :3]


def test_orthogonal_refuses():
    with pytest.raises(ValueError, match=r"\[orthogonal\] expected a map of .*; got 'qr'"):
        parametrizations.orthogonal(nn.Linear(2, 2), orthogonal_map="qr")
    with pytest.raises(ValueError, match=r"matrices; got shape \(2,\)"):
        parametrizations.orthogonal(nn.Linear(2, 2), "bias")
    model = parametrizations.orthogonal(nn.Linear(2, 2), use_trivialization=False)
    with pytest.raises(NotImplementedError, match="nothing can be assigned"):
        model.weight = lm.eye(2)


def test_gradients_of_the_maps():
    for kind in ("matrix_exp", "cayley", "householder"):
        free = (lm.rand(4, 3, dtype=lm.float64) * 3 + 1.2).requires_grad_()
        made = parametrizations.Orthogonal(lm.zeros(4, 3), kind, use_trivialization=False)
        assert lm.autograd.gradcheck(lambda x, f=made: f(x - 0.5).sum(0), free)


# ---- beside PyTorch ----


def programs(n, library):
    utils, made = n.utils, n.utils.parametrizations
    yield "weight_norm", lambda m: made.weight_norm(m)
    yield "weight_norm of all", lambda m: made.weight_norm(m, dim=None)
    yield "spectral_norm", lambda m: made.spectral_norm(m)
    yield "householder", lambda m: made.orthogonal(m)
    yield "matrix_exp", lambda m: made.orthogonal(m, orthogonal_map="matrix_exp")
    yield "cayley", lambda m: made.orthogonal(m, orthogonal_map="cayley")
    yield "free householder", lambda m: made.orthogonal(m, use_trivialization=False)
    yield "older weight_norm", lambda m: utils.weight_norm(m)
    yield "older spectral_norm", lambda m: utils.spectral_norm(m)


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("name", [name for name, _ in programs(nn, lm)])
def test_results_are_pytorchs(name):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    ours = dict(programs(nn, lm))[name](nn.Linear(5, 3).double())
    theirs = dict(programs(torch.nn, torch))[name](torch.nn.Linear(5, 3).double())
    assert repr(ours) == repr(theirs)
    state = theirs.state_dict()
    assert list(ours.state_dict()) == list(state)
    for key, value in state.items():
        if "original" in key or "bias" in key:
            value.copy_(torch.tensor(rng.uniform(-1, 1, tuple(value.shape))))
    ours.load_state_dict({key: value.numpy() for key, value in state.items()})
    x = rng.uniform(-1, 1, (4, 5))
    for _ in range(2):
        a, b = ours(lm.tensor(x)), theirs(torch.tensor(x))
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), atol=1e-9)
        a.square().sum().backward()
        b.square().sum().backward()
        for (key, p), (_, q) in zip(
            ours.named_parameters(), theirs.named_parameters(), strict=True
        ):
            np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), atol=1e-8, err_msg=key)
    for key, value in ours.state_dict().items():
        np.testing.assert_allclose(value.numpy(), theirs.state_dict()[key].numpy(), atol=1e-9)


def test_states_of_the_older_weight_norm_load():
    older = nn.utils.weight_norm(nn.Linear(3, 2))
    newer = parametrizations.weight_norm(nn.Linear(3, 2))
    newer.load_state_dict(older.state_dict())
    x = lm.rand(4, 3)
    assert lm.equal(newer(x), older(x))
