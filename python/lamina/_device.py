"""The one device there is, and the names of others that programs ask about: nothing runs here."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

__all__ = [
    "accelerator",
    "backends",
    "cuda",
    "device",
    "get_default_device",
    "mps",
    "set_default_device",
]


class device:  # noqa: N801, PyTorch's name
    """Where tensors live: `device("cpu")`; any other is an error."""

    __slots__ = ("index", "type")

    def __init__(self, type: str | int | device = "cpu", index: int | None = None) -> None:
        kind, _, number = str(type).partition(":")
        if kind != "cpu" or number not in ("", "0") or index not in (None, 0):
            raise RuntimeError(f"[device] lamina computes on the CPU; got {str(type)!r}")
        self.type = kind
        self.index = 0 if number else index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and self.index == other.index

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type={self.type!r}{index})"

    def __enter__(self) -> device:
        return self

    def __exit__(self, *exception: object) -> None:
        pass


def set_default_device(device: Any) -> None:
    """Check that tensors may be made there: on the CPU, or nowhere else."""
    _checked(device)


def get_default_device() -> device:
    """Return the CPU."""
    return device("cpu")


def _checked(place: Any) -> device:
    return device("cpu") if place is None else device(place)


def _no(*_: Any, **__: Any) -> bool:
    return False


def _none(*_: Any) -> int:
    return 0


def _nothing(*_: Any) -> None:
    """Do what a device that is not there would do."""


cuda = SimpleNamespace(
    is_available=_no,
    is_initialized=_no,
    is_bf16_supported=_no,
    device_count=_none,
    manual_seed=_nothing,
    manual_seed_all=_nothing,
    empty_cache=_nothing,
    synchronize=_nothing,
)
mps = SimpleNamespace(is_available=_no, device_count=_none, empty_cache=_nothing)
accelerator = SimpleNamespace(
    is_available=_no, device_count=_none, current_accelerator=_nothing, synchronize=_nothing
)
backends = SimpleNamespace(
    cuda=SimpleNamespace(is_built=_no, matmul=SimpleNamespace(allow_tf32=False)),
    cudnn=SimpleNamespace(
        allow_tf32=False,
        benchmark=False,
        deterministic=False,
        enabled=False,
        is_available=_no,
        version=_nothing,
    ),
    mkl=SimpleNamespace(is_available=_no),
    mkldnn=SimpleNamespace(is_available=_no),
    mps=SimpleNamespace(is_available=_no, is_built=_no),
    openmp=SimpleNamespace(is_available=_no),
)
