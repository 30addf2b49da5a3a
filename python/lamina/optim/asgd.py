"""ASGD: averaged stochastic gradient descent."""

from __future__ import annotations

from lamina import _core
from lamina._core import Tensor
from lamina.optim._checks import expect_lr, expect_not_negative
from lamina.optim._fused import FusedOptimizer, Keys
from lamina.optim.optimizer import Group, Params

__all__ = ["ASGD"]


class ASGD(FusedOptimizer):
    """p = (1 - lambd eta) p - eta g, eta = lr / (1 + lambd lr t)^alpha; ax averages p after t0."""

    _rule = _core._optim.asgd
    _scalar_state = frozenset({"step", "eta", "mu"})

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        name = type(self).__name__
        expect_lr(name, lr)
        expect_not_negative(name, weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _keys(self, group: Group) -> Keys:
        return ("ax", "step", "eta", "mu")

    def _values(self, group: Group) -> tuple[float, ...]:
        return (
            float(group["lr"]),
            group["lambd"],
            group["alpha"],
            group["t0"],
            group["weight_decay"],
            group["maximize"],
        )

    def _initial(self, group: Group, param: Tensor, key: str) -> Tensor:
        if key in {"eta", "mu"}:
            value = float(group["lr"]) if key == "eta" else 1.0
            return _core.full((), value, dtype=_core.float32)
        return super()._initial(group, param, key)
