"""Adadelta."""

from __future__ import annotations

from lamina import _core
from lamina._core import Tensor
from lamina.optim._checks import expect, expect_lr, expect_not_negative
from lamina.optim._fused import FusedOptimizer, Keys
from lamina.optim.optimizer import Group, Params

__all__ = ["Adadelta"]


class Adadelta(FusedOptimizer):
    """d = sqrt(u + eps) / sqrt(v + eps) g; p -= lr d, with v and u averages of g^2 and d^2."""

    _rule = _core._optim.adadelta

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        name = type(self).__name__
        expect_lr(name, lr)
        expect(name, 0 <= rho <= 1, "0 <= rho <= 1", rho)
        expect_not_negative(name, eps=eps, weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _keys(self, group: Group) -> Keys:
        return ("square_avg", "acc_delta", "step")

    def _values(self, group: Group) -> tuple[float, ...]:
        return (
            float(group["lr"]),
            group["rho"],
            group["eps"],
            group["weight_decay"],
            group["maximize"],
        )
