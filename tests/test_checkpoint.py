"""utils.checkpoint: the gradients of the call itself, dropout included."""

import pytest

import lamina as lm
from lamina import nn
from lamina.utils.checkpoint import checkpoint, checkpoint_sequential


def network():
    lm.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Dropout(0.5), nn.Linear(4, 2))


def gradients(call, net, x):
    net.zero_grad()
    lm.manual_seed(1)
    y = call(x)
    lm.rand(3)  # the numbers drawn on the way back are those of the way there
    y.pow(2).sum().backward()
    return [y, *(p.grad for p in net.parameters())]


@pytest.mark.parametrize("reentrant", [True, False])
@pytest.mark.parametrize("graded", [True, False])
def test_gradients_are_those_of_the_call(reentrant, graded):
    net, x = network(), lm.randn(5, 3, requires_grad=graded)
    expected = gradients(net, net, x)
    wanted, x.grad = x.grad, None
    got = gradients(lambda x: checkpoint(net, x, use_reentrant=reentrant), net, x)
    assert all(lm.equal(a, b) for a, b in zip(got, expected, strict=True))
    assert x.grad is None if wanted is None else lm.equal(x.grad, wanted)


def test_parts_of_a_sequence():
    net, x = network().eval(), lm.randn(5, 3, requires_grad=True)
    expected = gradients(net, net, x)
    for segments in (1, 2, 3, 4):
        got = gradients(lambda x, n=segments: checkpoint_sequential(net, n, x), net, x)
        assert all(lm.equal(a, b) for a, b in zip(got, expected, strict=True))


def test_several_results_keywords_and_no_gradients():
    def both(x, scale, shift=0):
        return x * scale + shift, [scale]

    x = lm.ones(2, requires_grad=True)
    y, z = checkpoint(both, x, 3, shift=1)
    y.sum().backward()
    assert x.grad.tolist() == [3, 3]
    assert z == [3]
    with lm.no_grad():
        assert not checkpoint(both, x, 3)[0].requires_grad


def test_its_gradients_have_none():
    x = lm.ones(2, requires_grad=True)
    with pytest.raises(NotImplementedError, match="once_differentiable"):
        lm.autograd.grad(checkpoint(lm.exp, x).sum(), x, create_graph=True)
