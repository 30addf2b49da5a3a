"""The contenders beside lamina and NumPy, imported only if they are installed."""

from __future__ import annotations

import importlib
import os
from types import ModuleType
from typing import Any


def optional(name: str) -> ModuleType | None:
    """The module, or None if it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


torch: Any = optional("torch")


def load_jax() -> Any:
    """Jax takes seconds to import, so only the group that races it asks."""
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    return optional("jax")


def environment(threads: int) -> dict[str, str]:
    """The environment of a run in which everybody has `threads` threads and its best kernels."""
    result = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        result[name] = str(threads)
    return result


def pin(threads: int) -> None:
    """Hold this process, and so every contender in it, to `threads` CPUs."""
    if hasattr(os, "sched_setaffinity"):
        usable = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, usable[:threads])
    if torch is not None:
        torch.set_num_threads(threads)
