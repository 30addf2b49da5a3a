"""Writes arrays as a safetensors file, from their own memory; where to is _atomic.py's.

The package's own writer copies everything first, or makes files that only their owner may read.
"""

from __future__ import annotations

import json
from typing import IO, Any

import numpy as np

from lamina.files._reader import ARRAY_TYPES, LENGTH, Array

_CODES = {name: code for code, name in ARRAY_TYPES.items()}


def write(file: IO[bytes], arrays: dict[str, Array], metadata: dict[str, str]) -> None:
    """Write length, header and data; the arrays are contiguous."""
    ordered = sorted(arrays.items(), key=lambda item: -item[1].itemsize)  # so each is aligned
    header: dict[str, Any] = {"__metadata__": metadata}
    place = 0
    for name, array in ordered:
        stop = place + array.nbytes
        header[name] = {
            "dtype": _CODES[array.dtype.name],
            "shape": array.shape,
            "data_offsets": [place, stop],
        }
        place = stop
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % LENGTH)
    _put(file, len(text).to_bytes(LENGTH, "little") + text)
    for _, array in ordered:
        _put(file, array.reshape(-1).view(np.uint8))


def _put(file: IO[bytes], octets: Any) -> None:
    left = memoryview(octets)
    while left.nbytes:
        left = left[file.write(left) :]
