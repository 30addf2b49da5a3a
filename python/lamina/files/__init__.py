"""`save` and `load`: tensors and what holds them in safetensors files, never a pickle."""

from __future__ import annotations

import io
import os
from typing import IO, Any

from lamina._device import device
from lamina.files import _atomic, _structure
from lamina.files._reader import read
from lamina.files._writer import write

__all__ = ["load", "save"]

File = str | os.PathLike[str] | IO[bytes]


def save(obj: Any, f: File) -> None:
    """Write tensors, NumPy arrays, plain values and the dicts, lists and tuples that hold them.

    A path's old file is replaced as a whole or stays as it is. Tensors on common memory are
    written once. A dict of tensors becomes a file that every reader of safetensors understands.
    """
    arrays, metadata = _structure.take_apart(obj)
    if isinstance(f, str | os.PathLike):
        _atomic.replace(f, lambda file: write(file, arrays, metadata))
    elif hasattr(f, "write"):
        write(f, arrays, metadata)
    else:
        raise TypeError(f"[save] expected a path or a binary file; got a {type(f).__name__}")


def load(f: File, map_location: Any = None, *, weights_only: bool = True) -> Any:
    """Read what `save` wrote, or a dict of the tensors in another's safetensors file.

    `map_location` may only be the CPU. Nothing but data is ever loaded, so `weights_only=False`
    permits nothing more.
    """
    if map_location is not None:
        device(map_location)
    if isinstance(f, str | os.PathLike):
        with open(f, "rb", buffering=0) as file:
            return _structure.put_together(*read(file, os.fspath(f)))
    if not hasattr(f, "readinto"):
        raise TypeError(f"[load] expected a path or a binary file; got a {type(f).__name__}")
    return _structure.put_together(*read(f if f.seekable() else io.BytesIO(f.read()), "the file"))
