"""Muon: momentum whose matrix is made nearly orthogonal."""

from __future__ import annotations

import math

from lamina import _core, compiling
from lamina._core import Tensor
from lamina.autograd import no_grad
from lamina.optim._checks import (
    expect,
    expect_lr,
    expect_not_negative,
    expect_numbers,
    expect_whole,
)
from lamina.optim._fused import CapturableOptimizer
from lamina.optim.optimizer import Group, Params

__all__ = ["Muon"]

_RATIOS = {
    "original": lambda rows, columns: math.sqrt(max(1, rows / columns)),
    "match_rms_adamw": lambda rows, columns: 0.2 * math.sqrt(max(rows, columns)),
}


class Muon(CapturableOptimizer):
    """p = (1 - lr weight_decay) p - lr' O, with O the momentum's nearest orthogonal matrix."""

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        name = type(self).__name__
        expect_lr(name, lr)
        expect_not_negative(name, momentum=momentum, weight_decay=weight_decay, eps=eps)
        expect_whole(name, ns_steps=ns_steps)
        expect_numbers(name, **dict(zip("abc", ns_coefficients, strict=False)))
        expected = f"adjust_lr_fn to be None or one of {', '.join(_RATIOS)}"
        expect(name, adjust_lr_fn is None or adjust_lr_fn in _RATIOS, expected, adjust_lr_fn)
        defaults = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, defaults)

    def add_param_group(self, param_group: Group) -> None:
        """Add a group of matrices."""
        super().add_param_group(param_group)
        for param in param_group["params"]:
            shape = tuple(param.shape)
            expect(type(self).__name__, param.ndim == 2, "parameters of two dimensions", shape)

    def _values(self, group: Group) -> tuple[float, ...]:
        return (float(group["lr"]), group["weight_decay"], group["momentum"])

    @no_grad()
    def _update(self, group: Group, hyper: Tensor) -> None:
        for param in group["params"]:
            grad = param.grad
            if grad is not None:
                lr, weight_decay, momentum = hyper.to(param.dtype)
                update = self._averaged(param, grad, momentum, group["nesterov"])
                ratio = _RATIOS[group["adjust_lr_fn"] or "original"](*param.shape)
                param.mul_(1 - lr * weight_decay)
                param.sub_(_orthogonal(update, group) * (lr * ratio))

    def _averaged(self, param: Tensor, grad: Tensor, momentum: Tensor, nesterov: bool) -> Tensor:
        state = self.state[param]
        if "momentum_buffer" not in state:
            with compiling.uncaptured():
                state["momentum_buffer"] = _core.zeros_like(param)
        average: Tensor = state["momentum_buffer"].lerp_(grad, 1 - momentum)
        return grad.lerp(average, momentum) if nesterov else average


def _orthogonal(matrix: Tensor, group: Group) -> Tensor:
    """Bring all singular values near 1: Newton-Schulz steps x = a x + (b s + c s s) x, s = x x'."""
    name, steps, coefficients = "Muon", group["ns_steps"], group["ns_coefficients"]
    expect(name, steps < 100, "ns_steps < 100", steps)
    expect(name, len(coefficients) == 3, "three ns_coefficients", coefficients)
    a, b, c = coefficients
    wide = matrix.shape[0] <= matrix.shape[1]
    x = matrix if wide else matrix.T
    x = x / x.norm().clamp(min=group["eps"])
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return x if wide else x.T
