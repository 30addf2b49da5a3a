"""Functions of functions: a module called with other tensors, and gradients as functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lamina import autograd
from lamina._core import Tensor
from lamina.autograd.functional import hessian as _hessian
from lamina.autograd.functional import jacobian as _jacobian
from lamina.nn import Module

__all__ = ["functional_call", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "vjp"]

Argnums = int | tuple[int, ...]


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: Mapping[str, Tensor] | tuple[Mapping[str, Tensor], ...],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with the tensors of a dictionary in place of its own of the same names."""
    given = parameter_and_buffer_dicts
    merged = dict(given) if isinstance(given, Mapping) else {}
    for part in () if isinstance(given, Mapping) else given:
        merged.update(part)
    arguments = () if args is None else args if isinstance(args, tuple) else (args,)
    with _replaced(module, merged, tie_weights, strict):
        return module(*arguments, **(kwargs or {}))


@contextmanager
def _replaced(module: Module, given: dict[str, Tensor], tie: bool, strict: bool) -> Iterator[None]:
    own: dict[str, Tensor] = dict(module.named_parameters(remove_duplicate=False))
    own.update(module.named_buffers(remove_duplicate=False))
    unknown = [name for name in given if name not in own]
    missing = [name for name in own if name not in given] if strict else []
    if unknown or missing:
        raise RuntimeError(
            f"[functional_call] expected names of {type(module).__name__}'s tensors; "
            f"unexpected: {unknown}, missing: {missing}"
        )
    values = {id(own[name]): value for name, value in given.items()} if tie else {}
    changed = {name: given.get(name, values.get(id(x), x)) for name, x in own.items()}
    try:
        _set(module, changed)
        yield
    finally:
        _set(module, own)


def _set(module: Module, tensors: Mapping[str, Tensor]) -> None:
    for name, value in tensors.items():
        path, _, attribute = name.rpartition(".")
        vars(module.get_submodule(path))[attribute] = value


def _leaves(value: Any) -> list[Tensor]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value] if isinstance(value, Tensor) else []


def _rebuilt(value: Any, leaves: Iterator[Any]) -> Any:
    if isinstance(value, Mapping):
        return {key: _rebuilt(item, leaves) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([_rebuilt(item, leaves) for item in value])
    return next(leaves) if isinstance(value, Tensor) else value


def _as_sources(value: Any) -> Any:
    # A view keeps the way to what an outer gradient is asked for; a leaf of its own starts one.
    fresh = (
        x.view_as(x) if x.requires_grad else x.detach().requires_grad_() for x in _leaves(value)
    )
    return _rebuilt(value, fresh)


def grad_and_value(
    func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """Return a function of the same arguments: the gradients of `func`'s number, and the number."""
    wanted = argnums if isinstance(argnums, tuple) else (argnums,)

    def differentiated(*args: Any, **kwargs: Any) -> Any:
        outer = autograd.is_grad_enabled() and any(x.requires_grad for x in _leaves(args))
        given = list(args)
        with autograd.enable_grad():
            for position in wanted:
                given[position] = _as_sources(args[position])
            result = func(*given, **kwargs)
            value, rest = result if has_aux else (result, None)
            if not isinstance(value, Tensor) or value.dim():
                raise RuntimeError(
                    "[grad] expected a function that returns a tensor of 0 dimensions"
                )
            sources = [given[position] for position in wanted]
            found = autograd.grad(
                value, _leaves(sources), create_graph=True, materialize_grads=True
            )
        if not outer:
            found, value = tuple(x.detach() for x in found), value.detach()
        rebuilt = tuple(_rebuilt(sources, iter(found)))
        gradients = rebuilt if isinstance(argnums, tuple) else rebuilt[0]
        return (gradients, (value, rest)) if has_aux else (gradients, value)

    return differentiated


def grad(
    func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """Return a function of the same arguments: the gradients of the number that `func` returns."""
    both = grad_and_value(func, argnums, has_aux)

    def differentiated(*args: Any, **kwargs: Any) -> Any:
        gradients, value = both(*args, **kwargs)
        return (gradients, value[1]) if has_aux else gradients

    return differentiated


def _of_arguments(argnums: Argnums, derive: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of all arguments; `derive` sees only those at `argnums` as variable."""

    def derived(*args: Any) -> Any:
        wanted = argnums if isinstance(argnums, tuple) else (argnums,)

        def partial(func: Callable[..., Any], *points: Tensor) -> Any:
            given = list(args)
            for position, point in zip(wanted, points, strict=True):
                given[position] = point
            return func(*given)

        chosen = tuple(args[position] for position in wanted)
        outer = autograd.is_grad_enabled() and any(x.requires_grad for x in _leaves(args))
        return derive(partial, chosen if isinstance(argnums, tuple) else chosen[0], outer)

    return derived


def jacrev(func: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """Return a function of the same arguments: the Jacobian of `func`."""
    return _of_arguments(
        argnums,
        lambda partial, points, outer: _jacobian(
            lambda *x: partial(func, *x), points, create_graph=outer
        ),
    )


jacfwd = jacrev  # the same numbers, however they are found


def hessian(func: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """Return a function of the same arguments: the second derivatives of `func`."""
    return _of_arguments(
        argnums,
        lambda partial, points, outer: _hessian(
            lambda *x: partial(func, *x), points, create_graph=outer
        ),
    )


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """Return the outputs, and a function that multiplies a vector by the Jacobian."""
    outer = autograd.is_grad_enabled() and any(x.requires_grad for x in _leaves(primals))
    with autograd.enable_grad():
        sources = _as_sources(primals)
        result = func(*sources)
    outputs, rest = result if has_aux else (result, None)

    def product(vector: Any) -> tuple[Any, ...]:
        found = autograd.grad(
            _leaves(outputs),
            _leaves(sources),
            _leaves(vector),
            retain_graph=True,
            create_graph=outer,
            materialize_grads=True,
        )
        return tuple(_rebuilt(sources, iter(found)))

    return (outputs, product, rest) if has_aux else (outputs, product)
