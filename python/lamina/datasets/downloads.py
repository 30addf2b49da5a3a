"""`download`: a file from the web, whole and checked or not at all; which ones is for homes.py."""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any
from urllib.parse import urlsplit

from lamina.files import _atomic

Path = str | os.PathLike[str]
Progress = Callable[[int, int | None], Any]

_CHUNK = 1 << 18


def download(
    url: str,
    path: Path,
    sha256: str | None = None,
    *,
    progress: Progress | None = None,
    timeout: float = 30.0,
) -> None:
    """Fetch a file over HTTP, unless it is there.

    It grows as `path` + ".part" and takes its name once it is whole, has the checksum and is on
    disk. With a checksum, a later call goes on where one broke off. `progress` is called with the
    bytes so far and those of the whole file, or None where the server does not tell.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(f"[download] expected an address of http or https; got {url!r}")
    if sha256 is not None and not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        raise ValueError(f"[download] expected a sha256 of 64 hexadecimal digits; got {sha256!r}")
    if _is_there(path, sha256):
        return
    target = os.path.realpath(path)
    name = f"{target}.part"
    with _alone(name) as file:
        part = _Part(file)
        try:
            if _is_there(path, sha256):  # somebody else was quicker
                return
            if sha256 is None:
                _fetch(url, part.clear(), progress, timeout)
            else:
                _fetch_checked(url, part, sha256.lower(), progress, timeout)
            _atomic.settle(file, name, target)
        finally:
            if sha256 is None or not part.size:
                with suppress(FileNotFoundError):
                    os.unlink(name)


def _is_there(path: Path, sha256: str | None) -> bool:
    if not os.path.exists(path):
        return False
    if sha256 is not None:
        check(path, sha256)
    return True


def check(path: Path, sha256: str) -> None:
    """Raise an error unless the file has that checksum."""
    with open(path, "rb") as file:
        got = _Part(file).read().sha256
    if got != sha256.lower():
        raise ValueError(
            f"[download] {os.fspath(path)}: expected a file of sha256 {sha256}; got {got}; "
            "remove it to have it fetched"
        )


class _Part:
    """What there is of a file, and the checksum of that."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def read(self) -> _Part:
        self._file.seek(0)
        while data := self._file.read(_CHUNK):
            self._count(data)
        return self

    def append(self, data: bytes) -> None:
        self._file.write(data)
        self._count(data)

    def clear(self) -> _Part:
        self._file.truncate(0)
        self._digest = hashlib.sha256()
        self.size = 0
        return self

    def _count(self, data: bytes) -> None:
        self._digest.update(data)
        self.size += len(data)


@contextmanager
def _alone(path: str) -> Iterator[IO[bytes]]:
    """Open a file, the old one if there is one, which no other process has open in this way."""
    while True:
        with open(path, "a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is_at(file, path):  # whoever held it until now may have renamed or removed it
                yield file
                return


def _is_at(file: IO[bytes], path: str) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _fetch_checked(
    url: str, part: _Part, sha256: str, progress: Progress | None, timeout: float
) -> None:
    part.read()
    while part.sha256 != sha256:
        went_on = part.size > 0
        _fetch(url, part, progress, timeout)
        if part.sha256 != sha256:
            got = part.sha256
            part.clear()
            if not went_on:  # else the beginning may have been another file's: once more, from it
                raise ValueError(f"[download] {url}: expected a file of sha256 {sha256}; got {got}")


def _fetch(url: str, part: _Part, progress: Progress | None, timeout: float) -> None:
    """Append what is missing."""
    with _network(url):
        answer = _open(url, part, timeout)
    with answer:
        total = _start(url, part, answer)
        while data := _read(url, answer):
            part.append(data)
            if progress is not None:
                progress(part.size, total)
    if total is not None and part.size != total:
        raise ConnectionError(f"[download] {url}: broke off after {part.size} of {total} bytes")


def _open(url: str, part: _Part, timeout: float) -> http.client.HTTPResponse:
    while True:
        headers = {"Range": f"bytes={part.size}-"} if part.size else {}
        request = urllib.request.Request(url, headers={"User-Agent": "lamina", **headers})
        # An opener of its own reads the proxies of today, where `urlopen` remembers its first ones.
        opener = urllib.request.build_opener()
        try:
            answer: http.client.HTTPResponse = opener.open(request, timeout=timeout)
            return answer
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 416 or not part.size:
                raise
            part.clear()  # the file has fewer bytes than that: it is another one


def _start(url: str, part: _Part, answer: http.client.HTTPResponse) -> int | None:
    """Make the part end where the answer begins; return how long the whole file is."""
    if answer.status == 206:
        place = answer.headers.get("Content-Range", "")
        match = re.fullmatch(rf"bytes {part.size}-\d+/(\d+|\*)", place)
        if not match:
            raise ConnectionError(
                f"[download] {url}: expected the bytes from {part.size} on; got {place!r}"
            )
        return None if match[1] == "*" else int(match[1])
    part.clear()
    length = answer.headers.get("Content-Length")
    return None if length is None else int(length)


def _read(url: str, answer: http.client.HTTPResponse) -> bytes:
    with _network(url):
        return answer.read(_CHUNK)


@contextmanager
def _network(url: str) -> Iterator[None]:
    """Say of an error of the network what was fetched, and by which way."""
    try:
        yield
    except urllib.error.HTTPError as error:
        raise ConnectionError(
            f"[download] {url}: the server answered {error.code} {error.reason}"
        ) from None
    except (OSError, http.client.HTTPException) as error:
        parts = urlsplit(url)
        proxies = urllib.request.getproxies()
        direct = parts.scheme not in proxies or urllib.request.proxy_bypass(parts.hostname or "")
        way = "" if direct else f", by the proxy in {parts.scheme}_proxy"
        raise ConnectionError(
            f"[download] {url}{way}: {getattr(error, 'reason', error)}"
        ) from error
