"""Rprop: resilient backpropagation."""

from __future__ import annotations

from lamina import _core
from lamina._core import Tensor
from lamina.optim._checks import expect, expect_lr
from lamina.optim._fused import FusedOptimizer, Keys
from lamina.optim.optimizer import Group, Params

__all__ = ["Rprop"]


class Rprop(FusedOptimizer):
    """Steps of a size that grows while the sign of g stays and shrinks when it turns."""

    _rule = _core._optim.rprop

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        name = type(self).__name__
        expect_lr(name, lr)
        expect(name, 0 < etas[0] < 1 < etas[1], "0 < etas[0] < 1 < etas[1]", etas)
        defaults = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _keys(self, group: Group) -> Keys:
        return ("prev", "step_size", "step")

    def _values(self, group: Group) -> tuple[float, ...]:
        return (*group["etas"], *group["step_sizes"], group["maximize"])

    def _initial(self, group: Group, param: Tensor, key: str) -> Tensor:
        if key == "step_size":
            return _core.full_like(param, float(group["lr"]))
        return super()._initial(group, param, key)
