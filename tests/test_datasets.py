"""Data sets that a seed makes, and readers of good and of damaged files."""

import gzip
import struct

import numpy as np
import pytest

import lamina as lm
from lamina import datasets


def seeded(seed=3):
    return lm.Generator().manual_seed(seed)


MADE = {
    "xor": lambda **k: datasets.xor(41, 0.1, **k),
    "moons": lambda **k: datasets.moons(41, **k),
    "rings": lambda **k: datasets.rings(41, 3, **k),
    "spirals": lambda **k: datasets.spirals(41, 3, **k),
    "blobs": lambda **k: datasets.blobs(41, 4, 5, **k),
}


@pytest.mark.parametrize("name", MADE)
def test_a_seed_makes_points_in_classes(name):
    x, y = MADE[name](generator=seeded())
    assert (x.dtype, y.dtype, x.shape[0], y.shape) == (lm.float32, lm.int64, 41, (41,))
    again, other = MADE[name](generator=seeded())[0], MADE[name](generator=seeded(4))[0]
    assert lm.equal(x, again)
    assert not lm.equal(x, other)
    lm.manual_seed(3)
    assert lm.equal(MADE[name]()[0], x)
    counts = lm.bincount(y)
    assert counts.max() - counts.min() <= 1


def test_xor():
    x, y = datasets.xor()
    assert x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert y.tolist() == [0, 1, 1, 0]


def test_eleven_points():
    x, y = datasets.eleven_points()
    assert (x.shape, y.tolist()) == ((11, 2), [0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1])
    np.testing.assert_allclose(x[6].numpy(), [0.6, 0.45], rtol=1e-6)


def test_shapes_of_points():
    x, y = datasets.rings(300, 3, noise=0, generator=seeded())
    np.testing.assert_allclose(x.square().sum(1).sqrt().numpy(), (y + 1).numpy(), rtol=1e-5)
    x, y = datasets.moons(200, noise=0, generator=seeded())
    assert (x[y == 0][:, 1] >= -1e-6).all()
    assert (x[y == 1][:, 1] <= 0.5 + 1e-6).all()
    x, y = datasets.spirals(300, 3, turns=2, noise=0, generator=seeded())
    turn = lm.atan2(x[:, 1], x[:, 0]) / (2 * lm.pi) - 2 * x.square().sum(1).sqrt() - y / 3
    np.testing.assert_allclose((turn - turn.round()).numpy(), 0, atol=1e-4)
    x, y = datasets.blobs(4000, 2, spread=0.5, generator=seeded())
    np.testing.assert_allclose(x[y == 1].std(0).numpy(), 0.5, rtol=0.1)


def test_sines():
    x, y = datasets.sines(5, 20, generator=seeded())
    assert x.shape == y.shape == (5, 20, 1)
    assert lm.equal(x[:, 1:], y[:, :-1])
    assert x.abs().max() <= 1
    assert lm.equal(datasets.sines(5, 20, generator=seeded())[0], x)
    assert not lm.equal(datasets.sines(5, 20, 0.1, generator=seeded())[0], x)


def test_characters():
    x, y, alphabet = datasets.characters("hello world", 3)
    read = ["".join(alphabet[i] for i in row) for row in x.tolist()]
    assert alphabet == " dehlorw"
    assert read == ["hel", "lo ", "wor"]
    assert ["".join(alphabet[i] for i in row) for row in y.tolist()] == ["ell", "o w", "orl"]
    x, y, _ = datasets.characters("hello world", 4, 50, seeded())
    assert x.shape == (50, 4)
    assert lm.equal(x[:, 1:], y[:, :-1])
    assert all("".join(alphabet[i] for i in row) in "hello world" for row in y.tolist())
    assert datasets.characters("abc", 2)[0].tolist() == [[0, 1]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: datasets.moons(0), r"\[moons\] expected a positive number of samples; got 0"),
        (lambda: datasets.rings(5, 0), r"\[rings\] expected a positive number of classes"),
        (lambda: datasets.blobs(features=-1), r"\[blobs\] expected a positive number of features"),
        (lambda: datasets.sines(length=0), r"\[sines\] expected a positive number of length"),
        (lambda: datasets.characters("abc", 3), r"longer than 3 characters; got 3"),
        (lambda: datasets.cifar(classes=7), r"\[cifar\] expected 10 or 100 classes; got 7"),
        (lambda: datasets.cifar(), r"\[cifar\] expected at least one path"),
    ],
)
def test_mistakes(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# ---- IDX ----


def idx_bytes(array, code):
    head = struct.pack(">BBBB", 0, 0, code, array.ndim) + struct.pack(
        f">{array.ndim}I", *array.shape
    )
    return head + array.astype(array.dtype.newbyteorder(">")).tobytes()


def zipped(octets):
    return gzip.compress(octets, mtime=0)  # the same bytes, and so test names, at any time


IMAGES = idx_bytes(np.arange(24, dtype=np.uint8).reshape(2, 3, 4), 8)


@pytest.mark.parametrize(
    ("code", "stored", "held"),
    [
        (8, np.uint8, "uint8"),
        (9, np.int8, "int32"),
        (11, np.int16, "int32"),
        (12, np.int32, "int32"),
        (13, np.float32, "float32"),
        (14, np.float64, "float64"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_idx(tmp_path, code, stored, held, packed):
    array = np.arange(6, dtype=stored).reshape(2, 3) * 20
    octets = idx_bytes(array, code)
    (tmp_path / "file").write_bytes(zipped(octets) if packed else octets)
    read = datasets.idx(tmp_path / "file")
    assert read.dtype is getattr(lm, held)
    assert read.tolist() == array.tolist()
    read.zero_()


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\0\0\x08",
        b"\0\0\x07\1\0\0\0\1a",
        b"\1\0\x08\1\0\0\0\1a",
        b"\0\0\x08\3\0\0\0\1",
        IMAGES[:-1],
        IMAGES + b"a",
        b"\0\0\x0e\3" + b"\xff" * 12,
        b"\0\0\x08\xff" + b"\xff" * 1020,
        b"\0\0\x08\x41" + b"\0\0\0\1" * 65 + b"a",
        b"\0\0\x08\x14" + b"\0\0\0\1" * 20 + b"a",
        b"\0\0\x08\4\0\0\0\0" + b"\xff" * 12,
        zipped(IMAGES)[:-5],
        zipped(IMAGES)[:9] + b"\xff" * 30,
        zipped(b"\0\0\x0e\3" + b"\xff" * 12),
        zipped(IMAGES[:-1]),
    ],
)
def test_damaged_idx(tmp_path, octets):
    (tmp_path / "file").write_bytes(octets)
    with pytest.raises(ValueError, match=r"\[idx\] .*file: expected "):
        datasets.idx(tmp_path / "file")


# ---- CIFAR ----


@pytest.mark.parametrize(("classes", "heads"), [(10, 1), (100, 2)])
def test_cifar(tmp_path, classes, heads):
    rng = np.random.default_rng(0)
    parts = [rng.integers(0, 10, (n, heads + 3072), np.uint8) for n in (2, 3)]
    paths = [tmp_path / str(i) for i in range(2)]
    for path, part in zip(paths, parts, strict=True):
        part.tofile(path)
    images, labels = datasets.cifar(*paths, classes=classes)
    whole = np.concatenate(parts)
    assert (images.dtype, labels.dtype, images.shape) == (lm.uint8, lm.int64, (5, 3, 32, 32))
    assert np.array_equal(images.numpy().reshape(5, -1), whole[:, heads:])
    assert labels.tolist() == whole[:, heads - 1].tolist()


@pytest.mark.parametrize("octets", [b"", bytes(3072), bytes(3074), b"\x0a" + bytes(3072)])
def test_damaged_cifar(tmp_path, octets):
    (tmp_path / "file").write_bytes(octets)
    with pytest.raises(ValueError, match=r"\[cifar\] .*file: expected .*; got "):
        datasets.cifar(tmp_path / "file")


# ---- CSV ----


@pytest.mark.parametrize(
    ("text", "options", "names", "rows"),
    [
        ("a,b\n1,2\n3,4.5\n", {}, ["a", "b"], [[1, 2], [3, 4.5]]),
        ('\ufeff"x", y\r\n1,"2"\r\n', {}, ["x", "y"], [[1, 2]]),
        ("1;-2e3\n", {"delimiter": ";", "header": False}, ["0", "1"], [[1, -2000]]),
    ],
)
def test_csv(tmp_path, text, options, names, rows):
    (tmp_path / "file").write_bytes(text.encode())
    table, columns = datasets.csv(tmp_path / "file", **options)
    assert (table.dtype, table.tolist(), columns) == (lm.float32, rows, names)


@pytest.mark.parametrize(
    "octets",
    [b"", b"a,b\n", b"a,b\n1,2\n3\n", b"a,b\n1,x\n", b"a\n1,2\n", b"a,b\n1,\n", b"a\n\xff\n"],
)
def test_damaged_csv(tmp_path, octets):
    (tmp_path / "file").write_bytes(octets)
    with pytest.raises(ValueError, match=r"\[csv\] .*file: expected "):
        datasets.csv(tmp_path / "file")


@pytest.mark.parametrize("reader", [datasets.idx, datasets.cifar, datasets.csv])
def test_files_that_are_not_there(tmp_path, reader):
    with pytest.raises(FileNotFoundError):
        reader(tmp_path / "nothing")
