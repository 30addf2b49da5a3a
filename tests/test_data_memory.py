"""Arrays in memory and larger ones: their batches are copied, and nothing else is done."""

import mmap
import os
import time
import tracemalloc

import numpy as np
import pytest

import lamina as lm
from lamina.utils.data import DataLoader, Subset, TensorDataset, random_split

COUNT = 160_000
WIDTH = 1 << 16  # 40 GiB of float32
PLANTED = [COUNT - 1, 17, 1, COUNT // 2]
ALLOWED = 64 << 20


def anonymous_memory():
    """Bytes of memory that are this process's alone, and no file's."""
    with open("/proc/self/status") as file:
        (line,) = [line for line in file if line.startswith("RssAnon")]
    return 1024 * int(line.split()[1])


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """An array on a sparse file, some rows of which hold their number."""
    path = tmp_path_factory.mktemp("rows") / "rows"
    with open(path, "wb") as file:
        file.truncate(4 * COUNT * WIDTH)
    array = np.memmap(path, np.float32, "r+", shape=(COUNT, WIDTH))
    array[PLANTED] = np.array(PLANTED)[:, None]
    array = np.memmap(path, np.float32, "r", shape=(COUNT, WIDTH))
    array.base.madvise(mmap.MADV_RANDOM)
    yield array
    path.unlink()


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
@pytest.mark.parametrize("workers", [0, 1])
def test_loaders_copy_batches_alone(rows, workers):
    before = anonymous_memory()
    tracemalloc.start()
    try:
        data = TensorDataset(rows, lm.arange(COUNT))
        parts = random_split(data, [0.9, 0.1], lm.Generator().manual_seed(0))
        for dataset in (data, Subset(data, range(5, COUNT, 2)), *parts):
            for shuffle in (False, True):
                loader = DataLoader(dataset, 8, shuffle=shuffle, num_workers=workers)
                for (x, i), _ in zip(loader, range(5), strict=False):
                    assert x.shape == (len(i), WIDTH)
        assert anonymous_memory() - before < ALLOWED
        assert tracemalloc.get_traced_memory()[1] < ALLOWED
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("workers", [0, 1])
def test_their_rows_are_the_files(rows, workers):
    picked = Subset(TensorDataset(rows, lm.arange(COUNT)), PLANTED)
    ((x, i),) = DataLoader(picked, 4, num_workers=workers)
    assert x[:, -1].tolist() == i.tolist() == PLANTED
    assert x[:, 0].tolist() == PLANTED


def test_a_view_of_a_file_opened_to_read_is_not_written(rows):
    first = next(iter(DataLoader(TensorDataset(rows), 4)))[0]
    assert np.shares_memory(first.numpy(), rows)
    with pytest.raises(ValueError, match="its memory is a read-only array"):
        first.zero_()


def seconds(epoch):
    start = time.perf_counter()
    epoch()
    return time.perf_counter() - start


def test_slow_in_memory_loading_pytorch_106704():
    """pytorch#106704: a loader took up to 124 times as long as indexing the same arrays."""
    x, y = lm.rand(20_000, 784), lm.arange(20_000)
    loader = DataLoader(TensorDataset(x, y), 64, shuffle=True)

    def by_hand():
        order = lm.randperm(len(x))
        for start in range(0, len(x), 64):
            rows = order[start : start + 64]
            x.index_select(0, rows), y.index_select(0, rows)

    # One after the other, so that what else the machine does meets both; row by row it is 8.
    pairs = [(seconds(lambda: list(map(len, loader))), seconds(by_hand)) for _ in range(9)]
    loaded, indexed = map(min, zip(*pairs, strict=True))
    assert loaded < 4 * indexed
