"""Data sets that have a home on the web: where that is, and what makes their files out."""

from __future__ import annotations

import os
import tarfile

import numpy as np

from lamina import _core
from lamina._core import Tensor
from lamina.datasets import downloads
from lamina.datasets.downloads import Path, Progress
from lamina.datasets.readers import idx, records

Pair = tuple[Tensor, Tensor]

ADDRESSES = {
    "mnist": "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "fashion_mnist": "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "cifar10": "https://www.cs.toronto.edu/~kriz/",
    "cifar100": "https://www.cs.toronto.edu/~kriz/",
}
# As the command sha256sum prints them.
CHECKSUMS = {
    "mnist": """
440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609  train-images-idx3-ubyte.gz
3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c  train-labels-idx1-ubyte.gz
8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6  t10k-images-idx3-ubyte.gz
f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6  t10k-labels-idx1-ubyte.gz
""",
    "fashion_mnist": """
3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84  train-images-idx3-ubyte.gz
a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845  train-labels-idx1-ubyte.gz
346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073  t10k-images-idx3-ubyte.gz
67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5  t10k-labels-idx1-ubyte.gz
""",
    "cifar10": """
c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd  cifar-10-binary.tar.gz
""",
    "cifar100": """
58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec  cifar-100-binary.tar.gz
""",
}


def mnist(
    folder: Path, train: bool = True, download: bool = False, progress: Progress | None = None
) -> Pair:
    """Return handwritten digits, uint8 (60000, 28, 28), or 10000 for the test, and labels, int64.

    The folder holds the files as they are on the web; `download` fetches those that it lacks.
    """
    return _digits("mnist", folder, train, download, progress)


def fashion_mnist(
    folder: Path, train: bool = True, download: bool = False, progress: Progress | None = None
) -> Pair:
    """Return pictures of clothes, in the form of `mnist`; its files need another folder."""
    return _digits("fashion_mnist", folder, train, download, progress)


def cifar10(
    folder: Path, train: bool = True, download: bool = False, progress: Progress | None = None
) -> Pair:
    """Return photographs, uint8 (50000, 3, 32, 32), or 10000 for the test, and labels, int64.

    They are read from the archive in the folder; `download` fetches it.
    """
    names = [f"data_batch_{i}.bin" for i in range(1, 6)] if train else ["test_batch.bin"]
    path = _file("cifar10", "cifar-10-binary.tar.gz", folder, download, progress)
    return _photographs(path, names, 10)


def cifar100(
    folder: Path, train: bool = True, download: bool = False, progress: Progress | None = None
) -> Pair:
    """Return photographs in 100 classes, in the form of `cifar10`."""
    path = _file("cifar100", "cifar-100-binary.tar.gz", folder, download, progress)
    return _photographs(path, ["train.bin" if train else "test.bin"], 100)


def _digits(
    home: str, folder: Path, train: bool, download: bool, progress: Progress | None
) -> Pair:
    part = "train" if train else "t10k"
    images = _file(home, f"{part}-images-idx3-ubyte.gz", folder, download, progress)
    labels = _file(home, f"{part}-labels-idx1-ubyte.gz", folder, download, progress)
    return idx(images), idx(labels).to(_core.int64)


def _photographs(path: str, names: list[str], classes: int) -> Pair:
    found = {}
    with tarfile.open(path, "r|gz") as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None and os.path.basename(member.name) in names:
                found[os.path.basename(member.name)] = np.frombuffer(file.read(), np.uint8)
    return records({name: found[name] for name in names}, classes)


def _file(home: str, name: str, folder: Path, download: bool, progress: Progress | None) -> str:
    """Return the path of a file which is there and whole."""
    lines = CHECKSUMS[home].split()
    sha256 = lines[lines.index(name) - 1]
    path = os.path.join(folder, name)
    if download:
        os.makedirs(folder, exist_ok=True)
        downloads.download(ADDRESSES[home] + name, path, sha256, progress=progress)
    elif os.path.exists(path):
        downloads.check(path, sha256)
    else:
        raise FileNotFoundError(f"[{home}] expected a file {path}; download=True fetches it")
    return path
