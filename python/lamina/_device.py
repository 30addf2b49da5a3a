"""The one device there is, and the names of others that programs ask about: nothing runs here."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
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


def module(name: str, **members: Any) -> ModuleType:
    """Make a module that programs may import: `import lamina.backends.cudnn as cudnn`."""
    made = ModuleType(f"lamina.{name}", "What programs ask about a device that is not there.")
    vars(made).update(members)
    sys.modules[made.__name__] = made
    return made


cuda = module(
    "cuda",
    is_available=_no,
    is_initialized=_no,
    is_bf16_supported=_no,
    device_count=_none,
    memory_allocated=_none,
    memory_reserved=_none,
    max_memory_allocated=_none,
    max_memory_reserved=_none,
    manual_seed=_nothing,
    manual_seed_all=_nothing,
    empty_cache=_nothing,
    reset_peak_memory_stats=_nothing,
    synchronize=_nothing,
)
mps = module("mps", is_available=_no, device_count=_none, empty_cache=_nothing)
accelerator = module(
    "accelerator",
    is_available=_no,
    device_count=_none,
    current_accelerator=_nothing,
    synchronize=_nothing,
)
backends = module(
    "backends",
    cuda=module(
        "backends.cuda", is_built=_no, matmul=SimpleNamespace(allow_tf32=False, fp32_precision="")
    ),
    cudnn=module(
        "backends.cudnn",
        allow_tf32=False,
        benchmark=False,
        deterministic=False,
        enabled=False,
        is_available=_no,
        version=_nothing,
    ),
    mkl=module("backends.mkl", is_available=_no),
    mkldnn=module("backends.mkldnn", is_available=_no),
    mps=module("backends.mps", is_available=_no, is_built=_no),
    openmp=module("backends.openmp", is_available=_no),
)
