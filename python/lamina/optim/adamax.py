"""Adamax."""

from __future__ import annotations

from lamina import _core
from lamina._core import Tensor
from lamina.optim._checks import expect_betas, expect_lr, expect_not_negative
from lamina.optim._fused import FusedOptimizer, Keys
from lamina.optim.optimizer import Group, Params

__all__ = ["Adamax"]


class Adamax(FusedOptimizer):
    """p -= lr m / u, with m the corrected average of g and u = max(beta2 u, |g| + eps)."""

    _rule = _core._optim.adamax

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        name = type(self).__name__
        expect_lr(name, lr)
        expect_not_negative(name, eps=eps, weight_decay=weight_decay)
        expect_betas(name, betas)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _keys(self, group: Group) -> Keys:
        return ("exp_avg", "exp_inf", "step")

    def _values(self, group: Group) -> tuple[float, ...]:
        beta1, beta2 = group["betas"]
        return (
            float(group["lr"]),
            beta1,
            beta2,
            group["eps"],
            group["weight_decay"],
            group["maximize"],
        )
