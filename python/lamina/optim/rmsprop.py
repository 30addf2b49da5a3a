"""RMSprop."""

from __future__ import annotations

from lamina import _core
from lamina._core import Tensor
from lamina.optim._checks import expect, expect_lr, expect_not_negative
from lamina.optim._fused import FusedOptimizer, Keys
from lamina.optim.optimizer import Group, Params

__all__ = ["RMSprop"]


class RMSprop(FusedOptimizer):
    """u = g / (sqrt(v) + eps), with v an average of g^2; p -= lr u, or what momentum makes of u."""

    _rule = _core._optim.rmsprop

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        *,
        nesterov: bool = False,
    ) -> None:
        name = type(self).__name__
        expect_lr(name, lr)
        expect_not_negative(
            name, eps=eps, momentum=momentum, weight_decay=weight_decay, alpha=alpha
        )
        expect(name, not nesterov or momentum > 0, "a momentum with nesterov", momentum)
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "nesterov": nesterov,
        }
        super().__init__(params, defaults)

    def _keys(self, group: Group) -> Keys:
        return (
            "square_avg",
            "grad_avg" if group["centered"] else None,
            "momentum_buffer" if group["momentum"] > 0 else None,
            "step",
        )

    def _values(self, group: Group) -> tuple[float, ...]:
        return (
            float(group["lr"]),
            group["alpha"],
            group["eps"],
            group["weight_decay"],
            group["momentum"],
            group["nesterov"],
            group["maximize"],
        )
