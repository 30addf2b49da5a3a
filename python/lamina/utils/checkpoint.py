"""Memory for time: what a part of a network computes is computed again on the way back."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from lamina import _core
from lamina._core import Tensor
from lamina.autograd import Function, backward, enable_grad, once_differentiable
from lamina.nn import Module, Sequential
from lamina.random import fork_rng

__all__ = ["checkpoint", "checkpoint_sequential"]


class _Again(Function):
    """Keeps the arguments of a call alone; its way back makes the call again."""

    @staticmethod
    def forward(ctx: Any, call: Callable[..., Any], keep: bool, _: Tensor, *args: Any) -> Any:
        ctx.call, ctx.args = call, args
        ctx.state = _core.get_rng_state() if keep else None
        ctx.save_for_backward(*(x for x in args if isinstance(x, Tensor)))
        return call(*args)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Any, ...]:
        saved = iter(ctx.saved_tensors)
        given = [
            next(saved).detach().requires_grad_(x.requires_grad) if isinstance(x, Tensor) else x
            for x in ctx.args
        ]
        with enable_grad(), fork_rng(enabled=ctx.state is not None):
            if ctx.state is not None:
                _core.set_rng_state(ctx.state)
            made = ctx.call(*given)
        results = made if isinstance(made, tuple) else (made,)
        pairs = [
            (x, g)
            for x, g in zip(results, grads, strict=True)
            if isinstance(x, Tensor) and x.requires_grad
        ]
        backward([x for x, _ in pairs], [g for _, g in pairs])
        return None, None, None, *(x.grad if isinstance(x, Tensor) else None for x in given)


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """Call `function`, keep its arguments alone, and call it again when its gradients are wanted.

    Both of PyTorch's variants are one here: parameters get gradients whether or not an argument
    does, and keywords are handed on.
    """
    if not _core.is_grad_enabled():
        return function(*args, **kwargs)
    # What makes the call differentiable where parameters are all that is.
    anchor = _core.zeros(0).requires_grad_()
    return _Again.apply(functools.partial(function, **kwargs), preserve_rng_state, anchor, *args)


def checkpoint_sequential(
    functions: Sequential | Sequence[Module],
    segments: int,
    input: Any,
    use_reentrant: bool | None = None,
    **kwargs: Any,
) -> Any:
    """Call modules one after another, all but the last of `segments` parts checkpointed."""
    modules = list(functions)
    size = max(1, len(modules) // segments)
    starts = list(range(0, size * (segments - 1), size))
    for start in starts:
        part = Sequential(*modules[start : start + size])
        input = checkpoint(part, input, use_reentrant=use_reentrant, **kwargs)
    return Sequential(*modules[size * len(starts) :])(input)
