"""Dropout."""

from __future__ import annotations

from lamina._core import Tensor
from lamina.nn import functional as F
from lamina.nn.module import Module

__all__ = [
    "AlphaDropout",
    "Dropout",
    "Dropout1d",
    "Dropout2d",
    "Dropout3d",
    "FeatureAlphaDropout",
]


class _Dropout(Module):
    """What the dropouts share: the probability p."""

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(
                f"[{type(self).__name__}] expected a probability p between 0 and 1; got {p}"
            )
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        """Return the probability."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """In training: zeroes elements with probability p, scales the others by 1 / (1 - p)."""

    def forward(self, input: Tensor) -> Tensor:
        """Drop elements."""
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_Dropout):
    """Dropout of whole channels: (N, C, L) or (C, L)."""

    def forward(self, input: Tensor) -> Tensor:
        """Drop channels."""
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_Dropout):
    """Dropout of whole channels: (N, C, H, W)."""

    def forward(self, input: Tensor) -> Tensor:
        """Drop channels."""
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_Dropout):
    """Dropout of whole channels: (N, C, D, H, W) or (C, D, H, W)."""

    def forward(self, input: Tensor) -> Tensor:
        """Drop channels."""
        return F.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_Dropout):
    """Dropout to SELU's saturation, which keeps mean 0 and variance 1."""

    def forward(self, input: Tensor) -> Tensor:
        """Drop elements."""
        return F.alpha_dropout(input, self.p, self.training, self.inplace)


class FeatureAlphaDropout(_Dropout):
    """AlphaDropout of whole channels: (N, C, ...)."""

    def forward(self, input: Tensor) -> Tensor:
        """Drop channels."""
        return F.feature_alpha_dropout(input, self.p, self.training, self.inplace)
