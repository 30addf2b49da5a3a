"""The limits of dtypes: finfo and iinfo."""

from __future__ import annotations

import numpy as np

from lamina import _core
from lamina._core import dtype

__all__ = ["finfo", "iinfo"]


def _name(type: dtype) -> str:
    return str(type).removeprefix("lamina.")


class finfo:  # noqa: N801, PyTorch's name
    """Limits of a floating dtype, the default one unless it is given."""

    def __init__(self, type: dtype | None = None) -> None:
        kind = _core.get_default_dtype() if type is None else type
        if not isinstance(kind, dtype) or not kind.is_floating_point:
            raise TypeError(f"[finfo] expected a floating dtype; got {kind}")
        limits = np.finfo(_name(kind))
        self.dtype = _name(kind)
        self.bits = limits.bits
        self.eps = float(limits.eps)
        self.max = float(limits.max)
        self.min = float(limits.min)
        self.tiny = self.smallest_normal = float(limits.tiny)
        self.resolution = float(limits.resolution)

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, "
            f"eps={self.eps:g}, smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, "
            f"dtype={self.dtype})"
        )


class iinfo:  # noqa: N801, PyTorch's name
    """Limits of an integer dtype."""

    def __init__(self, type: dtype) -> None:
        if not isinstance(type, dtype) or type.is_floating_point or type is _core.bool:
            raise TypeError(f"[iinfo] expected an integer dtype; got {type}")
        limits = np.iinfo(_name(type))
        self.dtype = _name(type)
        self.bits = limits.bits
        self.max = int(limits.max)
        self.min = int(limits.min)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"
