"""What distributions of yes and no share: their parameter, a probability or its log-odds."""

from __future__ import annotations

from lamina import _core
from lamina._core import Size, Tensor
from lamina.distributions import constraints
from lamina.distributions.distribution import Distribution
from lamina.distributions.parameters import clamp_probs, lazy_property


class Binary(Distribution):
    """Has `probs` and `logits`, of which one is given and the other follows."""

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}

    def _set_parameter(self, given: Tensor, is_logits: bool) -> None:
        if is_logits:
            self.logits = given
        else:
            self.probs = given

    @lazy_property
    def logits(self) -> Tensor:
        inside = clamp_probs(self.probs)
        return inside.log() - _core.log1p(-inside)

    @lazy_property
    def probs(self) -> Tensor:
        return self.logits.sigmoid()

    @property
    def param_shape(self) -> Size:
        """The shape of the parameter."""
        return self._batch_shape
