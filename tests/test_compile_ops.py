"""Every row of the tables in cases/ inside lm.compile: replays leave the bits of eager calls."""

import numpy as np
import pytest
from cases import DTypeName, collect
from samples import Operand, apply, fill, function, lay_out, numpy_of, operands, substitute, tensor

import lamina as lm

# Of no use here: results of any value, and changes of an argument's shape.
OTHERS = ("empty", "new_empty", "unsqueeze_", "squeeze_", "t_", "transpose_", "swap")
ROWS = [row for row in collect() if not row.name.startswith(OTHERS)]
LAYOUTS = ("contiguous", "transposed", "expanded")


def step_of(row, call):
    """Return a function of the call's tensors: the row's results and gradients."""

    def step(tensors):
        given, tracked = iter(tensors), []

        def replace(leaf):
            if isinstance(leaf, DTypeName):
                return getattr(lm, leaf.name)
            if not isinstance(leaf, Operand):
                return leaf
            x = next(given)
            if row.grad and leaf.differentiable:
                x = x.detach().requires_grad_()
                tracked.append(x)
            return x

        results = apply(function(row), substitute(call, replace))
        outputs = [x for x in results if isinstance(x, lm.Tensor) and x.requires_grad]
        if outputs:
            loss = sum(x.square().sum() for x in outputs)
            results += lm.autograd.grad(loss, tracked, allow_unused=True)
        return results

    return step


def inputs(call, turn):
    """Make the call's tensors, or others: the same values, in reverse."""
    arrays = [np.flip(x.array) if turn else x.array.copy() for x in operands(call)]
    layouts = [x.layout for x in operands(call)]
    laid = [lay_out(*pair) for pair in zip(arrays, layouts, strict=True)]
    return [tensor(Operand(*pair, False)) for pair in zip(laid, layouts, strict=True)]


def outcome(function, tensors):
    """Return the bits of all results, and of what was given, or the error."""
    lm.manual_seed(0)
    try:
        with np.errstate(all="ignore"):
            results = function(tensors)
    except (RuntimeError, ValueError, IndexError, TypeError, NotImplementedError) as error:
        return str(error)
    arrays = [numpy_of(x) for x in [*results, *tensors] if x is not None]
    return [(x.shape, x.dtype, x.tobytes()) for x in arrays]


def calls(row):
    for layout in LAYOUTS:
        if layout in row.layouts and not (row.distinct and layout == "expanded"):
            for sample in row.samples:
                yield fill(row, sample, row.dtypes[0], layout)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_replays_equal_eager_calls(row):
    for call in calls(row):
        step = step_of(row, call)
        compiled = lm.compile(step)
        for turn in (False, True, False):
            expected = outcome(step, inputs(call, turn))
            found = outcome(compiled, inputs(call, turn))
            if isinstance(found, str) and "reads a value" in found:
                break
            assert found == expected, call
