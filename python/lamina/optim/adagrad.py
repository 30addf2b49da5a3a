"""Adagrad."""

from __future__ import annotations

from lamina import _core
from lamina._core import Tensor
from lamina.optim._checks import expect_lr, expect_not_negative, expect_one_form
from lamina.optim._fused import FusedOptimizer, Keys
from lamina.optim.optimizer import Group, Params

__all__ = ["Adagrad"]


class Adagrad(FusedOptimizer):
    """s += g^2; p -= lr g / (sqrt(s) + eps), with lr / (1 + (t - 1) lr_decay) for lr."""

    _rule = _core._optim.adagrad

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        name = type(self).__name__
        expect_lr(name, lr)
        expect_not_negative(
            name,
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            eps=eps,
        )
        expect_one_form(name, foreach, fused)
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def _keys(self, group: Group) -> Keys:
        return ("sum", "step")

    def _values(self, group: Group) -> tuple[float, ...]:
        return (
            float(group["lr"]),
            group["lr_decay"],
            group["eps"],
            group["weight_decay"],
            group["maximize"],
        )

    def add_param_group(self, param_group: Group) -> None:
        """Add a group; as in PyTorch, its state is there from the start."""
        super().add_param_group(param_group)
        for param in param_group["params"]:
            self._init_state(param_group, param)

    def _initial(self, group: Group, param: Tensor, key: str) -> Tensor:
        if key == "sum":
            return _core.full_like(param, group["initial_accumulator_value"])
        return super()._initial(group, param, key)
