"""autograd.functional and func: derivatives as functions, modules called with other tensors."""

import numpy as np
import pytest

import lamina as lm
from lamina import func, nn
from lamina.autograd import functional as AF

X = lm.tensor([1.0, 2.0, 3.0], dtype=lm.float64)
Y = lm.tensor([0.5, -1.0, 2.0], dtype=lm.float64)


def bilinear(a, b):
    return (a**2 * b).sum()


def stacked(a):
    return lm.stack([a.sin(), a**2])


def close(got, expected):
    np.testing.assert_allclose(got.detach().numpy(), np.asarray(expected), rtol=1e-12)


def diagonal(x):
    return np.diag(np.asarray(x))


def test_jacobian():
    jacobian = AF.jacobian(stacked, X)
    close(jacobian[0], diagonal(np.cos(X.numpy())))
    close(jacobian[1], diagonal(2 * X.numpy()))
    assert not jacobian.requires_grad
    (of_product, of_sum) = AF.jacobian(lambda a, b: (a * b, a.sum()), (X, Y))
    close(of_product[0], diagonal(Y))
    close(of_product[1], diagonal(X))
    close(of_sum[0], np.ones(3))
    close(of_sum[1], np.zeros(3))
    close(func.jacrev(stacked)(X), jacobian.numpy())
    close(func.jacfwd(bilinear, 1)(X, Y), X.numpy() ** 2)


def test_hessian():
    ((aa, ab), (ba, bb)) = AF.hessian(bilinear, (X, Y))
    close(aa, diagonal(2 * Y.numpy()))
    close(ab, diagonal(2 * X.numpy()))
    close(ba, ab.numpy())
    close(bb, np.zeros((3, 3)))
    close(AF.hessian(lambda a: (a**3).sum(), X), diagonal(6 * X.numpy()))
    close(func.hessian(bilinear, argnums=(0, 1))(X, Y)[0][1], ab.numpy())


def test_products():
    value, product = AF.vjp(stacked, X, lm.ones(2, 3, dtype=lm.float64))
    close(value, stacked(X))
    close(product, np.cos(X.numpy()) + 2 * X.numpy())
    close(AF.jvp(stacked, X, Y)[1][1], 2 * X.numpy() * Y.numpy())
    for product in (AF.vhp, AF.hvp):
        value, (first, second) = product(bilinear, (X, Y), (Y, X))
        close(value, bilinear(X, Y))
        close(first, 2 * Y.numpy() ** 2 + 2 * X.numpy() ** 2)
        close(second, 2 * X.numpy() * Y.numpy())
    outputs, transposed = func.vjp(lambda a, b: a * b, X, Y)
    close(outputs, X.numpy() * Y.numpy())
    close(transposed(X)[1], X.numpy() ** 2)


def test_gradients_are_recorded_when_asked_for():
    x = X.clone().requires_grad_()
    AF.jacobian(lambda a: a**3, x, create_graph=True).sum().backward()
    close(x.grad, 6 * X.numpy())
    inner = func.grad(lambda a: (a**3).sum())
    close(func.grad(lambda a: inner(a).sum())(X), 6 * X.numpy())
    assert not inner(X).requires_grad


def test_gradients_of_dictionaries_and_with_more():
    given = {"a": X, "b": [Y]}
    found = func.grad(lambda d: (d["a"] * d["b"][0]).sum())(given)
    close(found["a"], Y)
    close(found["b"][0], X)
    gradients, (value, more) = func.grad_and_value(
        lambda a, b: (bilinear(a, b), "more"), argnums=(0, 1), has_aux=True
    )(X, Y)
    close(gradients[1], X.numpy() ** 2)
    close(value, bilinear(X, Y))
    assert more == "more"


@pytest.mark.parametrize(
    ("call", "errors", "message"),
    [
        (lambda: AF.jacobian(lambda a: 3, X), TypeError, "tensor or a tuple.*int"),
        (lambda: AF.hessian(lambda a: a, X), RuntimeError, "returns one number"),
        (lambda: AF.vjp(stacked, X), RuntimeError, r"\[vjp\] expected v"),
        (lambda: AF.vjp(stacked, X, X), RuntimeError, r"shapes \[\(2, 3\)\]; got \[\(3,\)\]"),
        (lambda: AF.jacobian(lambda a: Y, X, strict=True), RuntimeError, "depend on the inputs"),
        (
            lambda: AF.jacobian(lambda a, b: a, (X, Y), strict=True),
            RuntimeError,
            "every input to be used",
        ),
        (lambda: func.grad(stacked)(X), RuntimeError, "0 dimensions"),
    ],
)
def test_errors(call, errors, message):
    with pytest.raises(errors, match=message):
        call()


# ---- modules called with other tensors ----


def test_a_module_called_with_other_tensors_is_left_as_it_was():
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    own = {name: x.clone() for name, x in net.state_dict().items()}
    weights = {"0.weight": lm.eye(2).requires_grad_(), "0.bias": lm.zeros(2)}
    x = lm.tensor([[1.0, 2.0], [3.0, 5.0]])
    expected = net[1].eval()(x)
    got = func.functional_call(net, (weights, {}), x)
    assert lm.equal(got, expected)
    got.sum().backward()
    assert weights["0.weight"].grad is not None
    assert all(lm.equal(own[name], x) for name, x in net.state_dict().items())
    assert isinstance(net[0].weight, nn.Parameter)
    with pytest.raises(ValueError, match="linear"):
        func.functional_call(net, weights, (lm.ones(3),))
    assert isinstance(net[0].weight, nn.Parameter)


def test_a_step_of_learning_to_learn():
    net = nn.Linear(1, 1, bias=False)
    start = dict(net.named_parameters())
    x, y = lm.ones(1, 1), lm.zeros(1, 1)
    loss = nn.functional.mse_loss(func.functional_call(net, start, (x,)), y)
    (gradient,) = lm.autograd.grad(loss, start.values(), create_graph=True)
    adapted = {"weight": net.weight - 0.1 * gradient}
    func.functional_call(net, adapted, (x,)).sum().backward()
    assert lm.allclose(net.weight.grad, lm.tensor(0.8))


def test_tied_weights_are_replaced_together():
    net = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    net[1].weight = net[0].weight
    x, given = lm.ones(1, 2), {"0.weight": lm.eye(2) * 3}
    assert func.functional_call(net, given, (x,)).tolist() == [[9, 9]]
    alone = func.functional_call(net, given, (x,), tie_weights=False)
    assert lm.equal(alone, net[1](x * 3))


@pytest.mark.parametrize(("given", "strict"), [({"q": X}, False), ({"weight": X}, True)])
def test_names_that_do_not_fit(given, strict):
    with pytest.raises(RuntimeError, match="names of Linear's tensors"):
        func.functional_call(nn.Linear(2, 2), given, (X,), strict=strict)
