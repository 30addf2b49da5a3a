"""The libraries that compete, each in a process of its own, and what such a process may use."""

from __future__ import annotations

import importlib
import importlib.util
import os
from typing import Any

LIBRARIES = ("lamina", "numpy", "torch", "jax", "keras")
# Set for a process of one library: the others' threads would stand in its way, so it has none.
OWN = "LAMINA_BENCHMARKS_OF"


def installed() -> list[str]:
    """Those of the libraries that are there."""
    return [name for name in LIBRARIES if importlib.util.find_spec(name)]


def optional(name: str) -> Any:
    """The module, or None where it is not installed or belongs to another process."""
    if not owns(name):
        return None
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def owns(library: str) -> bool:
    """Is this process that library's, or everybody's?"""
    return os.environ.get(OWN, library) == library


torch: Any = optional("torch")


def torch_compile(model: Any) -> Any:
    """Compiled without regard to what was compiled before, of which PyTorch bears but eight."""
    torch._dynamo.reset()
    return torch.compile(model)


def load_jax() -> Any:
    """Jax takes seconds to import, so only the group that races it asks."""
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    return optional("jax")


def peer(library: str, needs: str) -> Any:
    """The module of `benchmarks.peers` for a library, or None where that is not to be had."""
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    if optional(library) is None or importlib.util.find_spec(needs) is None:
        return None
    return importlib.import_module(f"benchmarks.peers.{needs}_nn")


def environment(library: str, threads: int) -> dict[str, str]:
    """The environment of a process in which a library has its threads and its best kernels."""
    result = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        result[name] = str(threads)
    result["TORCHINDUCTOR_COMPILE_THREADS"] = "1"  # these processes may have no children
    return result | {OWN: library}


def pin(threads: int) -> None:
    """Hold this process to `threads` CPUs, and its library to as many threads."""
    import lamina as lm

    if hasattr(os, "sched_setaffinity"):
        usable = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, usable[:threads])
    lm.set_num_threads(threads)
    if torch is not None:
        torch.set_num_threads(threads)
    if keras := peer("keras", "keras"):
        keras.use_threads(threads)
