"""The geometric distribution."""

from __future__ import annotations

from collections.abc import Sequence

from lamina import _core
from lamina._core import Tensor
from lamina.distributions import constraints
from lamina.distributions.binary import Binary
from lamina.distributions.distribution import EMPTY
from lamina.distributions.parameters import broadcast_all, one_of, softplus, tiny

__all__ = ["Geometric"]


class Geometric(Binary):
    """The failures before the first success: probability `(1 - probs)^k probs`."""

    support = constraints.nonnegative_integer

    def __init__(
        self,
        probs: Tensor | float | None = None,
        logits: Tensor | float | None = None,
        validate_args: bool | None = None,
    ) -> None:
        (given,) = broadcast_all(one_of("Geometric", probs, logits))
        self._set_parameter(given, logits is not None)
        super().__init__(given.shape, validate_args=validate_args)
        if self._validate_args and logits is None and not (given > 0).all():
            raise ValueError(f"[Geometric] expected probs above zero; got\n{given}")

    @property
    def mean(self) -> Tensor:
        return 1 / self.probs - 1

    @property
    def mode(self) -> Tensor:
        return _core.zeros_like(self.probs)

    @property
    def variance(self) -> Tensor:
        return (1 / self.probs - 1) / self.probs

    def sample(self, sample_shape: Sequence[int] = EMPTY) -> Tensor:
        probs = self.probs.detach()
        drawn = _core.empty(self._extended_shape(sample_shape), dtype=probs.dtype)
        return (drawn.uniform_(tiny(probs.dtype), 1).log() / _core.log1p(-probs)).floor()

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        value, probs = broadcast_all(value, self.probs)
        failing = _core.where((probs == 1) & (value == 0), 0, probs)
        return value * _core.log1p(-failing) + self.probs.log()

    def entropy(self) -> Tensor:
        return softplus(self.logits) / self.probs - self.logits
