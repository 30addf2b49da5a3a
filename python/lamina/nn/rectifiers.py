"""Activations made of straight lines."""

from __future__ import annotations

import warnings
from typing import Any

from lamina import _core
from lamina._core import Tensor, dtype
from lamina.nn import functional as F
from lamina.nn import init as initialization
from lamina.nn.module import Module
from lamina.nn.parameter import Parameter

__all__ = [
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "Softshrink",
    "Threshold",
]


def also_inplace(inplace: bool) -> str:
    """Return what stands behind the numbers."""
    return ", inplace=True" if inplace else ""


class Plain(Module):
    """What activations share that may change their input."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        """Return "inplace=True" or nothing."""
        return "inplace=True" if self.inplace else ""


class ReLU(Plain):
    """max(0, x)."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply to each element."""
        return F.relu(input, self.inplace)


class Hardsigmoid(Plain):
    """relu6(x + 3) / 6."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply to each element."""
        return F.hardsigmoid(input, self.inplace)

    def extra_repr(self) -> str:
        """Return nothing, as PyTorch does."""
        return ""


class Hardswish(Plain):
    """x relu6(x + 3) / 6."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply to each element."""
        return F.hardswish(input, self.inplace)

    def extra_repr(self) -> str:
        """Return nothing, as PyTorch does."""
        return ""


class Threshold(Module):
    """x where it is above threshold, else value."""

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Apply to each element."""
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        """Return the numbers."""
        return f"threshold={self.threshold}, value={self.value}{also_inplace(self.inplace)}"


class LeakyReLU(Module):
    """x where it is positive, else negative_slope x."""

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Apply to each element."""
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        """Return the numbers."""
        return f"negative_slope={self.negative_slope}{also_inplace(self.inplace)}"


class Hardshrink(Module):
    """x, with zeros between -lambd and lambd."""

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """Apply to each element."""
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """Return the numbers."""
        return f"{self.lambd}"


class Softshrink(Module):
    """x moved towards zero by lambd, and zeros where it is nearer than that."""

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """Apply to each element."""
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """Return the numbers."""
        return f"{self.lambd}"


class Hardtanh(Module):
    """x limited to [min_val, max_val]."""

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:
        super().__init__()
        if min_value is not None or max_value is not None:
            warnings.warn(
                "[Hardtanh] min_value and max_value are old names of min_val and max_val",
                FutureWarning,
                stacklevel=2,
            )
        self.min_val = min_val if min_value is None else min_value
        self.max_val = max_val if max_value is None else max_value
        self.inplace = inplace
        if self.max_val <= self.min_val:
            raise ValueError(
                f"[Hardtanh] expected min_val < max_val; got {self.min_val} and {self.max_val}"
            )

    def forward(self, input: Tensor) -> Tensor:
        """Apply to each element."""
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        """Return the numbers."""
        numbers = f"min_val={self.min_val}, max_val={self.max_val}"
        return numbers + also_inplace(self.inplace)


class ReLU6(Hardtanh):
    """min(max(0, x), 6)."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        """Return "inplace=True" or nothing."""
        return "inplace=True" if self.inplace else ""


class RReLU(Module):
    """LeakyReLU with slopes drawn between lower and upper in training, else their mean."""

    def __init__(
        self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False
    ) -> None:
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Apply to each element."""
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        """Return the numbers."""
        return f"lower={self.lower}, upper={self.upper}{also_inplace(self.inplace)}"


class PReLU(Module):
    """x where it is positive, else weight x: one weight, or one a channel, learned."""

    weight: Parameter

    def __init__(
        self,
        num_parameters: int = 1,
        init: float = 0.25,
        device: Any = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(_core.empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set all weights to init."""
        initialization.constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        """Apply to each element."""
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """Return the number of weights."""
        return f"num_parameters={self.num_parameters}"
