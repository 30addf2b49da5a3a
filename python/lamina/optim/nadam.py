"""NAdam: Adam with Nesterov momentum."""

from __future__ import annotations

from lamina import _core
from lamina._core import Tensor
from lamina.optim._checks import expect_betas, expect_lr, expect_not_negative
from lamina.optim._fused import FusedOptimizer, Keys
from lamina.optim.optimizer import Group, Params

__all__ = ["NAdam"]


class NAdam(FusedOptimizer):
    """Adam that looks one step ahead, with a momentum that grows from step to step."""

    _rule = _core._optim.nadam
    _scalar_state = frozenset({"step", "mu_product"})

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        name = type(self).__name__
        expect_lr(name, lr)
        expect_not_negative(name, eps=eps, weight_decay=weight_decay, momentum_decay=momentum_decay)
        expect_betas(name, betas)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _keys(self, group: Group) -> Keys:
        return ("exp_avg", "exp_avg_sq", "step", "mu_product")

    def _values(self, group: Group) -> tuple[float, ...]:
        beta1, beta2 = group["betas"]
        return (
            float(group["lr"]),
            beta1,
            beta2,
            group["eps"],
            group["weight_decay"],
            group["momentum_decay"],
            group["decoupled_weight_decay"],
            group["maximize"],
        )

    def _initial(self, group: Group, param: Tensor, key: str) -> Tensor:
        if key == "mu_product":
            return _core.ones((), dtype=_core.float32)
        return super()._initial(group, param, key)
