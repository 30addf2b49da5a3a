"""The engine: accumulation, modes, second derivatives, casts, freeing of graphs."""

import gc
import weakref

import numpy as np
import pytest

import lamina as lm


def leaf(*values):
    return lm.tensor(values, dtype=lm.float64).requires_grad_()


def test_gradients_accumulate_in_the_same_tensor():
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    first = x.grad
    assert first.tolist() == [2, 4]
    (x * 3).sum().backward()
    assert x.grad is first
    assert x.grad.tolist() == [5, 7]
    x.grad = None
    assert x.grad is None


def test_one_tensor_used_many_times():
    x = leaf(3.0)
    y = x * x
    (y * y + y * x + x).sum().backward()
    assert x.grad.item() == 4 * 27 + 3 * 9 + 1


def test_broadcast_gradients_are_summed():
    row, column = leaf(1.0, 2.0, 3.0), lm.ones(2, 1, dtype=lm.float64, requires_grad=True)
    (row * column).sum().backward()
    assert row.grad.tolist() == [2, 2, 2]
    assert column.grad.tolist() == [[6], [6]]


def test_a_chain_of_100000_ops():
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = y + 1
    y.backward()
    assert x.grad.item() == 1
    del y  # frees the chain without recursion


def test_an_unused_chain_of_100000_ops_is_deleted():
    y = leaf(1.0)
    for _ in range(100_000):
        y = y * 1.0
    watch = weakref.ref(y)
    del y
    assert watch() is None


def test_backward_needs_a_number_or_a_gradient():
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"\[backward\] expected a gradient.*\(2,\)"):
        (x * 2).backward()
    (x * 2).backward(lm.tensor([1.0, 10.0], dtype=lm.float64))
    assert x.grad.tolist() == [2, 20]
    with pytest.raises(ValueError, match=r"\[backward\].*\(2,\).*\(3,\)"):
        (x * 2).backward(lm.ones(3, dtype=lm.float64))
    with pytest.raises(RuntimeError, match=r"\[backward\].*requires grad"):
        lm.ones(1).backward()


def test_a_freed_graph_says_how_to_keep_it():
    x = leaf(2.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 8
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        y.backward()


def test_grad_touches_no_leaf():
    x, other = leaf(2.0), leaf(5.0)
    y = x * x
    z = y * other
    gradients = lm.autograd.grad(z, [x, y], retain_graph=True)
    assert [g.item() for g in gradients] == [20, 5]
    assert x.grad is None
    assert other.grad is None
    with pytest.raises(RuntimeError, match=r"\[grad\] input 0 of shape \(1,\) was not used"):
        lm.autograd.grad(y, other, retain_graph=True)
    assert lm.autograd.grad(y, other, retain_graph=True, allow_unused=True) == (None,)
    (zeros,) = lm.autograd.grad(y, other, materialize_grads=True)
    assert zeros.tolist() == [0]


def test_backward_of_chosen_inputs():
    x, y = leaf(2.0), leaf(3.0)
    (x * y).backward(inputs=[x])
    assert x.grad.item() == 3
    assert y.grad is None


def test_several_roots_with_gradients():
    x = leaf(1.0, 2.0)
    lm.autograd.backward([x * 2, (x * 3).sum()], [lm.ones(2, dtype=lm.float64), None])
    assert x.grad.tolist() == [5, 5]


def test_derivatives_of_any_order():
    x = leaf(2.0)
    y = x**5
    expected = [5 * 2**4, 20 * 2**3, 60 * 2**2, 120 * 2, 120]
    for value in expected:
        (y,) = lm.autograd.grad(y, x, create_graph=True)
        assert y.item() == pytest.approx(value)


def test_backward_of_a_gradient_penalty():
    w = leaf(1.5, -2.0)
    x = leaf(0.5, 3.0)
    (g,) = lm.autograd.grad((lm.tanh(w * x)).sum(), x, create_graph=True)
    (g * g).sum().backward()
    wx = np.array([0.75, -6.0])
    sech2 = 1 / np.cosh(wx) ** 2
    expected = 2 * (w.detach().numpy() * sech2) * (sech2 - 2 * wx * np.tanh(wx) * sech2)
    np.testing.assert_allclose(w.grad.numpy(), expected, rtol=1e-11)


@pytest.mark.parametrize("mode", [lm.no_grad, lm.inference_mode])
def test_nothing_is_recorded(mode):
    x = leaf(1.0)
    with mode():
        assert not (x * 2).requires_grad
        with lm.enable_grad():
            assert (x * 2).requires_grad
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad

    @mode()
    def decorated():
        return x * 2

    assert not decorated().requires_grad
    assert (x * 2).requires_grad
    with pytest.raises(KeyError), mode():
        raise KeyError
    assert (x * 2).requires_grad


def test_set_grad_enabled_at_once_and_as_a_context():
    x = leaf(1.0)
    lm.set_grad_enabled(False)
    assert not (x * 2).requires_grad
    lm.set_grad_enabled(True)
    with lm.set_grad_enabled(False):
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad


def test_a_decorated_generator_switches_only_while_it_runs():
    x = leaf(1.0)

    @lm.no_grad()
    def doubled():
        for _ in range(2):
            yield x * 2

    for value in doubled():
        assert not value.requires_grad
        assert (x * 2).requires_grad


def test_detach_shares_memory_without_history():
    x = leaf(1.0, 2.0)
    y = (x * 2).detach()
    assert not y.requires_grad
    assert y.grad_fn is None
    y[0] = 7.0
    z = x.detach()
    z[0] = 5.0
    assert x.tolist() == [5, 2]


@pytest.mark.parametrize(("kind", "widened"), [("float32", 0.1), ("float64", 0.1)])
def test_casts_have_gradients_of_the_inputs_type(kind, widened):
    x = lm.tensor([1.0, 2.0], dtype=getattr(lm, kind)).requires_grad_()
    for cast in (x.float(), x.double(), x.to(lm.float64), x.type_as(lm.ones(1))):
        x.grad = None
        (cast * widened).sum().backward()
        assert x.grad.dtype is x.dtype
        np.testing.assert_allclose(x.grad.numpy(), widened, rtol=1e-7)
    assert not x.long().requires_grad


def test_only_floating_leaves_may_require_grad():
    with pytest.raises(RuntimeError, match=r"floating.*int64"):
        lm.tensor([1, 2]).requires_grad_()
    x = leaf(1.0)
    with pytest.raises(RuntimeError, match="detach"):
        (x * 2).requires_grad_(False)


def test_grad_must_fit():
    x = leaf(1.0, 2.0)
    with pytest.raises(ValueError, match=r"\(2,\).*\(3,\)"):
        x.grad = lm.ones(3, dtype=lm.float64)
    with pytest.raises(TypeError, match=r"float64.*float32"):
        x.grad = lm.ones(2)
    with pytest.raises(TypeError):
        x.grad = [1.0, 2.0]


def test_graphs_name_their_ops():
    x = leaf(1.0)
    y = (x * 2).exp()
    assert y.grad_fn.name() == "exp"
    ((before, slot),) = y.grad_fn.next_functions
    assert before.name() == "mul"
    assert slot == 0
    assert x.grad_fn is None


def test_graphs_are_freed_without_the_collector():
    gc.disable()
    try:
        x = leaf(*range(1000))
        y = (lm.tanh(x) * x).sum()
        watched = [weakref.ref(y), weakref.ref(x)]
        y.backward()
        del x, y
        assert [watch() for watch in watched] == [None, None]
        before = lm.memory_stats()["in_use"]
        for _ in range(5):
            z = leaf(*range(1000))
            lm.autograd.grad(lm.exp(z * z / 1e6).sum(), z, create_graph=True)
            del z
        assert lm.memory_stats()["in_use"] == before
    finally:
        gc.enable()


def test_backward_frees_what_was_saved():
    x = lm.ones(1000, 1000, requires_grad=True)
    before = lm.memory_stats()["in_use"]
    y = lm.exp(lm.exp(x)).mean()
    held = lm.memory_stats()["in_use"] - before
    y.backward()
    assert held >= 2 * x.numel() * 4
    assert lm.memory_stats()["in_use"] - before < 1.5 * x.numel() * 4  # the gradient
