"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from lamina import _core
from lamina._core import Tensor
from lamina.optim._checks import expect, expect_lr, expect_one_form
from lamina.optim._fused import FusedOptimizer, Keys
from lamina.optim.optimizer import Group, Params

__all__ = ["SGD"]


class SGD(FusedOptimizer):
    """b = momentum b + (1 - dampening) g; p -= lr b, or with `nesterov` lr (g + momentum b)."""

    _rule = _core._optim.sgd

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        name = type(self).__name__
        if isinstance(lr, Tensor):
            expect_lr(name, lr)
        # As in PyTorch, NaN passes here and nowhere else.
        for option, value in {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}.items():
            expect(name, not value < 0, f"{option} >= 0", value)
        expect(
            name,
            not nesterov or (momentum > 0 and dampening == 0),
            "a momentum and no dampening with nesterov",
            f"momentum {momentum}, dampening {dampening}",
        )
        expect_one_form(name, foreach, fused)
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def _keys(self, group: Group) -> Keys:
        return ("momentum_buffer",) if group["momentum"] else (None,)

    def _values(self, group: Group) -> tuple[float, ...]:
        return (
            float(group["lr"]),
            group["momentum"],
            group["dampening"],
            group["weight_decay"],
            group["nesterov"],
            group["maximize"],
        )

    def _initial(self, group: Group, param: Tensor, key: str) -> Tensor:
        """Return what the first step makes the gradient itself, as there is nothing to dampen."""
        if not group["dampening"] or param.grad is None:
            return _core.zeros_like(param)
        grad = param.grad.detach() * (-1 if group["maximize"] else 1)
        first: Tensor = grad + param.detach() * group["weight_decay"]
        first *= group["dampening"] / group["momentum"]
        return first
