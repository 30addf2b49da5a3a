"""Compares analytic gradients with finite differences and says where they part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lamina import _core
from lamina._core import Tensor
from lamina.autograd.modes import enable_grad, no_grad
from lamina.autograd.walk import grad

if TYPE_CHECKING:
    import numpy.typing as npt

Array: TypeAlias = "npt.NDArray[np.float64]"
Operation = Callable[..., Any]


class GradcheckError(RuntimeError):
    """An analytic gradient differs from the numeric one."""


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _checked(inputs: Sequence[Any]) -> list[int]:
    positions = [
        i for i, value in enumerate(inputs) if isinstance(value, Tensor) and value.requires_grad
    ]
    if not positions:
        raise ValueError("[gradcheck] expected at least one input that requires grad; got none")
    for i in positions:
        if inputs[i].dtype is not _core.float64:
            raise ValueError(
                f"[gradcheck] expected inputs of type float64, as finite differences need its "
                f"precision; input {i} is {inputs[i].dtype}"
            )
    return positions


def _differentiable(result: Any) -> list[Tensor]:
    return [
        output
        for output in _as_tuple(result)
        if isinstance(output, Tensor) and output.is_floating_point()
    ]


def _evaluate(function: Operation, inputs: Sequence[Any]) -> list[Array]:
    with no_grad():
        outputs = _differentiable(function(*inputs))
    return [np.array(output.detach().numpy(), dtype=np.float64).reshape(-1) for output in outputs]


def _numeric(function: Operation, inputs: Sequence[Any], which: int, eps: float) -> list[Array]:
    """Jacobians of all outputs for one input, by central differences: (outputs, inputs)."""
    values = np.array(inputs[which].detach().numpy())
    columns: list[list[Array]] = []
    for element in range(values.size):
        sides = []
        for step in (eps, -eps):
            moved = values.copy()
            moved.reshape(-1)[element] += step
            tensor = _core.tensor(moved).requires_grad_()
            sides.append(_evaluate(function, [*inputs[:which], tensor, *inputs[which + 1 :]]))
        columns.append([(high - low) / (2 * eps) for high, low in zip(*sides, strict=True)])
    if not columns:
        return [np.zeros((output.size, 0)) for output in _evaluate(function, inputs)]
    return [np.stack(column, axis=1) for column in zip(*columns, strict=True)]


def _analytic(outputs: Sequence[Tensor], inputs: Sequence[Any], which: int) -> list[Array]:
    """The same by one backward pass for each element of each output."""
    jacobians = []
    for output in outputs:
        rows = np.zeros((output.numel(), inputs[which].numel()))
        for element in range(output.numel() if output.requires_grad else 0):
            direction = np.zeros(output.numel())
            direction[element] = 1
            seed = _core.tensor(direction, dtype=output.dtype).reshape(tuple(output.shape))
            (found,) = grad(output, inputs[which], seed, retain_graph=True, allow_unused=True)
            if found is not None:
                rows[element] = np.array(found.detach().numpy()).reshape(-1)
        jacobians.append(rows)
    return jacobians


def _compare(
    numeric: Array, analytic: Array, which: int, output: int, atol: float, rtol: float
) -> str | None:
    wrong = ~np.isclose(analytic, numeric, rtol=rtol, atol=atol, equal_nan=True)
    if not wrong.any():
        return None
    distance = np.where(wrong, np.abs(analytic - numeric), -1)
    row, column = np.unravel_index(int(np.argmax(distance)), distance.shape)
    return (
        f"[gradcheck] the gradient of output {output} for input {which} is wrong: d output[{row}] "
        f"/ d input[{column}] (flat indices) is {analytic[row, column]:.10g} analytically and "
        f"{numeric[row, column]:.10g} numerically; {int(wrong.sum())} of {wrong.size} elements "
        "differ"
    )


def gradcheck(
    func: Operation,
    inputs: Tensor | Sequence[Any],
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
) -> bool:
    """Check the gradients of `func` at `inputs`; raise GradcheckError (or return False) if wrong.

    Every input that requires grad must be float64. The backward pass is run twice; results that
    differ by more than `nondet_tol` are an error too.
    """
    arguments = list(_as_tuple(inputs))
    try:
        for which in _checked(arguments):
            with enable_grad():
                outputs = _differentiable(func(*arguments))
                analytic = _analytic(outputs, arguments, which)
                again = _analytic(outputs, arguments, which)
            for output, numeric in enumerate(_numeric(func, arguments, which, eps)):
                message = _compare(numeric, analytic[output], which, output, atol, rtol)
                if message is not None:
                    raise GradcheckError(message)
                change = np.abs(analytic[output] - again[output]).max(initial=0)
                if change > nondet_tol:
                    raise GradcheckError(
                        f"[gradcheck] two backward passes of output {output} for input {which} "
                        f"differ by {change:.3g}"
                    )
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Operation,
    inputs: Tensor | Sequence[Any],
    grad_outputs: Tensor | Sequence[Tensor] | None = None,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
) -> bool:
    """Check the gradients of the gradients of `func`, taken with create_graph=True."""
    arguments = list(_as_tuple(inputs))
    checked = _checked(arguments)
    if grad_outputs is None:
        generator = np.random.default_rng(0)
        with no_grad():
            shapes = [tuple(output.shape) for output in _differentiable(func(*arguments))]
        seeds = [_core.tensor(generator.standard_normal(shape)) for shape in shapes]
        seeds = [seed.requires_grad_() for seed in seeds]
    else:
        seeds = list(_as_tuple(grad_outputs))

    def first_gradients(*values: Any) -> tuple[Tensor, ...]:
        own, directions = list(values[: len(arguments)]), list(values[len(arguments) :])
        with enable_grad():
            outputs = _differentiable(func(*own))
            pairs = [
                (output, direction)
                for output, direction in zip(outputs, directions, strict=True)
                if output.requires_grad
            ]
            sources = [own[i] for i in checked]
            return grad(
                [output for output, _ in pairs],
                sources,
                [direction for _, direction in pairs],
                create_graph=True,
                materialize_grads=True,
            )

    # Under no_grad the inputs of finite differences would not be recorded at all; first_gradients
    # turns recording on for itself.
    return gradcheck(
        first_gradients, [*arguments, *seeds], eps, atol, rtol, raise_exception, nondet_tol
    )
