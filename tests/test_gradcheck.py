"""gradcheck finds planted bugs, and says where they are."""

import pytest

import lamina as lm
from lamina.autograd import Function, GradcheckError, gradcheck, gradgradcheck


def leaf(*values):
    return lm.tensor(values, dtype=lm.float64).requires_grad_()


def planted(wrong):
    """An op x * y whose backward for x is `wrong(gradient, x, y)`."""

    class Product(Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_backward(x, y)
            return x * y

        @staticmethod
        def backward(ctx, gradient):
            x, y = ctx.saved_tensors
            return wrong(gradient, x, y), gradient * x

    return Product.apply


def one_element_off(gradient, x, y):
    return gradient * y + lm.tensor([0.0, 0.0, 0.01], dtype=lm.float64)


X, Y = (1.0, 2.0, 3.0), (0.5, -1.0, 2.0)


def test_right_gradients_pass():
    assert gradcheck(planted(lambda g, x, y: g * y), (leaf(*X), leaf(*Y)))
    assert gradgradcheck(planted(lambda g, x, y: g * y), (leaf(*X), leaf(*Y)))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda g, x, y: g * x,
        lambda g, x, y: -(g * y),
        lambda g, x, y: g * y * 1.01,
        lambda g, x, y: None,
        one_element_off,
    ],
    ids=["swapped", "sign", "factor", "missing", "element"],
)
def test_planted_bugs_are_found(wrong):
    function, inputs = planted(wrong), (leaf(*X), leaf(*Y))
    with pytest.raises(GradcheckError):
        gradcheck(function, inputs)
    assert gradcheck(function, inputs, raise_exception=False) is False


def test_the_message_says_where():
    with pytest.raises(
        GradcheckError, match=r"output 0 .*input 0 .*output\[2\].*input\[2\].* 2\.0[12]\d* .* 2\b"
    ):
        gradcheck(planted(lambda g, x, y: g * y * (1 + (x == 3) * 0.01)), (leaf(*X), leaf(*Y)))


def test_a_wrong_second_derivative_is_found():
    # Right as a value, but its history is cut.
    cut = planted(lambda g, x, y: g * y.detach())
    assert gradcheck(cut, (leaf(*X), leaf(*Y)))
    with pytest.raises(GradcheckError):
        gradgradcheck(cut, (leaf(*X), leaf(*Y)))


def test_two_backward_passes_that_differ_are_found():
    calls = []

    def unsteady(gradient, x, y):
        calls.append(0)
        return gradient * y + 1e-9 * len(calls)

    with pytest.raises(GradcheckError, match="two backward passes"):
        gradcheck(planted(unsteady), (leaf(*X), leaf(*Y)))


def test_inputs_must_be_able_to_show_a_gradient():
    with pytest.raises(ValueError, match="float64"):
        gradcheck(lm.exp, lm.ones(2, requires_grad=True))
    with pytest.raises(ValueError, match="requires grad"):
        gradcheck(lm.exp, lm.ones(2, dtype=lm.float64))
