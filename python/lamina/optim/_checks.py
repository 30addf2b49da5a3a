"""What optimizers ask of their options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lamina._core import Tensor


def expect(name: str, condition: bool, expected: str, got: object) -> None:
    """Raise ValueError in the common form unless `condition` holds."""
    if not condition:
        raise ValueError(f"[{name}] expected {expected}; got {got}")


def expect_lr(name: str, lr: float | Tensor) -> None:
    """Ask for a rate that is not negative: a number or a tensor of one."""
    if isinstance(lr, Tensor):
        expect(name, lr.numel() == 1, "Tensor lr of one element", tuple(lr.shape))
    expect(name, bool(lr >= 0), "lr >= 0", lr)


def expect_not_negative(name: str, **options: float) -> None:
    """Ask for options >= 0; NaN is not."""
    for option, value in options.items():
        expect(name, value >= 0, f"{option} >= 0", value)


def expect_whole(name: str, **options: int) -> None:
    """Ask for integers."""
    for option, value in options.items():
        if not isinstance(value, int):
            raise TypeError(f"[{name}] expected {option} as an integer; got {value!r}")


def expect_numbers(name: str, **options: float) -> None:
    """Ask for numbers, NaN and infinities included."""
    for option, value in options.items():
        if not isinstance(value, int | float):
            raise TypeError(f"[{name}] expected {option} as a number; got {value!r}")


def expect_betas(name: str, betas: Sequence[Any]) -> None:
    """Ask for decay rates in [0, 1)."""
    expect(name, len(betas) >= 2, "two betas", betas)
    for index, beta in enumerate(betas[:2]):
        expect(name, bool(0 <= beta < 1), f"0 <= betas[{index}] < 1", beta)


def expect_one_form(name: str, foreach: bool | None, fused: bool | None) -> None:
    """Refuse two forms of a step at once; here they are the same."""
    if foreach and fused:
        raise RuntimeError(f"[{name}] expected only one of foreach and fused; got both")
