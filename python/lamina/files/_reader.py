"""Reads safetensors files, whatever their bytes; what the tensors mean is _structure.py's.

The package's own reader makes every array twice, and shows no metadata of what has no path.
"""

from __future__ import annotations

import json
import math
import os
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lamina import _core
from lamina._core import Tensor

Array = npt.NDArray[Any]

TENSOR_TYPES = {
    "F64": _core.float64,
    "F32": _core.float32,
    "I64": _core.int64,
    "I32": _core.int32,
    "U8": _core.uint8,
    "BOOL": _core.bool,
}
ARRAY_TYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "C64": "complex64",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U64": "uint64",
    "U32": "uint32",
    "U16": "uint16",
    "U8": "uint8",
    "BOOL": "bool",
}
LENGTH = 8  # bytes before the header that say how long it is
_MAX_HEADER = 100_000_000  # the format's own limit
_MAX_DIMS = 64


class Entry(NamedTuple):
    """Where an array stands in the data, and what it is."""

    name: str
    type: str
    shape: tuple[int, ...]
    start: int
    stop: int


class DamagedError(ValueError):
    """What is wrong with a file, without its name."""


def read(file: IO[bytes], name: str) -> tuple[dict[str, Tensor | Array], dict[str, Any], str]:
    """Return a file's arrays, its metadata and its name."""
    try:
        entries, metadata = _header(file)
        return {entry.name: _array(file, entry) for entry in entries}, metadata, name
    except DamagedError as error:
        raise ValueError(f"[load] {name}: {error}") from error.__cause__


def _header(file: IO[bytes]) -> tuple[list[Entry], dict[str, Any]]:
    here = file.tell()
    left = file.seek(0, os.SEEK_END) - here
    file.seek(here)
    start = file.read(LENGTH)
    size = int.from_bytes(start, "little")
    if left < LENGTH or size > min(left - LENGTH, _MAX_HEADER):
        known = start.startswith((b"PK\3\4", b"\x80\2"))
        got = (
            "a pickle, such as torch.save writes"
            if known
            else f"{left} bytes, cut or of another kind"
        )
        raise DamagedError(f"expected a safetensors file; got {got}")
    try:
        header = json.loads(file.read(size))
    except (ValueError, RecursionError) as error:
        raise DamagedError("expected a header in JSON") from error
    if not isinstance(header, dict):
        raise DamagedError("expected a header that is a JSON object")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict):
        raise DamagedError("expected metadata that are a JSON object")
    entries = sorted((_entry(*item) for item in header.items()), key=lambda e: (e.start, e.stop))
    _check_layout(entries, left - LENGTH - size)
    return entries, metadata


def _entry(name: str, fields: Any) -> Entry:
    try:
        kind, shape, (start, stop) = fields["dtype"], fields["shape"], fields["data_offsets"]
        numbers = [*shape, start, stop]
        known = kind in ARRAY_TYPES
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedError(f"expected dtype, shape and data_offsets of {name!r}") from error
    if not known:
        raise DamagedError(f"{name!r} is of dtype {kind!r}, which lamina lacks; convert it to F32")
    if len(shape) > _MAX_DIMS or not all(type(n) is int and n >= 0 for n in numbers):
        raise DamagedError(f"expected a shape and offsets of whole numbers; {name!r} has others")
    if math.prod(shape) * np.dtype(ARRAY_TYPES[kind]).itemsize != stop - start:
        raise DamagedError(f"expected as many bytes as its shape needs; {name!r} has others")
    return Entry(name, kind, tuple(shape), start, stop)


def _check_layout(entries: list[Entry], size: int) -> None:
    """Check that the entries fill the data without gap or overlap, so none exceeds the file."""
    place = 0
    for entry in entries:
        if entry.start != place:
            raise DamagedError(
                f"expected {entry.name!r} to start at byte {place}, not {entry.start}"
            )
        place = entry.stop
    if place != size:
        raise DamagedError(f"expected {place} bytes of data; got {size}")


def _array(file: IO[bytes], entry: Entry) -> Tensor | Array:
    """Read an entry straight into the memory of a tensor, or of an array of another type."""
    values: Tensor | Array
    try:
        if entry.type in TENSOR_TYPES:
            values = _core.empty(entry.shape, dtype=TENSOR_TYPES[entry.type])
        else:
            values = np.empty(entry.shape, ARRAY_TYPES[entry.type])
    except ValueError as error:
        raise DamagedError(f"{entry.name!r} has an impossible shape") from error
    array = values.numpy() if isinstance(values, Tensor) else values
    octets: Array = array.reshape(-1).view(np.uint8)
    filled = 0
    while filled < octets.size:
        count = file.readinto(octets[filled:])  # type: ignore[attr-defined]
        if not count:
            raise DamagedError(f"it ended within {entry.name!r}")
        filled += count
    if entry.type == "BOOL" and octets.size and octets.max() > 1:
        raise DamagedError(f"expected 0 or 1 in {entry.name!r}, of dtype BOOL")
    return values
