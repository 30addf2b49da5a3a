"""Adam and AdamW."""

from __future__ import annotations

from lamina import _core
from lamina._core import Tensor
from lamina.optim._checks import (
    expect,
    expect_betas,
    expect_lr,
    expect_not_negative,
    expect_one_form,
)
from lamina.optim._fused import FusedOptimizer, Keys
from lamina.optim.optimizer import Group, Params

__all__ = ["Adam", "AdamW"]

_KEYS: Keys = ("exp_avg", "exp_avg_sq", None, "step")
_KEYS_AMSGRAD: Keys = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq", "step")


class Adam(FusedOptimizer):
    """p -= lr m / (sqrt(v) + eps), with m and v the corrected averages of g and g squared."""

    _rule = _core._optim.adam

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        name = type(self).__name__
        expect_lr(name, lr)
        expect_not_negative(name, eps=eps, weight_decay=weight_decay)
        expect_betas(name, betas)
        for kind in (float, Tensor):
            if isinstance(betas[0], kind) != isinstance(betas[1], kind):
                expect(name, False, "betas of one kind, floats or tensors", betas)
        tensors = [value for value in (lr, *betas) if isinstance(value, Tensor)]
        expect(name, all(t.numel() == 1 for t in tensors), "tensors of one element", tensors)
        if tensors and foreach and not capturable:
            raise ValueError(
                f"[{name}] expected lr and betas as numbers with foreach; got {tensors}"
            )
        expect_one_form(name, foreach, fused)
        defaults = {
            "lr": lr,
            "betas": tuple(b.item() if isinstance(b, Tensor) else b for b in betas),
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def _keys(self, group: Group) -> Keys:
        return _KEYS_AMSGRAD if group["amsgrad"] else _KEYS

    def _values(self, group: Group) -> tuple[float, ...]:
        beta1, beta2 = group["betas"]
        return (
            float(group["lr"]),
            beta1,
            beta2,
            group["eps"],
            group["weight_decay"],
            group["decoupled_weight_decay"],
            group["maximize"],
        )


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameters themselves."""

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )

    def __setstate__(self, state: dict[str, object]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:  # saved by a version of PyTorch without the option
            group["decoupled_weight_decay"] = True
