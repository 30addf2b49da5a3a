"""Datasets that the tests of loaders share."""

import time

import lamina as lm
from lamina.utils.data import Dataset, IterableDataset, TensorDataset, get_worker_info


class Rows(Dataset):
    """Ten samples that are their indices, made one at a time."""

    def __init__(self, size=10, pause=0):
        self.size = size
        self.pause = pause

    def __getitem__(self, index):
        time.sleep(self.pause * (index % 3))
        return int(index)

    def __len__(self):
        return self.size


class Stream(IterableDataset):
    def __init__(self, size=10):
        self.size = size

    def __iter__(self):
        assert get_worker_info() is None
        return iter(range(self.size))

    def __len__(self):
        return self.size


def table(size=10):
    return TensorDataset(lm.arange(2.0 * size).reshape(size, 2), lm.arange(size))


def seeded(seed=3):
    return lm.Generator().manual_seed(seed)
