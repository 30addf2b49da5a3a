"""Ops written in Python, with a backward of their own."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from lamina import _core
from lamina._core import Node, Tensor
from lamina.autograd.modes import no_grad


class FunctionContext:
    """What forward leaves for backward."""

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self.materialize_grads = True
        self._to_save: tuple[Tensor | None, ...] = ()
        self._saved: list[tuple[Tensor | None, int, int]] = []
        self._constant: tuple[Tensor, ...] = ()
        self._changed: tuple[Tensor, ...] = ()
        self._node: Node | None = None

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep inputs or outputs; backward finds them in `saved_tensors`."""
        self._to_save = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Declare outputs that have no gradient."""
        self._constant = tensors

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Declare inputs that forward changed in place and returned."""
        self._changed = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Choose whether an absent gradient arrives as zeros (the default) or as None."""
        self.materialize_grads = value

    @property
    def saved_tensors(self) -> tuple[Tensor | None, ...]:
        """The tensors given to save_for_backward; an error if one was changed in place since."""
        return tuple(self._load(*entry) for entry in self._saved)

    def _keep(self, outputs: list[Tensor]) -> None:
        # An output is kept as memory alone: its own handle would keep this context alive for ever.
        for tensor in self._to_save:
            slot = next((i for i, output in enumerate(outputs) if output is tensor), -1)
            kept = tensor.detach() if tensor is not None and slot >= 0 else tensor
            self._saved.append((kept, slot, -1 if tensor is None else tensor._version))
        self._to_save = ()

    def _load(self, tensor: Tensor | None, slot: int, version: int) -> Tensor | None:
        if tensor is None:
            return None
        if tensor._version != version:
            raise RuntimeError(
                f"[saved_tensors] a saved tensor of shape {tuple(tensor.shape)} was changed in "
                f"place: it is at version {tensor._version}, expected version {version}"
            )
        if slot < 0 or self._node is None:
            return tensor
        return _core._reattach(self._node, tensor, slot)


class Function:
    """Base of ops written in Python: static `forward(ctx, ...)` and `backward(ctx, *grads)`.

    A subclass may instead define `forward(...)` and `setup_context(ctx, inputs, output)`.
    """

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the outputs."""
        raise NotImplementedError("[Function] a subclass must define forward()")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Save what backward needs, when forward takes no context."""
        raise NotImplementedError("[Function] a subclass must define setup_context()")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Return one gradient (or None) for each argument of forward."""
        raise NotImplementedError("[Function] a subclass must define backward()")

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run forward and record backward."""
        recording = _core.is_grad_enabled()
        needs = tuple(isinstance(arg, Tensor) and arg.requires_grad for arg in args)
        ctx = FunctionContext(needs)
        with no_grad():
            result = cls._run_forward(ctx, args, kwargs)
        outputs = list(result) if isinstance(result, tuple) else [result]
        outputs = [_own_handle(output, args, ctx) for output in outputs]
        if recording and any(needs):
            cls._record(ctx, args, outputs)
        return tuple(outputs) if isinstance(result, tuple) else outputs[0]

    @classmethod
    def _run_forward(cls, ctx: FunctionContext, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        if cls.setup_context is Function.setup_context:
            return cls.forward(ctx, *args, **kwargs)
        result = cls.forward(*args, **kwargs)
        cls.setup_context(ctx, tuple(args), result)
        return result

    @classmethod
    def _record(cls, ctx: FunctionContext, args: Sequence[Any], outputs: list[Any]) -> None:
        tensors = [
            output
            for output in outputs
            if isinstance(output, Tensor)
            and output.is_floating_point()
            and not any(output is constant for constant in ctx._constant)
        ]
        positions = [i for i, arg in enumerate(args) if isinstance(arg, Tensor)]
        slots = {id(tensor): slot for slot, tensor in enumerate(tensors)}
        order = [slots.get(id(output)) for output in outputs]
        shapes = [(tuple(tensor.shape), tensor.dtype) for tensor in tensors]

        def way_back(node: Node, grads: tuple[Tensor | None, ...]) -> list[Any]:
            ctx._node = node
            given: list[Any] = list(grads)
            if ctx.materialize_grads:
                given = [
                    _core.zeros(shape, dtype=dtype) if gradient is None else gradient
                    for gradient, (shape, dtype) in zip(grads, shapes, strict=True)
                ]
            ordered = [None if slot is None else given[slot] for slot in order]
            found = cls.backward(ctx, *ordered)
            found = found if isinstance(found, tuple) else (found,)
            ctx._node = None
            if len(found) < len(args):
                raise RuntimeError(
                    f"[{cls.__name__}] expected backward() to return {len(args)} gradients, one "
                    f"for each argument of forward(); got {len(found)}"
                )
            return [found[i] for i in positions]

        ctx._keep(tensors)
        inputs = [args[i] for i in positions]
        _core._attach_function(cls.__name__, way_back, inputs, tensors, list(ctx._changed))


def _own_handle(output: Any, args: Sequence[Any], ctx: FunctionContext) -> Any:
    # An input returned as it came would otherwise get this op as its history.
    untouched = any(output is arg for arg in args) and not any(
        output is tensor for tensor in ctx._changed
    )
    return output.detach() if isinstance(output, Tensor) and untouched else output


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a backward that cannot be differentiated itself."""

    @functools.wraps(backward)
    def wrapper(ctx: Any, *grads: Any) -> Any:
        if _core.is_grad_enabled():
            raise NotImplementedError(
                f"[{backward.__qualname__}] is marked once_differentiable: it has no second "
                "derivative for create_graph=True"
            )
        return backward(ctx, *grads)

    return wrapper
