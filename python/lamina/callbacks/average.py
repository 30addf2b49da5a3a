"""A moving average of the weights."""

from __future__ import annotations

from typing import Any

from lamina import compiling
from lamina._core import Tensor
from lamina.autograd import no_grad
from lamina.callbacks.base import Callback
from lamina.optim.swa_utils import get_ema_multi_avg_fn


class EMA(Callback):
    """Keeps the exponential moving average of the weights, with which the model ends.

    Each step moves it by 1 - decay towards the weights, from those after the first step on.
    Validation is with the averages. Another `fit` with this callback goes on from the weights that
    were averaged.
    """

    def __init__(self, decay: float = 0.999) -> None:
        self.decay = decay
        self._move = get_ema_multi_avg_fn(decay)
        self.averages: list[Tensor] = []
        self.swapped = False  # the model has the averages, and these are its weights
        self._update = compiling.compile(self._take)

    def _weights(self) -> list[Tensor]:
        return [p.detach() for p in self.trainer.model.parameters() if p.is_floating_point()]

    def _take(self) -> None:
        self._move(self.averages, self._weights(), None)

    @no_grad()
    def _swap(self) -> None:
        for weight, average in zip(self._weights(), self.averages, strict=True):
            before = weight.clone()
            weight.copy_(average)
            average.copy_(before)
        self.swapped = not self.swapped

    def on_train_begin(self) -> None:
        """Go on, if the model has the averages of a training before."""
        if self.swapped:
            self._swap()

    def on_batch_end(self, batch: int, loss: Tensor) -> None:
        """Move the averages."""
        if self.averages:
            self._update()
        else:
            self.averages = [weight.clone() for weight in self._weights()]

    def on_validation_begin(self) -> None:
        """Validate with the averages."""
        self._swap()

    def on_validation_end(self, logs: Any) -> None:
        """Train on."""
        self._swap()

    def on_train_end(self) -> None:
        """Leave the averages in the model."""
        if self.averages and not self.swapped:
            self._swap()

    def state_dict(self) -> dict[str, Any]:
        """Return the averages, and whether the model has them."""
        return {"averages": self.averages, "swapped": self.swapped}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what state_dict() returned, for a model whose state was loaded."""
        self.averages = [average.clone() for average in state_dict["averages"]]
        self.swapped = state_dict["swapped"]
        if self.swapped:
            self._swap()
