"""Derivatives of functions as functions: Jacobians, Hessians and their products with vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from lamina import _core
from lamina._core import Tensor
from lamina.autograd.modes import enable_grad
from lamina.autograd.walk import grad

Tensors: TypeAlias = Tensor | tuple[Tensor, ...]
Many: TypeAlias = tuple[Tensor, ...]

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]


def _tuple(values: Any, what: str) -> Many:
    found = values if isinstance(values, tuple) else (values,)
    if not all(isinstance(x, Tensor) for x in found):
        kinds = ", ".join(type(x).__name__ for x in found)
        raise TypeError(f"[{what}] expected a tensor or a tuple of tensors; got {kinds}")
    return found


def _called(what: str, func: Callable[..., Any], inputs: Any, create: bool) -> tuple[Many, Many]:
    """Return the inputs as sources of gradients, and what `func` makes of them."""
    sources = tuple(
        x.view_as(x) if create and x.requires_grad else x.detach().requires_grad_()
        for x in _tuple(inputs, what)
    )
    return sources, _tuple(func(*sources), what)


def _grad(what: str, outputs: Many, sources: Many, weights: Any, strict: bool, keep: bool) -> Many:
    """The gradients, zeros where there is no way back; `keep` records them."""
    pairs = [(y, w) for y, w in zip(outputs, weights, strict=True) if y.requires_grad]
    if strict and len(pairs) < len(outputs):
        raise RuntimeError(f"[{what}] expected every output to depend on the inputs (strict=True)")
    if not pairs:
        return tuple(_core.zeros_like(x) for x in sources)
    found = grad(
        [y for y, _ in pairs],
        sources,
        [w for _, w in pairs],
        retain_graph=True,
        create_graph=keep,
        allow_unused=True,
    )
    if strict and any(x is None for x in found):
        raise RuntimeError(f"[{what}] expected every input to be used (strict=True)")
    return tuple(
        _core.zeros_like(x) if g is None else g for x, g in zip(sources, found, strict=True)
    )


def _like(values: Many, given: Any) -> Any:
    """A tuple where a tuple came, one tensor where one came."""
    return values if isinstance(given, tuple) else values[0]


def _weights(what: str, v: Any, tensors: Many) -> Many:
    if v is None:
        if any(x.numel() != 1 for x in tensors):
            raise RuntimeError(f"[{what}] expected v, as there is more than one number; got None")
        return tuple(_core.ones_like(x) for x in tensors)
    found = _tuple(v, what)
    wanted = [tuple(x.shape) for x in tensors]
    if [tuple(x.shape) for x in found] != wanted:
        shapes = [tuple(x.shape) for x in found]
        raise RuntimeError(f"[{what}] expected v of the shapes {wanted}; got {shapes}")
    return found


def _finished(values: Many, create_graph: bool) -> Many:
    return values if create_graph else tuple(x.detach() for x in values)


def vjp(
    func: Callable[..., Any],
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return the outputs, and `v` times the Jacobian."""
    with enable_grad():
        sources, outputs = _called("vjp", func, inputs, create_graph)
        weights = _weights("vjp", v, outputs)
        found = _grad("vjp", outputs, sources, weights, strict, create_graph)
    outputs, found = _finished(outputs, create_graph), _finished(found, create_graph)
    shaped = outputs if len(outputs) > 1 else outputs[0]
    return shaped, _like(found, inputs)


def jvp(
    func: Callable[..., Any],
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return the outputs, and the Jacobian times `v`: the derivative of its transpose's product."""
    with enable_grad():
        sources, outputs = _called("jvp", func, inputs, create_graph)
        weights = _weights("jvp", v, sources)
        ones = tuple(_core.ones_like(y).requires_grad_() for y in outputs)
        products = _grad("jvp", outputs, sources, ones, strict, True)
        found = _grad("jvp", products, ones, weights, False, create_graph)
    outputs, found = _finished(outputs, create_graph), _finished(found, create_graph)
    single = len(outputs) == 1
    return (outputs[0], found[0]) if single else (outputs, found)


def jacobian(
    func: Callable[..., Any],
    inputs: Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """Return d output[i] / d input[j] as shape output + shape input; nested for tuples.

    However it is asked for, it is computed a row at a time, on the way back.
    """
    with enable_grad():
        sources, outputs = _called("jacobian", func, inputs, create_graph)
        found = tuple(_rows(y, sources, strict, create_graph) for y in outputs)
    per_output = [_like(_finished(row, create_graph), inputs) for row in found]
    return per_output[0] if len(outputs) == 1 else tuple(per_output)


def _rows(output: Tensor, sources: Many, strict: bool, keep: bool) -> Many:
    units = _core.eye(output.numel(), dtype=output.dtype)
    rows = [
        _grad("jacobian", (output,), sources, (unit.reshape(output.shape),), strict, keep)
        for unit in units
    ]
    return tuple(
        _core.stack(list(column)).reshape((*output.shape, *x.shape))
        for x, column in zip(sources, zip(*rows, strict=True), strict=True)
    )


def _scalar(what: str, func: Callable[..., Any]) -> Callable[..., Tensor]:
    def checked(*inputs: Tensor) -> Tensor:
        result = func(*inputs)
        if not isinstance(result, Tensor) or result.numel() != 1:
            raise RuntimeError(f"[{what}] expected a function that returns one number")
        return result.reshape(())

    return checked


def hessian(
    func: Callable[..., Any],
    inputs: Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """Return the second derivatives of a function that returns one number."""
    scalar = _scalar("hessian", func)

    def gradient(*points: Tensor) -> Any:
        return _like(_grad("hessian", (scalar(*points),), points, (None,), strict, True), inputs)

    found = jacobian(gradient, inputs, create_graph, strict)
    return (found,) if isinstance(inputs, tuple) and len(inputs) == 1 else found


def vhp(
    func: Callable[..., Any],
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return the value of a function that returns one number, and `v` times its Hessian."""
    scalar = _scalar("vhp", func)
    with enable_grad():
        sources, outputs = _called("vhp", scalar, inputs, create_graph)
        weights = _weights("vhp", v, sources)
        first = _grad("vhp", outputs, sources, (None,), strict, True)
        found = _grad("vhp", first, sources, weights, strict, create_graph)
    return _finished(outputs, create_graph)[0], _like(_finished(found, create_graph), inputs)


def hvp(
    func: Callable[..., Any],
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return the value and the Hessian times `v`, which is `v` times the symmetric Hessian."""
    return vhp(func, inputs, v, create_graph, strict)
