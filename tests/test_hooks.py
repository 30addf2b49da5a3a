"""What watches a backward pass: retained gradients, hooks, anomaly detection."""

import numpy as np
import pytest

import lamina as lm


def leaf(*values):
    return lm.tensor(values, dtype=lm.float64).requires_grad_()


def test_retain_grad_keeps_the_gradient_of_what_is_no_leaf():
    x = leaf(2.0)
    y = x * 3
    y.retain_grad()
    z = y * y
    z.backward()
    assert y.retains_grad
    assert y.grad.item() == 12
    assert x.grad.item() == 36
    assert not z.is_leaf
    assert x.is_leaf


def test_retain_grad_follows_a_change_in_place():
    x = leaf(2.0)
    y = x * 3
    y.retain_grad()
    y.add_(1)
    z = y * y
    z.backward()
    assert y.grad.item() == 14
    assert x.grad.item() == 42


def test_a_retained_tensor_may_be_gone_before_backward():
    for change in (lambda y: y, lambda y: y.add_(1), lambda y: y.detach_()):
        x = leaf(2.0)
        y = x * 3
        y.retain_grad()
        z = (y + 1) * 2
        change(y)
        del y
        z.backward()
        assert x.grad.item() == 6


def test_a_leaf_hook_sees_the_whole_sum_once():
    x = leaf(1.0)
    seen = []
    x.register_hook(lambda g: seen.append(g.item()))
    (x * 2 + x * 3).sum().backward()
    assert seen == [5]


def test_hooks_replace_and_are_removed():
    x = leaf(1.0)
    y = x * 1
    outer = y.register_hook(lambda g: g * 10)
    y.register_hook(lambda g: g + 1)
    y.backward(retain_graph=True)
    assert x.grad.item() == 11
    outer.remove()
    outer.remove()
    x.grad = None
    y.backward()
    assert x.grad.item() == 2


def test_an_error_in_a_hook_reaches_the_caller():
    x = leaf(1.0)

    def refuse(_):
        raise KeyError("mine")

    x.register_hook(refuse)
    with pytest.raises(KeyError, match="mine"):
        (x * 2).backward()
    with pytest.raises(RuntimeError, match="requires grad"):
        lm.ones(1).register_hook(refuse)


def test_anomaly_detection_names_the_op_and_its_caller():
    x = leaf(-1.0)
    with lm.autograd.detect_anomaly():
        y = lm.sqrt(x)
        with pytest.raises(RuntimeError, match=r"sqrt.*NaN(.|\n)*names_the_op"):
            y.backward()
    x.grad = None
    lm.sqrt(x).backward()
    assert np.isnan(x.grad.item())
