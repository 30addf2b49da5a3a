"""The gradients of every row of the tables in cases/, against finite differences in float64."""

import numpy as np
import pytest
from cases import collect
from differences import cotangents, directions
from samples import (
    Operand,
    apply,
    fill,
    for_lamina,
    function,
    leaves,
    numpy_of,
    operands,
    substitute,
)
from tolerances import STEP, close_differences

import lamina as lm

ROWS = collect()


def rows(condition):
    return pytest.mark.parametrize("row", [row for row in ROWS if condition(row)], ids=str)


def differentiable(row, layout="contiguous"):
    """Yield each sample of a row, filled, if there is anything to differentiate in it."""
    for sample in row.samples:
        call = fill(row, sample, "float64", layout)
        if any(operand.differentiable and operand.array.size for operand in operands(call)):
            yield call


def leaf_tensors(call):
    return [x for x in leaves(call) if isinstance(x, lm.Tensor) and x.requires_grad]


def outputs(row, call):
    lm.manual_seed(0)
    results = apply(function(row), call)
    return [x for x in results if isinstance(x, lm.Tensor) and x.dtype.is_floating_point]


def weighted(row, call):
    """The sum of all outputs, weighted."""
    results = outputs(row, call)
    return sum((x * w).sum() for x, w in zip(results, cotangents(results), strict=True))


def moved(call, step):
    """Add one array of `step` to each differentiable operand."""
    steps = iter(step)

    def replace(leaf):
        if isinstance(leaf, Operand) and leaf.differentiable:
            return Operand(leaf.array + next(steps), "contiguous", True)
        return leaf

    return substitute(call, replace)


def check_gradients(value, call, gradients, factor):
    """Hold gradients of `value(call)` to its central differences along each direction."""
    arrays = [x.array for x in operands(call) if x.differentiable]
    scale = max([np.abs(g).max(initial=0) for g in gradients], default=0)
    for direction in directions(arrays):
        ahead = value(moved(call, [STEP * d for d in direction]))
        behind = value(moved(call, [-STEP * d for d in direction]))
        analytic = sum(np.sum(g * d) for g, d in zip(gradients, direction, strict=True))
        close_differences(analytic, (ahead - behind) / (2 * STEP), scale, factor)


def gradients_of(root, inputs, **options):
    """Differentiate; what has no history has a gradient of zero."""
    if not root.requires_grad:
        return [lm.zeros_like(x) for x in inputs]
    found = lm.autograd.grad(root, inputs, allow_unused=True, materialize_grads=True, **options)
    return list(found)


@pytest.mark.parametrize(
    ("row", "layout"),
    [
        pytest.param(row, layout, id=f"{row}-{layout}")
        for row in ROWS
        for layout in ("contiguous", "transposed")
        if row.grad and layout in row.layouts
    ],
)
def test_gradient(row, layout):
    for call in differentiable(row, layout):
        made = for_lamina(call, requires_grad=True)
        gradients = [numpy_of(g) for g in gradients_of(weighted(row, made), leaf_tensors(made))]
        check_gradients(lambda c: weighted(row, for_lamina(c)).item(), call, gradients, row.tol)


def directional(row, call):
    """The gradient's product with fixed weights, and the leaves: what is differentiated again."""
    made = for_lamina(call, requires_grad=True)
    inputs = leaf_tensors(made)
    first = gradients_of(weighted(row, made), inputs, create_graph=True)
    total = sum((g * w).sum() for g, w in zip(first, cotangents(first), strict=True))
    return total, inputs


@rows(lambda row: row.gradgrad)
def test_gradient_of_the_gradient(row):
    for call in differentiable(row):
        total, inputs = directional(row, call)
        second = [numpy_of(g) for g in gradients_of(total, inputs)]
        check_gradients(lambda c: directional(row, c)[0].item(), call, second, row.tol)


@rows(lambda row: row.grad)
def test_backward_twice_gives_equal_bits_and_accumulates(row):
    for call in differentiable(row):
        made = for_lamina(call, requires_grad=True)
        inputs = leaf_tensors(made)
        if not weighted(row, made).requires_grad:
            continue
        weighted(row, made).backward()
        first = [None if x.grad is None else x.grad.numpy().copy() for x in inputs]
        weighted(row, made).backward()
        for x, once in zip(inputs, first, strict=True):
            assert (x.grad is None) == (once is None)
            if once is not None:
                np.testing.assert_array_equal(x.grad.numpy(), once + once)


@rows(lambda row: row.grad and row.inplace)
def test_gradient_of_the_inplace_form(row):
    change = getattr(lm.Tensor, row.name + "_")
    for call in differentiable(row):
        made = for_lamina(call, requires_grad=True)
        expected = outputs(row, made)[0]
        target, *others = made.args
        if expected.shape != target.shape or expected.dtype is not target.dtype:
            continue
        weights = cotangents([expected])
        inputs = leaf_tensors(made)
        outer = gradients_of((expected * weights[0]).sum(), inputs)
        lm.manual_seed(0)
        result = change(target * 1, *others, **made.kwargs)
        inner = gradients_of((result * weights[0]).sum(), inputs)
        for a, b in zip(outer, inner, strict=True):
            np.testing.assert_array_equal(numpy_of(a), numpy_of(b))


@rows(lambda row: row.grad is False and "float64" in row.dtypes)
def test_what_is_not_differentiable_leaves_no_history(row):
    for call in differentiable(row):
        lm.manual_seed(0)
        results = apply(function(row), for_lamina(call, requires_grad=True))
        assert not [x for x in results if isinstance(x, lm.Tensor) and x.requires_grad]


@pytest.mark.parametrize(
    ("op", "expected"),
    [(lm.relu, 1), (lambda x: lm.clamp(x, 0, 1), 0), (lm.abs, 0)],
    ids=["relu", "clamp", "abs"],
)
def test_gradient_at_nan_is_pytorchs(op, expected):
    x = lm.tensor([float("nan")], requires_grad=True)
    op(x).sum().backward()
    assert x.grad.tolist() == [expected]
