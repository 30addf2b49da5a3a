"""lamina.autograd.Function: ops written in Python."""

import gc
import weakref

import pytest

import lamina as lm
from lamina.autograd import Function, grad, gradcheck, gradgradcheck, once_differentiable


def leaf(*values):
    return lm.tensor(values, dtype=lm.float64).requires_grad_()


class Cube(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x * x

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient * 3 * x * x


class SavesItsOutput(Function):
    @staticmethod
    def forward(ctx, x):
        y = lm.exp(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, gradient):
        (y,) = ctx.saved_tensors
        return gradient * y


class SumAndProduct(Function):
    @staticmethod
    def forward(ctx, x, y, scale):
        ctx.save_for_backward(x, y)
        ctx.scale = scale
        return x + y, x * y * scale

    @staticmethod
    def backward(ctx, of_sum, of_product):
        x, y = ctx.saved_tensors
        of_x = of_sum + of_product * y * ctx.scale if ctx.needs_input_grad[0] else None
        of_y = of_sum + of_product * x * ctx.scale if ctx.needs_input_grad[1] else None
        return of_x, of_y, None


class WithSetup(Function):
    @staticmethod
    def forward(x, power):
        return x**power

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0])
        ctx.power = inputs[1]

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient * ctx.power * x ** (ctx.power - 1), None


@pytest.mark.parametrize("function", [Cube, SavesItsOutput])
def test_first_and_second_derivatives(function):
    x = leaf(0.5, -1.5)
    assert gradcheck(function.apply, x)
    assert gradgradcheck(function.apply, x)


def test_several_inputs_and_outputs():
    x, y = leaf(1.0, 2.0), leaf(3.0, -1.0)
    assert gradcheck(lambda a, b: SumAndProduct.apply(a, b, 2.5), (x, y))
    assert gradgradcheck(lambda a, b: SumAndProduct.apply(a, b, 2.5), (x, y))
    total, _ = SumAndProduct.apply(x, y.detach(), 1.0)  # one input, one output
    total.sum().backward()
    assert x.grad.tolist() == [1, 1]
    assert y.grad is None


def test_forward_without_context():
    assert gradcheck(lambda x: WithSetup.apply(x, 3), leaf(0.5, 2.0))


def test_nothing_is_recorded_without_need():
    x = leaf(1.0)
    assert not Cube.apply(x.detach()).requires_grad
    with lm.no_grad():
        assert not Cube.apply(x).requires_grad
    assert Cube.apply(x).grad_fn.name() == "Cube"


def test_what_is_marked_has_no_gradient():
    class Sorted(Function):
        @staticmethod
        def forward(ctx, x):
            index = lm.tensor([1.0, 0.0], dtype=lm.float64)
            ctx.mark_non_differentiable(index)
            return x * 2, index

        @staticmethod
        def backward(ctx, gradient, of_index):
            assert of_index is None or of_index.tolist() == [0, 0]
            return gradient * 2

    x = leaf(1.0, 2.0)
    y, index = Sorted.apply(x)
    assert y.requires_grad
    assert not index.requires_grad
    y.sum().backward()
    assert x.grad.tolist() == [2, 2]


def test_once_differentiable_says_so():
    class Once(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        @once_differentiable
        def backward(ctx, gradient):
            return gradient * 2

    x = leaf(1.0)
    Once.apply(x).backward()
    assert x.grad.item() == 2
    with pytest.raises((RuntimeError, NotImplementedError), match="once_differentiable"):
        grad(Once.apply(x), x, create_graph=True)


def test_absent_gradients_arrive_as_zeros_unless_refused():
    seen = []

    class Two(Function):
        materialize = True

        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(Two.materialize)
            return x * 1, x * 2

        @staticmethod
        def backward(ctx, first, second):
            seen.append(second)
            return first

    x = leaf(1.0)
    Two.apply(x)[0].backward()
    Two.materialize = False
    Two.apply(x)[0].backward()
    assert seen[0].tolist() == [0]
    assert seen[1] is None


def test_wrong_gradients_are_refused():
    class Wrong(Function):
        answer = None

        @staticmethod
        def forward(ctx, x, y):
            return x + y

        @staticmethod
        def backward(ctx, gradient):
            return Wrong.answer

    for answer, message in [
        ((lm.ones(2),), "2 gradients"),
        ((lm.ones(5), None), r"\(5,\)"),
        (("text", None), "tensor"),
    ]:
        Wrong.answer = answer
        with pytest.raises((RuntimeError, ValueError, TypeError), match=message):
            Wrong.apply(leaf(1.0, 2.0), leaf(1.0, 2.0)).sum().backward()


def test_a_saved_tensor_changed_in_place_is_an_error():
    x = leaf(1.0)
    y = x * 1
    z = Cube.apply(y)
    y += 1
    with pytest.raises(RuntimeError, match="changed in place"):
        z.backward()


def test_changed_inputs_keep_their_identity():
    class Double(Function):
        @staticmethod
        def forward(ctx, x):
            x *= 2
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, gradient):
            return gradient * 2

    x = leaf(3.0)
    y = x * 1
    assert Double.apply(y) is y
    y.backward()
    assert x.grad.item() == 2


def test_an_input_returned_untouched_is_another_tensor():
    class Identity(Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, gradient):
            return gradient * 7

    x = leaf(3.0)
    y = Identity.apply(x)
    assert y is not x
    y.backward()
    assert x.is_leaf
    assert x.grad.item() == 7


def test_graphs_of_functions_are_freed_without_the_collector():
    gc.disable()
    try:
        for function in (Cube, SavesItsOutput):
            x = leaf(1.0)
            y = function.apply(x)
            watched = [weakref.ref(x), weakref.ref(y)]
            y.backward()
            del x, y
            assert [watch() for watch in watched] == [None, None]
    finally:
        gc.enable()


def test_an_error_in_backward_reaches_the_caller():
    class Broken(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, gradient):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        Broken.apply(leaf(1.0)).backward()
