"""How a file is replaced: as a whole and for good, or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from typing import IO


def replace(path: str | os.PathLike[str], write: Callable[[IO[bytes]], None]) -> None:
    """Let `write` fill a new file beside `path`, and put that in its place once it is on disk."""
    target = os.path.realpath(path)  # behind a link stands the file to replace
    mode = os.stat(target).st_mode if os.path.exists(target) else None
    if mode is not None and not stat.S_ISREG(mode):
        raise ValueError(f"[save] expected the path of a file; got {os.fspath(path)!r}")
    folder = os.path.dirname(target)
    temporary = os.path.join(folder, f".{secrets.token_hex(8)}.tmp")
    with open(temporary, "xb", buffering=0) as file:
        try:
            write(file)
            if mode is not None:
                os.fchmod(file.fileno(), stat.S_IMODE(mode))
            settle(file, temporary, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise


def settle(file: IO[bytes], path: str, target: str) -> None:
    """Give a written file, open at `path`, another name in its folder, for good."""
    file.flush()
    os.fsync(file.fileno())
    os.replace(path, target)
    _sync_folder(os.path.dirname(target))


def _sync_folder(folder: str) -> None:
    """See to it that the new name outlasts a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
