"""Downloads from a server on this machine: whole, broken off, changed, wrong and refused."""

import fcntl
import gzip
import hashlib
import io
import os
import socket
import tarfile
import threading
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from test_datasets import idx_bytes

import lamina as lm
from lamina import datasets
from lamina.datasets import homes

BODY = np.random.default_rng(0).bytes(300_000)
SHA = hashlib.sha256(BODY).hexdigest()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server = self.server
        server.asked.append(self.headers.get("Range"))
        if server.status:
            self.send_error(server.status)
            return
        body = server.files[self.path]
        first, status = self.first(len(body))
        if first > len(body):
            self.send_error(416)
            return
        self.send_response(status)
        if status == 206:
            place = server.place or f"bytes {first}-{len(body) - 1}/{len(body)}"
            self.send_header("Content-Range", place)
        if server.tells_length:
            self.send_header("Content-Length", str(len(body) - first))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body[first : server.stop])
        self.close_connection = True

    def first(self, size):
        asked = self.headers.get("Range")
        if asked is None or not self.server.ranges:
            return 0, 206 if self.server.place else 200
        return int(asked.removeprefix("bytes=").removesuffix("-")), 206

    def log_message(self, *arguments):
        pass


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.files = {"/file": BODY}
        server.asked = []
        server.status = server.place = server.stop = None
        server.ranges = server.tells_length = True
        server.url = f"http://127.0.0.1:{server.server_port}/file"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextmanager
def fails(message, error=ConnectionError):
    with pytest.raises(error, match=rf"\[download\] .*{message}"):
        yield


def left(folder):
    """What lies in a folder: names and sizes."""
    return {path.name: path.stat().st_size for path in folder.iterdir()}


@pytest.mark.parametrize("sha256", [None, SHA, SHA.upper()])
@pytest.mark.parametrize("tells_length", [True, False])
def test_a_file_comes_whole(server, tmp_path, sha256, tells_length):
    server.tells_length = tells_length
    steps = []
    path = tmp_path / "file"
    datasets.download(server.url, path, sha256, progress=lambda *step: steps.append(step))
    assert path.read_bytes() == BODY
    assert left(tmp_path) == {"file": len(BODY)}
    assert steps[-1] == (len(BODY), len(BODY) if tells_length else None)
    assert [done for done, _ in steps] == sorted({done for done, _ in steps})
    datasets.download(server.url, path, sha256)
    assert server.asked == [None]


def test_it_goes_on_where_it_broke_off(server, tmp_path):
    server.stop = 100_000
    with fails("broke off after 100000 of 300000 bytes"):
        datasets.download(server.url, tmp_path / "file", SHA)
    assert left(tmp_path) == {"file.part": 100_000}
    server.stop = 250_000
    with fails("broke off after 250000 of 300000 bytes"):
        datasets.download(server.url, tmp_path / "file", SHA)
    server.stop = None
    datasets.download(server.url, tmp_path / "file", SHA)
    assert (tmp_path / "file").read_bytes() == BODY
    assert left(tmp_path) == {"file": len(BODY)}
    assert server.asked == [None, "bytes=100000-", "bytes=250000-"]


def test_without_a_checksum_it_starts_anew(server, tmp_path):
    server.stop = 100_000
    with fails("broke off"):
        datasets.download(server.url, tmp_path / "file")
    assert left(tmp_path) == {}
    server.stop = None
    (tmp_path / "file.part").write_bytes(b"from whom?")
    datasets.download(server.url, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == BODY
    assert server.asked == [None, None]


def test_a_range_that_nobody_asked_for(server, tmp_path):
    (tmp_path / "file.part").write_bytes(b"from whom?")
    server.place = "bytes 0-299999/300000"
    datasets.download(server.url, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == BODY


def test_a_server_that_knows_no_ranges(server, tmp_path):
    (tmp_path / "file.part").write_bytes(BODY[:1000])
    server.ranges = False
    datasets.download(server.url, tmp_path / "file", SHA)
    assert (tmp_path / "file").read_bytes() == BODY


@pytest.mark.parametrize("place", ["bytes 0-299999/300000", "bytes 999-299999/300000", "nonsense"])
def test_a_server_that_sends_another_range(server, tmp_path, place):
    (tmp_path / "file.part").write_bytes(BODY[:1000])
    server.place = place
    with fails("expected the bytes from 1000 on; got"):
        datasets.download(server.url, tmp_path / "file", SHA)
    assert left(tmp_path) == {"file.part": 1000}


@pytest.mark.parametrize("beginning", [b"x" * 1000, b"x" * 300_000, b"x" * 300_001])
def test_a_beginning_of_another_file(server, tmp_path, beginning):
    """As when the file on the server has changed since: the checksum tells, and it starts anew."""
    (tmp_path / "file.part").write_bytes(beginning)
    datasets.download(server.url, tmp_path / "file", SHA)
    assert (tmp_path / "file").read_bytes() == BODY
    assert server.asked == [f"bytes={len(beginning)}-", None]


def test_a_part_that_was_whole(server, tmp_path):
    (tmp_path / "file.part").write_bytes(BODY)
    datasets.download(server.url, tmp_path / "file", SHA)
    assert left(tmp_path) == {"file": len(BODY)}
    assert server.asked == []


@pytest.mark.parametrize("beginning", [b"", BODY[:1000]])
def test_wrong_bytes(server, tmp_path, beginning):
    (tmp_path / "file.part").write_bytes(beginning)
    server.files["/file"] = BODY[:-1] + b"?"
    with fails(f"expected a file of sha256 {SHA}; got", ValueError):
        datasets.download(server.url, tmp_path / "file", SHA)
    assert left(tmp_path) == {}


@pytest.mark.parametrize("size", [0, 5])
def test_a_file_that_is_there_stays(server, tmp_path, size):
    (tmp_path / "file").write_bytes(b"x" * size)
    datasets.download(server.url, tmp_path / "file")
    with fails("file: expected a file of sha256 .*; remove it", ValueError):
        datasets.download(server.url, tmp_path / "file", SHA)
    assert left(tmp_path) == {"file": size}
    assert server.asked == []


@pytest.mark.parametrize(("status", "reason"), [(404, "Not Found"), (503, "Service Unavailable")])
@pytest.mark.parametrize("beginning", [b"", b"abc"])
def test_a_refusal(server, tmp_path, status, reason, beginning):
    (tmp_path / "file.part").write_bytes(beginning)
    server.status = status
    with fails(f"127.*/file: the server answered {status} {reason}"):
        datasets.download(server.url, tmp_path / "file", SHA)
    assert left(tmp_path) == ({"file.part": 3} if beginning else {})


def test_nobody_answers(server, tmp_path, monkeypatch):
    with fails("127.0.0.1:1/: .*Connection refused"):
        datasets.download("http://127.0.0.1:1/", tmp_path / "file")
    monkeypatch.setenv("http_proxy", "http://name:secret@127.0.0.1:1")
    with fails("/file, by the proxy in http_proxy: .*refused"):
        datasets.download("http://nowhere.invalid/file", tmp_path / "file")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with fails("127.0.0.1:1/: .*refused"):
        datasets.download("http://127.0.0.1:1/", tmp_path / "file")
    datasets.download(server.url, tmp_path / "file")


def test_a_server_that_falls_silent(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with fails("timed out"):
            datasets.download(url, tmp_path / "file", timeout=0.05)


def test_through_a_proxy(server, tmp_path, monkeypatch):
    server.files["http://nowhere.invalid/it"] = b"by proxy"
    monkeypatch.setenv("http_proxy", server.url.removesuffix("/file"))
    datasets.download("http://nowhere.invalid/it", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"by proxy"


def test_an_interrupt_leaves_what_came(server, tmp_path):
    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        datasets.download(server.url, tmp_path / "file", SHA, progress=interrupt)
    assert 0 < left(tmp_path)["file.part"] <= len(BODY)
    with pytest.raises(KeyboardInterrupt):
        datasets.download(server.url, tmp_path / "other", progress=interrupt)
    assert list(left(tmp_path)) == ["file.part"]


@pytest.mark.parametrize("name", ["fsync", "replace"])
def test_a_disk_that_fails(server, tmp_path, monkeypatch, name):
    def planted(*arguments):
        raise OSError("planted")

    monkeypatch.setattr(os, name, planted)
    with pytest.raises(OSError, match="planted"):
        datasets.download(server.url, tmp_path / "file", SHA)
    monkeypatch.undo()
    assert left(tmp_path) == {"file.part": len(BODY)}
    datasets.download(server.url, tmp_path / "file", SHA)
    assert (tmp_path / "file").read_bytes() == BODY


def test_several_at_once_fetch_one_file(server, tmp_path):
    errors = []

    def fetch():
        try:
            datasets.download(server.url, tmp_path / "file", SHA)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=fetch) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert (tmp_path / "file").read_bytes() == BODY
    assert left(tmp_path) == {"file": len(BODY)}
    assert server.asked == [None]


def test_another_process_was_quicker_with_another_file(server, tmp_path):
    with open(tmp_path / "file.part", "wb") as file, ThreadPoolExecutor() as pool:
        fcntl.flock(file, fcntl.LOCK_EX)
        waiting = pool.submit(datasets.download, server.url, tmp_path / "file", SHA)
        with pytest.raises(NotYet):
            waiting.result(0.1)
        file.write(b"another")
        file.flush()
        os.rename(tmp_path / "file.part", tmp_path / "file")
        file.close()
        with fails("expected a file of sha256 .*; remove it", ValueError):
            waiting.result()
    assert left(tmp_path) == {"file": 7}
    assert server.asked == []


def test_another_process_gives_up(server, tmp_path):
    with open(tmp_path / "file.part", "wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        thread = threading.Thread(target=datasets.download, args=(server.url, tmp_path / "file"))
        thread.start()
        thread.join(0.1)
        assert thread.is_alive()
        assert server.asked == []
        os.unlink(tmp_path / "file.part")
    thread.join()
    assert (tmp_path / "file").read_bytes() == BODY


@pytest.mark.parametrize(
    ("url", "sha256", "message"),
    [
        ("file:///etc/passwd", None, "an address of http or https; got 'file:///etc/passwd'"),
        ("nothing", None, "an address of http or https; got 'nothing'"),
        ("http://127.0.0.1:1/", "abc", "a sha256 of 64 hexadecimal digits; got 'abc'"),
    ],
)
def test_mistakes(tmp_path, url, sha256, message):
    with fails(message, ValueError):
        datasets.download(url, tmp_path / "file", sha256)
    assert left(tmp_path) == {}


# ---- data sets with a home; here that is the server ----


def serve(server, monkeypatch, home, files):
    server.files = {f"/{name}": body for name, body in files.items()}
    sums = [f"{hashlib.sha256(body).hexdigest()}  {name}" for name, body in files.items()]
    monkeypatch.setitem(homes.ADDRESSES, home, server.url.removesuffix("file"))
    monkeypatch.setitem(homes.CHECKSUMS, home, "\n".join(sums))


@pytest.mark.parametrize("home", ["mnist", "fashion_mnist"])
def test_digits(server, tmp_path, monkeypatch, home):
    rng = np.random.default_rng(0)
    made = {}
    for part, size in (("train", 6), ("t10k", 2)):
        images = rng.integers(0, 256, (size, 28, 28), np.uint8)
        labels = rng.integers(0, 10, size, np.uint8)
        made[f"{part}-images-idx3-ubyte.gz"] = gzip.compress(idx_bytes(images, 8))
        made[f"{part}-labels-idx1-ubyte.gz"] = gzip.compress(idx_bytes(labels, 8))
    serve(server, monkeypatch, home, made)
    read = getattr(datasets, home)
    folder = tmp_path / "a" / "b"
    with pytest.raises(FileNotFoundError, match=rf"\[{home}\] .*train-images.*; download=True"):
        read(folder)
    x, y = read(folder, download=True)
    assert (x.shape, x.dtype, y.shape, y.dtype) == ((6, 28, 28), lm.uint8, (6,), lm.int64)
    x, y = read(folder, train=False, download=True)
    assert (x.tolist(), y.tolist()) == (images.tolist(), labels.tolist())
    assert lm.equal(read(folder, train=False)[0], x)
    assert len(server.asked) == len(list(folder.iterdir())) == 4
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(b"")
    with fails("t10k-labels.*: expected a file of sha256", ValueError):
        read(folder, train=False)


@pytest.mark.parametrize(
    ("home", "name", "heads", "parts"),
    [
        ("cifar10", "cifar-10", 1, {"data_batch_3": 2, "data_batch_1": 1, "data_batch_2": 2,
                                    "data_batch_5": 1, "test_batch": 3, "data_batch_4": 1}),
        ("cifar100", "cifar-100", 2, {"train": 7, "test": 3}),
    ],
)  # fmt: skip
def test_photographs(server, tmp_path, monkeypatch, home, name, heads, parts):
    rng = np.random.default_rng(0)
    made = {}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("about.txt"), io.BytesIO())
        for part, size in parts.items():
            made[part] = rng.integers(0, 10, (size, heads + 3072), np.uint8)
            entry = tarfile.TarInfo(f"folder/{part}.bin")
            entry.size = made[part].nbytes
            archive.addfile(entry, io.BytesIO(made[part].tobytes()))
    serve(server, monkeypatch, home, {f"{name}-binary.tar.gz": packed.getvalue()})
    read = getattr(datasets, home)
    x, y = read(tmp_path, download=True)
    assert (x.shape, x.dtype, y.shape, y.dtype) == ((7, 3, 32, 32), lm.uint8, (7,), lm.int64)
    whole = np.concatenate([made[part] for part in sorted(made) if not part.startswith("test")])
    assert np.array_equal(x.numpy().reshape(7, -1), whole[:, heads:])
    assert y.tolist() == whole[:, heads - 1].tolist()
    x, y = read(tmp_path, train=False)
    assert (x.shape, len(y)) == ((3, 3, 32, 32), 3)
    assert left(tmp_path) == {f"{name}-binary.tar.gz": len(packed.getvalue())}
    assert len(server.asked) == 1


def test_known_checksums():
    for home, lines in homes.CHECKSUMS.items():
        words = lines.split()
        assert all(len(bytes.fromhex(word)) == 32 for word in words[::2])
        assert len(words) == (8 if "mnist" in home else 2)
