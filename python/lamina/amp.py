"""Mixed precision as programs ask for it; lamina computes in float32 and float64 alone."""

from __future__ import annotations

import functools
import warnings
from contextlib import ContextDecorator
from typing import Any

from lamina import _device

__all__ = ["GradScaler", "autocast"]


def _enabled(what: str, device: Any, enabled: bool) -> bool:
    """Answer as PyTorch does where the device is missing: off, with a warning."""
    if not enabled or str(device) == "cpu":
        return enabled
    warnings.warn(f"[{what}] {device!s} is not available: disabled", UserWarning, stacklevel=3)
    return False


def _refuse(what: str) -> None:
    raise NotImplementedError(
        f"[{what}] lamina has no dtype of 16 bits and computes in float32; pass enabled=False"
    )


class autocast(ContextDecorator):  # noqa: N801, PyTorch's name
    """A block without mixed precision: `enabled=False`, or for a device that is not there."""

    def __init__(
        self,
        device_type: str,
        dtype: Any = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:
        self.device = str(device_type)
        if _enabled("autocast", device_type, enabled):
            _refuse("autocast")

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *exception: object) -> None:
        pass


class GradScaler:
    """Scales nothing: `enabled=False`, or for a device that is not there."""

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        if _enabled("GradScaler", device, enabled):
            _refuse("GradScaler")

    def is_enabled(self) -> bool:
        """Return False."""
        return False

    def get_scale(self) -> float:
        """Return 1."""
        return 1.0

    def scale(self, outputs: Any) -> Any:
        """Return the losses as they are."""
        return outputs

    def unscale_(self, optimizer: Any) -> None:
        """Leave the gradients as they are."""

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """Make a step of the optimizer."""
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        """Keep the scale of 1."""

    def state_dict(self) -> dict[str, Any]:
        """Return an empty state, as PyTorch's disabled scaler does."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the state of a disabled scaler."""


vars(_device.cuda)["amp"] = _device.module(
    "cuda.amp",
    autocast=functools.partial(autocast, "cuda"),
    GradScaler=functools.partial(GradScaler, "cuda"),
)
