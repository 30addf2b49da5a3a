"""Settings that PyTorch has and that change nothing here; each says what always holds."""

from __future__ import annotations

__all__ = [
    "are_deterministic_algorithms_enabled",
    "get_float32_matmul_precision",
    "get_num_interop_threads",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_num_interop_threads",
    "use_deterministic_algorithms",
]

_precision = "highest"


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Allow what always holds: the same bits in every run, on any number of threads."""


def are_deterministic_algorithms_enabled() -> bool:
    """Return True."""
    return True


def set_float32_matmul_precision(precision: str) -> None:
    """Allow less precise products; lamina's have the precision of float32 whatever is allowed."""
    global _precision
    if precision not in ("highest", "high", "medium"):
        raise ValueError(
            "[set_float32_matmul_precision] expected 'highest', 'high' or 'medium'; "
            f"got {precision!r}"
        )
    _precision = precision


def get_float32_matmul_precision() -> str:
    """Return what was allowed last, 'highest' at first."""
    return _precision


def set_flush_denormal(mode: bool) -> bool:
    """Return whether that can be had: denormals are always flushed inside lamina's threads."""
    return mode


def set_num_interop_threads(threads: int) -> None:
    """Limit the ops that run beside each other, of which there is one in each caller's thread."""
    if threads < 1:
        raise ValueError(f"[set_num_interop_threads] expected at least 1 thread; got {threads}")


def get_num_interop_threads() -> int:
    """Return 1: ops run in the thread that calls them."""
    return 1
