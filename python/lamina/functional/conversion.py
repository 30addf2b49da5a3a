"""`to`, devices, shapes of other tensors, questions; conversions to one type are in types.py."""

from __future__ import annotations

from typing import Any

from lamina import _core
from lamina._core import Tensor, dtype
from lamina._device import device as Device
from lamina._memory_format import memory_format

__all__ = [
    "can_cast",
    "is_complex",
    "is_floating_point",
    "is_nonzero",
    "is_tensor",
    "numel",
]
__methods__ = ["cpu", "cuda", "device", "expand_as", "get_device", "is_complex", "is_cuda"]
__methods__ += ["is_meta", "is_mps", "is_nonzero", "is_pinned", "is_same_size", "is_signed"]
__methods__ += ["is_sparse", "ndimension", "pin_memory", "reshape_as", "to", "view_as"]


# ---- conversions ----


def to(
    input: Tensor,
    *args: Any,
    dtype: dtype | None = None,
    device: Any = None,
    other: Tensor | None = None,
    non_blocking: bool = False,
    copy: bool = False,
    memory_format: memory_format | None = None,
) -> Tensor:
    """Return the tensor as another type: `to(dtype)`, `to(device, dtype)` or `to(other)`.

    It is the tensor itself if nothing changes, unless `copy` is true.
    """
    given = list(args)
    if given and isinstance(given[0], Tensor):
        other = given.pop(0)
    if given and _names_device(given[0]):
        device = given.pop(0)
    if given and not isinstance(given[0], bool):
        dtype = given.pop(0)
    if len(given) > 1:  # non_blocking and copy, by position
        copy = given[1]
    if device is not None:
        Device(device)
    if other is not None:
        dtype = other.dtype
    return input._cast(input.dtype if dtype is None else dtype, copy, memory_format)


def _names_device(value: Any) -> bool:
    is_index = isinstance(value, int) and not isinstance(value, bool)
    return value is None or is_index or isinstance(value, (str, Device))


# ---- devices ----


def cpu(input: Tensor, memory_format: memory_format | None = None) -> Tensor:
    """Return the tensor itself."""
    return input


def cuda(input: Tensor, device: Any = "cuda", non_blocking: bool = False) -> Tensor:
    """Raise: the CPU is the one device."""
    return input.to(Device("cuda" if device is None else device))


def pin_memory(input: Tensor, device: Any = None) -> Tensor:
    """Return the tensor itself: there is no device to copy to."""
    return input


def get_device(input: Tensor) -> int:
    """Return -1, as for every tensor on the CPU."""
    return -1


def _where(input: Tensor) -> Device:
    return Device("cpu")


def _nowhere_else(input: Tensor) -> bool:
    return False


device = property(_where, doc="Where the tensor lives: the CPU.")
is_cuda = property(_nowhere_else, doc="False: no tensor is elsewhere, or of another layout.")
is_mps = is_meta = is_sparse = is_cuda


def is_pinned(input: Tensor) -> bool:
    """Return False: see `pin_memory`."""
    return False


# ---- shapes of others ----


def view_as(input: Tensor, other: Tensor) -> Tensor:
    """View with the shape of `other`."""
    return input.view(other.shape)


def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """Reshape to the shape of `other`."""
    return input.reshape(other.shape)


def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """Broadcast to the shape of `other`."""
    return input.expand(other.shape)


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Tell whether the shapes are the same."""
    return input.shape == other.shape


# ---- questions ----


def is_tensor(obj: object) -> bool:
    """Tell whether an object is a tensor."""
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> bool:
    """Tell whether the elements are floating-point numbers."""
    return input.is_floating_point()


def is_complex(input: Tensor) -> bool:
    """Return False: there are no complex tensors."""
    return input.dtype.is_complex


def is_signed(input: Tensor) -> bool:
    """Tell whether the elements can be negative."""
    return input.dtype.is_signed


def is_nonzero(input: Tensor) -> bool:
    """Tell whether the one element is not zero."""
    return input.__bool__()


def numel(input: Tensor) -> int:
    """Return the number of elements."""
    return input.numel()


def ndimension(input: Tensor) -> int:
    """Return the number of dimensions."""
    return input.ndim


def can_cast(from_: dtype, to: dtype) -> bool:
    """Tell whether promotion could make `to` of `from_`: bool, integer, floating, in this order."""
    ranks = [2 * kind.is_floating_point + (kind is not _core.bool) for kind in (from_, to)]
    return ranks[0] <= ranks[1]
