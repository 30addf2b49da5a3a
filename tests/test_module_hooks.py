"""Hooks around a module's call, forward and backward; those of its state: test_module_state.py."""

import copy
import warnings

import pytest

import lamina as lm
from lamina import nn


class Affine(nn.Module):
    def forward(self, x, scale=1.0, shift=0.0):
        return x * scale + shift


def test_a_pre_hook_changes_arguments():
    module, x = Affine(), lm.ones(2)
    with module.register_forward_pre_hook(lambda m, args: args[0] * 2):
        assert module(x, shift=1).tolist() == [3, 3]
    with module.register_forward_pre_hook(lambda m, args: (args[0], 5)):
        assert module(x).tolist() == [5, 5]
    with module.register_forward_pre_hook(lambda m, args: None):
        assert module(x).tolist() == [1, 1]
    hook = module.register_forward_pre_hook(
        lambda m, args, kwargs: (args, {**kwargs, "shift": 7}), with_kwargs=True
    )
    assert module(x, scale=0).tolist() == [7, 7]
    hook.remove()
    hook.remove()
    assert module(x, scale=0).tolist() == [0, 0]
    with (
        module.register_forward_pre_hook(lambda m, args, kwargs: args, with_kwargs=True),
        pytest.raises(RuntimeError, match=r"None or \(args, kwargs\)"),
    ):
        module(x)


def test_a_forward_hook_sees_and_changes_the_output():
    module, x, seen = Affine(), lm.ones(2), []
    with module.register_forward_hook(lambda *args: seen.append(args)):
        y = module(x, shift=1)
    assert seen == [(module, (x,), y)]
    with module.register_forward_hook(lambda m, args, output: output + 1):
        assert module(x).tolist() == [2, 2]
    with module.register_forward_hook(
        lambda m, args, kwargs, output: output * kwargs["scale"], with_kwargs=True
    ):
        assert module(x, scale=3).tolist() == [9, 9]


def test_hooks_run_in_order():
    module, order = Affine(), []
    for name, prepend in (("b", False), ("c", False), ("a", True)):
        for register in (module.register_forward_pre_hook, module.register_forward_hook):
            register(lambda *_, name=name: order.append(name), prepend=prepend)
    module(lm.ones(1))
    assert order == ["a", "b", "c"] * 2


def test_always_called_hooks_run_after_an_error():
    seen = []

    def failing(module, args):
        raise ValueError("mine")

    def broken(module, args, output):
        seen.append("broken")
        raise KeyError("other")

    module = Affine()
    module.register_forward_pre_hook(failing)
    module.register_forward_hook(lambda *args: seen.append("never"))
    module.register_forward_hook(broken, always_call=True)
    module.register_forward_hook(lambda m, args, out: seen.append(out), always_call=True)
    with (
        pytest.warns(UserWarning, match=r"always_call=True raised KeyError\('other'\)"),
        pytest.raises(ValueError, match="mine"),
    ):
        module(lm.ones(1))
    assert seen == ["broken", None]


def test_hooks_are_copied_with_their_module():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.calls = 0
            self.register_forward_pre_hook(self.count)

        def count(self, module, args):
            self.calls += 1

        def forward(self, x):
            return x

    first = Own()
    second = copy.deepcopy(first)
    second(1)
    assert (first.calls, second.calls) == (0, 1)


# ---- backward ----


def backward(module, *args, hook=None, pre=None):
    """Differentiate the sum of a module's output; list the calls of its hooks."""
    calls = []

    def seen(name, hook):
        def run(*given):
            calls.append((name, *given))
            return hook and hook(*given)

        return run

    handles = [module.register_full_backward_hook(seen("full", hook))]
    handles.append(module.register_full_backward_pre_hook(seen("pre", pre)))
    module(*args).sum().backward()
    for handle in handles:
        handle.remove()
    return calls


def test_a_backward_hook_sees_gradients():
    module, x = Affine(), lm.ones(2, requires_grad=True)
    pre, full = backward(module, x, 3)
    assert pre[:2] == ("pre", module)
    assert [g.tolist() for g in pre[2]] == [[1, 1]]
    assert full[:2] == ("full", module)
    assert full[2][0].tolist() == [3, 3]
    assert full[2][1] is None
    assert full[3][0].tolist() == [1, 1]
    assert x.grad.tolist() == [3, 3]


def test_a_backward_hook_changes_gradients():
    x = lm.ones(2, requires_grad=True)
    backward(Affine(), x, hook=lambda m, inputs, outputs: (inputs[0] * 5,))
    assert x.grad.tolist() == [5, 5]
    backward(Affine(), x, pre=lambda m, outputs: outputs[0] * 2)
    assert x.grad.tolist() == [7, 7]
    with pytest.raises(RuntimeError, match="expected 1 gradients"):
        backward(Affine(), x, hook=lambda m, inputs, outputs: (inputs[0], None))


def test_a_backward_hook_without_differentiable_inputs():
    module = nn.Linear(2, 1)
    calls = backward(module, lm.ones(3, 2))
    assert [name for name, *_ in calls] == ["pre", "full"]
    assert calls[1][2] == (None,)
    assert calls[1][3][0].tolist() == [[1.0]] * 3
    assert module.weight.grad.tolist() == [[3, 3]]
    with pytest.raises(RuntimeError, match="expected None of a hook"):
        backward(module, lm.ones(3, 2), hook=lambda m, inputs, outputs: inputs)


def test_backward_hooks_of_several_outputs():
    class Both(nn.Module):
        def forward(self, x, y):
            return x * 2, y * 3, 5

    seen = []
    module = Both()
    module.register_full_backward_hook(lambda *args: seen.append(args[1:]))
    x, y = lm.ones(1, requires_grad=True), lm.ones(1)
    first, second, number = module(x, y)
    assert number == 5
    (first + second).sum().backward()
    (inputs, outputs) = seen[0]
    assert [g if g is None else g.tolist() for g in inputs] == [[2], None]
    assert [g if g is None else g.tolist() for g in outputs] == [[1], None, None]


def test_backward_hooks_of_other_outputs_warn():
    class Mapping(nn.Module):
        def forward(self, x):
            return {"x": x}

    module = Mapping()
    module.register_full_backward_hook(lambda *args: None)
    with pytest.warns(UserWarning, match="got dict"):
        module(lm.ones(1, requires_grad=True))


def test_without_gradients_backward_hooks_do_nothing():
    module = nn.Linear(2, 1)
    module.register_full_backward_hook(lambda *args: 1 / 0)
    with lm.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert module(lm.ones(1, 2)).grad_fn is None


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore:Full backward hook")
def test_backward_hooks_see_what_they_see_in_pytorch():
    torch = pytest.importorskip("torch")

    def run(library, n):
        seen = []
        library.manual_seed(0)
        net = n.Sequential(n.Linear(2, 3), n.Identity(), n.Linear(3, 1))
        with library.no_grad():
            for i, parameter in enumerate(net.parameters()):
                parameter.fill_(0.5 + i)
        for name, module in net.named_modules():
            module.register_full_backward_hook(
                lambda m, inputs, outputs, name=name: seen.append((name, inputs, outputs))
            )
            module.register_full_backward_pre_hook(
                lambda m, outputs, name=name: seen.append((name, (), outputs))
            )
        net(library.ones(2, 2)).sum().backward()
        return [
            (name, *([g if g is None else g.tolist() for g in grads] for grads in both))
            for name, *both in seen
        ]

    assert run(lm, nn) == run(torch, torch.nn)


def test_the_former_backward_hook_is_the_full_one():
    net, seen = nn.Linear(2, 1), []
    net.register_backward_hook(lambda module, before, after: seen.append((before, after)))
    x = lm.ones(1, 2, requires_grad=True)
    net(x).sum().backward()
    ((before, after),) = seen
    assert lm.equal(before[0], net.weight)
    assert after[0].tolist() == [[1]]
