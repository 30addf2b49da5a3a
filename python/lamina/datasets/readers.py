"""Readers of data sets on disk: IDX (MNIST), CIFAR's binary files, CSV."""

from __future__ import annotations

import gzip
import math
import os
import warnings
import zlib
from typing import IO, Any

import numpy as np

from lamina import _core
from lamina._core import Tensor

Path = str | os.PathLike[str]

# What an IDX file says its numbers are, and what holds them in a tensor.
_IDX_TYPES = {
    0x08: (">u1", "uint8"),
    0x09: (">i1", "int32"),
    0x0B: (">i2", "int32"),
    0x0C: (">i4", "int32"),
    0x0D: (">f4", "float32"),
    0x0E: (">f8", "float64"),
}
_PIXELS = 3 * 32 * 32


def idx(path: Path) -> Tensor:
    """Read an IDX file, as MNIST's are, gzipped or not; int8 and int16 become int32."""
    try:
        with open(path, "rb") as raw:
            zipped = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if not zipped:
                return _idx(raw, path, os.fstat(raw.fileno()).st_size)
            with gzip.open(raw) as file:  # deflate packs a byte into a thousandth of one at best
                return _idx(file, path, 1100 * os.fstat(raw.fileno()).st_size)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise _damaged("idx", path, f"a whole gzip file: {error}") from error


def _idx(file: Any, path: Path, limit: int) -> Tensor:
    start = file.read(4)
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in _IDX_TYPES:
        raise _damaged("idx", path, "an IDX file", f"one that begins with {start!r}")
    kind, held = _IDX_TYPES[start[2]]
    sizes = np.frombuffer(_exactly(file, path, 4 * start[3]), ">u4").tolist()
    size = math.prod(sizes) * np.dtype(kind).itemsize
    if size > limit:
        raise _damaged("idx", path, f"{size} bytes for shape {tuple(sizes)}", "a shorter file")
    data = np.frombuffer(_exactly(file, path, size), kind)
    if file.read(1):
        raise _damaged("idx", path, f"{size} bytes for shape {tuple(sizes)}", "a longer file")
    try:
        return _core.from_numpy(data.astype(held).reshape(sizes))
    except ValueError as error:
        raise _damaged("idx", path, f"dimensions that a tensor can have: {error}") from error


def _exactly(file: IO[bytes], path: Path, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise _damaged("idx", path, f"{size} bytes more", f"{len(data)}")
    return data


def cifar(*paths: Path, classes: int = 10) -> tuple[Tensor, Tensor]:
    """Read CIFAR-10's binary files, or CIFAR-100's with `classes=100`, as one.

    Returns images, uint8 (samples, 3, 32, 32), and labels, int64; of CIFAR-100 the fine ones.
    """
    if classes not in (10, 100):
        raise ValueError(f"[cifar] expected 10 or 100 classes; got {classes}")
    if not paths:
        raise ValueError("[cifar] expected at least one path; got none")
    return records({os.fspath(path): np.fromfile(path, np.uint8) for path in paths}, classes)


def records(files: dict[str, Any], classes: int) -> tuple[Tensor, Tensor]:
    """Join what stands in CIFAR's files, which are given by name."""
    heads = 1 if classes == 10 else 2
    tables = []
    for path, data in files.items():
        if not data.size or data.size % (heads + _PIXELS):
            expected = f"records of {heads + _PIXELS} bytes"
            raise _damaged("cifar", path, expected, f"{data.size} bytes")
        table = data.reshape(-1, heads + _PIXELS)
        largest = table[:, heads - 1].max()
        if largest >= classes:
            raise _damaged("cifar", path, f"labels below {classes}", f"{largest}")
        tables.append(table)
    whole = np.concatenate(tables)
    images = np.ascontiguousarray(whole[:, heads:]).reshape(-1, 3, 32, 32)
    return _core.from_numpy(images), _core.from_numpy(whole[:, heads - 1].astype(np.int64))


def csv(path: Path, *, delimiter: str = ",", header: bool = True) -> tuple[Tensor, list[str]]:
    """Read a table of numbers: float32 (rows, columns), and the columns' names from the header.

    Without a header the names are "0", "1" and so on.
    """
    names: list[str] = []
    try:
        with open(path, encoding="utf-8-sig") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of no rows, which is an error below
            if header:
                names = [name.strip().strip('"') for name in file.readline().split(delimiter)]
            table = np.loadtxt(
                file, np.float32, comments=None, delimiter=delimiter, ndmin=2, quotechar='"'
            )
    except ValueError as error:
        raise _damaged("csv", path, f"a table of numbers: {error}") from error
    if not table.size:
        raise _damaged("csv", path, "rows of numbers", "none")
    names = names or [str(number) for number in range(table.shape[1])]
    if len(names) != table.shape[1]:
        expected = f"{len(names)} columns, as the header has"
        raise _damaged("csv", path, expected, f"{table.shape[1]}")
    return _core.from_numpy(table), names


def _damaged(reader: str, path: Path, expected: str, got: str = "") -> ValueError:
    end = f"; got {got}" if got else ""
    return ValueError(f"[{reader}] {os.fspath(path)}: expected {expected}{end}")
