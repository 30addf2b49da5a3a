"""backward, grad and hooks: the engine of the core as PyTorch spells it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from lamina import _core
from lamina._core import Tensor

Tensors: TypeAlias = Tensor | Sequence[Tensor]
Gradients: TypeAlias = Tensor | Sequence[Tensor | None] | None


def _as_list(tensors: Tensors) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _gradients(outputs: list[Tensor], gradients: Gradients) -> list[Tensor | None]:
    if gradients is None:
        return [None] * len(outputs)
    result: list[Tensor | None] = [gradients] if isinstance(gradients, Tensor) else list(gradients)
    if len(result) != len(outputs):
        message = f"[backward] expected {len(outputs)} gradients, one an output; got {len(result)}"
        raise ValueError(message)
    return result


def backward(
    tensors: Tensors,
    grad_tensors: Gradients = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensors | None = None,
) -> None:
    """Add the gradients of the sum of `tensors` to the `.grad` of leaves (or of `inputs`)."""
    outputs = _as_list(tensors)
    targets = [] if inputs is None else _as_list(inputs)
    if inputs is not None and not targets:
        raise ValueError("[backward] expected at least one tensor in inputs; got none")
    gradients = _gradients(outputs, grad_tensors)
    _core._backward(outputs, gradients, retain_graph, create_graph, targets)


def grad(
    outputs: Tensors,
    inputs: Tensors,
    grad_outputs: Gradients = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor, ...]:
    """Return the gradients of the sum of `outputs` for each of `inputs`, touching no `.grad`."""
    if not only_inputs:
        raise ValueError("[grad] expected only_inputs=True; use backward() to add to `.grad`")
    if is_grads_batched:
        raise NotImplementedError("[grad] expected is_grads_batched=False; call it for each")
    results, sources = _as_list(outputs), _as_list(inputs)
    gradients = _gradients(results, grad_outputs)
    found = _core._grad(results, sources, gradients, retain_graph, create_graph)
    for position, (source, gradient) in enumerate(zip(sources, found, strict=True)):
        if gradient is None and materialize_grads:
            found[position] = _core.zeros_like(source)
        elif gradient is None and not allow_unused:
            raise RuntimeError(
                f"[grad] input {position} of shape {tuple(source.shape)} was not used to compute "
                "the outputs; pass allow_unused=True to get None for it"
            )
    return tuple(found)


class RemovableHandle:
    """Removes the hook that it was given for; also as a context manager."""

    def __init__(self, tensor: Tensor, identifier: int) -> None:
        self._tensor: Tensor | None = tensor
        self._identifier = identifier

    def remove(self) -> None:
        """Remove the hook; again is no error."""
        if self._tensor is not None:
            self._tensor._remove_hook(self._identifier)
            self._tensor = None

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


def register_hook(tensor: Tensor, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
    """Call `hook` with the gradient of `tensor`; a tensor that it returns takes its place."""
    return RemovableHandle(tensor, tensor._add_hook(hook))


setattr(Tensor, "register_hook", register_hook)  # noqa: B010
