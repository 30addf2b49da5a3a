"""Adafactor, whose second moment of a matrix is kept as one row and one column."""

from __future__ import annotations

from lamina import _core, compiling
from lamina._core import Tensor
from lamina.autograd import no_grad
from lamina.optim._checks import expect, expect_lr, expect_not_negative
from lamina.optim._fused import CapturableOptimizer
from lamina.optim.optimizer import Group, Params

__all__ = ["Adafactor"]

_SMALLEST = {_core.float32: 2.0**-23, _core.float64: 2.0**-52}


class Adafactor(CapturableOptimizer):
    """p -= a u / max(1, rms(u) / d), u = g / sqrt(v), a = max(eps[1], rms(p)) min(lr, t^-0.5)."""

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        name = type(self).__name__
        expect_lr(name, lr)
        expect(name, beta2_decay <= 0, "beta2_decay <= 0", beta2_decay)
        expect(name, eps[0] is None or eps[0] >= 0, "eps[0] >= 0 or None", eps[0])
        expect(name, eps[1] >= 0, "eps[1] >= 0", eps[1])
        expect(name, d >= 1, "d >= 1", d)
        expect_not_negative(name, weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _values(self, group: Group) -> tuple[float, ...]:
        options = (group["beta2_decay"], group["eps"][1], group["d"], group["weight_decay"])
        return (float(group["lr"]), *options)

    @no_grad()
    def _update(self, group: Group, hyper: Tensor) -> None:
        for param in group["params"]:
            grad = param.grad
            if grad is not None:
                self._update_param(group, param, -grad if group["maximize"] else grad, hyper)

    def _state_of(self, param: Tensor) -> dict[str, Tensor]:
        state: dict[str, Tensor] = self.state[param]
        if not state:
            with compiling.uncaptured():
                state["step"] = _core.zeros((), dtype=_core.float32)
                if param.ndim > 1:
                    state["row_var"] = _core.zeros_like(param[..., :1])
                    state["col_var"] = _core.zeros_like(param[..., :1, :])
                else:
                    state["variance"] = _core.zeros_like(param)
        return state

    def _update_param(self, group: Group, param: Tensor, grad: Tensor, hyper: Tensor) -> None:
        lr, beta2_decay, floor, d, weight_decay = hyper
        dtype = param.dtype
        state = self._state_of(param)
        step = state["step"].add_(1).double()
        smallest = _SMALLEST[dtype] if group["eps"][0] is None else group["eps"][0]
        weight = step.pow(beta2_decay).to(dtype)
        rate = step.rsqrt().minimum(lr) * _rms(param).maximum(floor)
        param.mul_((1 - lr * weight_decay).to(dtype))
        if param.ndim > 1:
            row, column = state["row_var"], state["col_var"]
            row.lerp_(grad.square().mean(-1, keepdim=True), weight)
            column.lerp_(grad.square().mean(-2, keepdim=True), weight)
            variance = row @ column / row.mean(-2, keepdim=True).clamp(min=smallest)
        else:
            variance = state["variance"].lerp_(grad.square(), weight)
        update = variance.clamp(min=smallest * smallest).rsqrt() * grad
        rate = rate / (_rms(update) / d).clamp(min=1)
        param.sub_(update * rate.to(dtype))


def _rms(x: Tensor) -> Tensor:
    return x.double().square().mean().sqrt()
