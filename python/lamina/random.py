"""The state of the generator that draws unless another is given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lamina._core import get_rng_state, initial_seed, manual_seed, seed, set_rng_state

__all__ = ["fork_rng", "get_rng_state", "initial_seed", "manual_seed", "seed", "set_rng_state"]


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True) -> Iterator[None]:
    """Draw within it as if from another generator: its state is set back at the end."""
    if devices:
        raise RuntimeError(f"[fork_rng] lamina computes on the CPU; got devices={devices!r}")
    state = get_rng_state()
    try:
        yield
    finally:
        if enabled:
            set_rng_state(state)
