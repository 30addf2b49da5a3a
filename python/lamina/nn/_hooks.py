"""Functions that users attach to a module's call; hooks of its state stand in _state.py."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lamina._core import Tensor
from lamina.autograd import Function

if TYPE_CHECKING:
    from lamina.nn.module import Module

Hooks = dict[int, Callable[..., Any]]
Gradients = tuple[Tensor | None, ...]

_numbers = itertools.count()


class RemovableHandle:
    """Removes the hook that it was given for; also as a context manager."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks
        self.id = next(_numbers)

    def remove(self) -> None:
        """Remove the hook; again is no error."""
        self._hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


def attach(hooks: Hooks, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
    """Add a hook as the last one, or as the first."""
    handle = RemovableHandle(hooks)
    after = dict(hooks) if prepend else {}
    if prepend:
        hooks.clear()
    hooks[handle.id] = hook
    hooks.update(after)
    return handle


class CallHooks:
    """The hooks of one module's call; a module without any has no such object."""

    def __init__(self) -> None:
        self.forward_pre: Hooks = {}
        self.forward: Hooks = {}
        self.backward_pre: Hooks = {}
        self.backward: Hooks = {}
        self.always: set[int] = set()  # forward hooks that run after an error too

    def __bool__(self) -> bool:
        return any(self.tables())

    def tables(self) -> tuple[Hooks, ...]:
        """Return all hooks, kind by kind."""
        return self.forward_pre, self.forward, self.backward_pre, self.backward

    def run(self, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call `module.forward` with everything around it."""
        done: set[int] = set()
        result = None
        try:
            for hook in list(self.forward_pre.values()):
                args, kwargs = hook(module, args, kwargs)
            bridge = _Bridge(module, self) if self.backward or self.backward_pre else None
            if bridge:
                args = bridge.enter(args)
            result = module.forward(*args, **kwargs)
            for number, hook in list(self.forward.items()):
                done.add(number)
                result = _unless_none(hook(module, args, kwargs, result), result)
            return bridge.leave(result) if bridge else result
        except Exception:
            self._run_always(module, args, kwargs, result, done)
            raise

    def _run_always(
        self,
        module: Module,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        result: Any,
        done: set[int],
    ) -> None:
        for number, hook in list(self.forward.items()):
            if number not in self.always or number in done:
                continue
            try:
                result = _unless_none(hook(module, args, kwargs, result), result)
            except Exception as error:
                warnings.warn(
                    f"[forward] a hook with always_call=True raised {error!r} while another error "
                    "was on its way",
                    stacklevel=3,
                )


@dataclass
class PreHook:
    """Gives a forward pre-hook one form: (module, args, kwargs) to (args, kwargs)."""

    hook: Callable[..., Any]
    with_kwargs: bool

    def __call__(self, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not self.with_kwargs:
            changed = _unless_none(self.hook(module, args), args)
            return (changed if isinstance(changed, tuple) else (changed,)), kwargs
        changed = _unless_none(self.hook(module, args, kwargs), (args, kwargs))
        if not isinstance(changed, tuple) or len(changed) != 2:
            raise RuntimeError(
                f"[forward] expected None or (args, kwargs) of a pre-hook; got {changed!r}"
            )
        return changed


@dataclass
class ForwardHook:
    """Gives a forward hook one form: (module, args, kwargs, result)."""

    hook: Callable[..., Any]
    with_kwargs: bool

    def __call__(
        self, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
    ) -> Any:
        if self.with_kwargs:
            return self.hook(module, args, kwargs, result)
        return self.hook(module, args, result)


def _unless_none(value: Any, otherwise: Any) -> Any:
    return otherwise if value is None else value


class _Boundary(Function):
    """The identity; on the way back it hands the gradients to `visit`."""

    @staticmethod
    def forward(
        ctx: Any, visit: Callable[[Gradients], Sequence[Tensor | None]], *tensors: Tensor
    ) -> Any:
        ctx.visit = visit
        ctx.set_materialize_grads(False)
        return tensors

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> Any:
        return (None, *ctx.visit(grads))


class _Bridge:
    """One call of a module with backward hooks: it stands before and behind the forward pass."""

    def __init__(self, module: Module, hooks: CallHooks) -> None:
        self.module = module
        self.pre = list(hooks.backward_pre.values())
        self.full = list(hooks.backward.values())
        self.grad_output: Gradients = ()
        self.inputs: list[int] = []  # positions of what has a gradient
        self.outputs: list[int] = []
        self.sizes = (0, 0)

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        self.inputs = _differentiable(args)
        self.sizes = (len(args), 0)
        return _through(self._input_gradients, args, self.inputs)

    def leave(self, result: Any) -> Any:
        results = result if isinstance(result, tuple) else (result,)
        if not isinstance(result, (Tensor, tuple)):
            warnings.warn(
                "[register_full_backward_hook] expected a module that returns a tensor or a tuple "
                f"of tensors; got {type(result).__name__}, so the hook does not run",
                stacklevel=3,
            )
        self.outputs = _differentiable(results)
        self.sizes = (self.sizes[0], len(results))
        bridged = _through(self._output_gradients, results, self.outputs)
        return bridged if isinstance(result, tuple) else bridged[0]

    def _output_gradients(self, grads: Gradients) -> Sequence[Tensor | None]:
        grad_output = _spread(grads, self.outputs, self.sizes[1])
        for hook in self.pre:
            grad_output = _as_tuple(hook(self.module, grad_output), grad_output)
        self.grad_output = grad_output
        if not self.inputs:
            for hook in self.full:
                if hook(self.module, (None,) * self.sizes[0], grad_output) is not None:
                    raise RuntimeError(
                        "[register_full_backward_hook] expected None of a hook, as no input has a "
                        "gradient"
                    )
        return [grad_output[i] for i in self.outputs]

    def _input_gradients(self, grads: Gradients) -> Sequence[Tensor | None]:
        grad_input = _spread(grads, self.inputs, self.sizes[0])
        for hook in self.full:
            grad_input = _as_tuple(hook(self.module, grad_input, self.grad_output), grad_input)
        return [grad_input[i] for i in self.inputs]


def _differentiable(values: tuple[Any, ...]) -> list[int]:
    return [i for i, x in enumerate(values) if isinstance(x, Tensor) and x.requires_grad]


def _through(
    visit: Callable[[Gradients], Sequence[Tensor | None]],
    values: tuple[Any, ...],
    positions: list[int],
) -> tuple[Any, ...]:
    if not positions:
        return values
    passed = iter(_Boundary.apply(visit, *(values[i] for i in positions)))
    return tuple(next(passed) if i in positions else x for i, x in enumerate(values))


def _spread(grads: Gradients, positions: list[int], size: int) -> Gradients:
    found = dict(zip(positions, grads, strict=True))
    return tuple(found.get(i) for i in range(size))


def _as_tuple(changed: Any, before: Gradients) -> Gradients:
    if changed is None:
        return before
    after = changed if isinstance(changed, tuple) else (changed,)
    if len(after) != len(before):
        raise RuntimeError(
            f"[backward] expected {len(before)} gradients of a module's hook; got {len(after)}"
        )
    return after
