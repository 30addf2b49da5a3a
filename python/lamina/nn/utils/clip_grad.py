"""Clipping of gradients, in place."""

from __future__ import annotations

from collections.abc import Iterable

from lamina import _core
from lamina._core import Tensor
from lamina.autograd import no_grad

__all__ = ["clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm"]

Tensors = Tensor | Iterable[Tensor]


def _list(tensors: Tensors) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _gradients(parameters: Tensors) -> list[Tensor]:
    return [p.grad for p in _list(parameters) if p.grad is not None]


@no_grad()
def get_total_norm(
    tensors: Tensors,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Return the norm of all tensors as one vector; `foreach` changes nothing here."""
    order = float(norm_type)
    norms = [_core.norm(x, order) for x in _list(tensors)]
    total = _core.norm(_core.stack(norms), order) if norms else _core.zeros(())
    if error_if_nonfinite and not bool(total.isfinite()):
        raise RuntimeError(
            f"[get_total_norm] expected a finite norm of order {order}; got {total.item()}"
        )
    return total


@no_grad()
def clip_grads_with_norm_(
    parameters: Tensors, max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scale gradients of a known norm down to `max_norm`; smaller ones stay as they are."""
    factor = (float(max_norm) / (total_norm + 1e-6)).clamp_(max=1.0)
    for gradient in _gradients(parameters):
        gradient.mul_(factor)


def clip_grad_norm_(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale gradients down until their norm as one vector is `max_norm`; return what it was."""
    parameters = _list(parameters)
    total = get_total_norm(_gradients(parameters), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(parameters, max_norm, total)
    return total


@no_grad()
def clip_grad_value_(parameters: Tensors, clip_value: float, foreach: bool | None = None) -> None:
    """Clip each element of the gradients to [-clip_value, clip_value]."""
    bound = float(clip_value)
    for gradient in _gradients(parameters):
        gradient.clamp_(-bound, bound)
