"""DataLoader: order, workers, their errors and end; for positions see test_data_positions.py."""

import gc
import threading
import time
import traceback

import pytest
from loaders import Rows, Stream, seeded, table

import lamina as lm
from lamina.utils.data import (
    DataLoader,
    Subset,
    TensorDataset,
    default_collate,
    random_split,
)


def taken(loader):
    return [(batch[-1] if isinstance(batch, list) else batch).tolist() for batch in loader]


def loader_threads():
    return [t for t in threading.enumerate() if t.name.startswith("lamina-loader")]


def no_thread_is_left():
    gc.collect()
    end = time.monotonic() + 10
    while loader_threads() and time.monotonic() < end:
        time.sleep(0.01)
    return not loader_threads()


DATASETS = {"rows": Rows, "tensors": table, "subset": lambda: Subset(table(20), range(10))}


@pytest.mark.parametrize("workers", [0, 1, 3])
@pytest.mark.parametrize("data", DATASETS)
def test_batches_come_in_order(data, workers):
    data = DATASETS[data]()
    whole = [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert taken(DataLoader(data, 4, num_workers=workers)) == whole
    assert taken(DataLoader(data, 4, drop_last=True, num_workers=workers)) == whole[:2]
    assert taken(DataLoader(data, 2, sampler=[9, 0, 5], num_workers=workers)) == [[9, 0], [5]]
    assert taken(DataLoader(data, batch_sampler=[[3], [2, 1]], num_workers=workers)) == [
        [3],
        [2, 1],
    ]


@pytest.mark.parametrize("workers", [1, 4])
def test_slow_samples_change_no_order(workers):
    loader = DataLoader(Rows(30, 0.002), 2, shuffle=True, generator=seeded(), num_workers=workers)
    alone = DataLoader(Rows(30), 2, shuffle=True, generator=seeded())
    assert taken(loader) == taken(alone)


@pytest.mark.parametrize("data", DATASETS)
def test_the_seed_decides_the_order_whatever_the_batches(data):
    data = DATASETS[data]()
    orders = []
    for size in (1, 3, 10):
        batches = taken(DataLoader(data, size, shuffle=True, generator=seeded()))
        orders.append([i for batch in batches for i in batch])
    rows = list(DataLoader(Rows(), None, shuffle=True, generator=seeded()))
    assert orders[0] == orders[1] == orders[2] == rows
    assert sorted(rows) == list(range(10))


def test_the_fast_path_gives_what_rows_give():
    data = table(50)
    data.tensors += (lm.rand(50, 3) > 0.5,)
    for arguments in ({"batch_size": 7}, {"batch_size": 7, "shuffle": True}):
        fast = DataLoader(data, generator=seeded(), **arguments)
        slow = DataLoader(
            data, generator=seeded(), collate_fn=lambda b: default_collate(b), **arguments
        )
        for a, b in zip(fast, slow, strict=True):
            assert type(a) is type(b) is list
            assert [x.dtype for x in a] == [x.dtype for x in b]
            assert [x.tolist() for x in a] == [x.tolist() for x in b]


def test_splits_take_the_fast_path():
    data = table(100)
    data.__class__ = type("Counting", (TensorDataset,), {"calls": 0, "__getbatch__": counted})
    train, _ = random_split(data, [80, 20], seeded())
    batches = taken(DataLoader(train, 32, shuffle=True))
    assert data.calls == 3
    assert sorted(i for batch in batches for i in batch) == sorted(train.indices)


def counted(self, indices):
    self.calls += 1
    return TensorDataset.__getbatch__(self, indices)


def test_samples_of_a_subclass_are_respected():
    class Doubled(TensorDataset):
        def __getitem__(self, index):
            return tuple(2 * x for x in super().__getitem__(index))

    assert taken(DataLoader(Doubled(lm.arange(4)), 4)) == [[0, 2, 4, 6]]
    assert taken(DataLoader(Subset(Doubled(lm.arange(4)), [1, 3]), 4)) == [[2, 6]]


def test_getitems_is_called_once_a_batch():
    class Many(Rows):
        def __getitems__(self, indices):
            return [10 * i for i in indices]

    assert taken(DataLoader(Many(5), 3)) == [[0, 10, 20], [30, 40]]


def test_a_function_of_the_user_gets_samples():
    assert list(DataLoader(table(4), 2, collate_fn=lambda rows: [int(y) for _, y in rows])) == [
        [0, 1],
        [2, 3],
    ]


@pytest.mark.parametrize("workers", [0, 2])
def test_streams(workers):
    assert taken(DataLoader(Stream(), 4, num_workers=workers)) == [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [8, 9],
    ]
    dropping = DataLoader(Stream(), 4, drop_last=True, num_workers=workers)
    assert taken(dropping) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert len(dropping) == 2
    assert list(DataLoader(Stream(3), None, num_workers=workers)) == [0, 1, 2]
    assert len(DataLoader(Stream(), 4)) == 3
    assert len(DataLoader(Stream(), None)) == 10


# ---- workers ----


class Broken(Rows):
    def __getitem__(self, index):
        if index == 5:
            raise KeyError("no such picture")
        return index


@pytest.mark.parametrize("workers", [0, 2])
def test_errors_of_workers_arrive_in_their_place_with_their_traceback(workers):
    iterator = iter(DataLoader(Broken(), 2, num_workers=workers))
    assert [next(iterator).tolist() for _ in range(2)] == [[0, 1], [2, 3]]
    with pytest.raises(KeyError, match="no such picture") as caught:
        next(iterator)
    assert "raise KeyError" in "".join(traceback.format_tb(caught.value.__traceback__))
    assert no_thread_is_left()


@pytest.mark.parametrize("workers", [0, 2])
def test_a_stray_end_is_no_end(workers):
    class Ending(Rows):
        def __getitem__(self, index):
            raise StopIteration

    with pytest.raises(RuntimeError, match="StopIteration"):
        list(DataLoader(Ending(), num_workers=workers))


@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize("data", [Rows(100, 0.001), Stream(100)])
def test_no_thread_is_left_when_an_iteration_is_abandoned(data, persistent):
    loader = DataLoader(data, 2, num_workers=3, persistent_workers=persistent)
    for _ in range(3):
        for _ in loader:
            assert loader_threads()
            break
    assert persistent or no_thread_is_left()
    assert len(list(loader)) == 50
    iterator = iter(loader)
    next(iterator)
    del iterator, loader
    assert no_thread_is_left()


def test_persistent_workers_are_the_same_threads():
    started = []
    loader = DataLoader(
        Rows(40, 0.001), 1, num_workers=2, persistent_workers=True, worker_init_fn=started.append
    )
    for _ in range(3):
        assert len(list(loader)) == 40
    assert sorted(started) == [0, 1]


def test_an_error_of_worker_init_fn_arrives():
    def fail(worker):
        raise OSError(f"worker {worker}")

    with pytest.raises(OSError, match=r"worker \d"):
        list(DataLoader(Rows(), num_workers=2, worker_init_fn=fail))
    assert no_thread_is_left()


def test_a_slow_worker_times_out():
    with pytest.raises(RuntimeError, match=r"\[DataLoader\] timed out after 0.05 seconds"):
        list(DataLoader(Rows(3, 0.5), num_workers=1, timeout=0.05))


def test_workers_stay_within_their_prefetch():
    made = []

    class Noting(Rows):
        def __getitem__(self, index):
            made.append(index)
            return index

    iterator = iter(DataLoader(Noting(50), 1, num_workers=2, prefetch_factor=3))
    next(iterator)
    time.sleep(0.05)
    assert len(made) == 7


# ---- arguments ----


@pytest.mark.parametrize(
    ("data", "arguments"),
    [
        (Rows(), {"num_workers": -1}),
        (Rows(), {"timeout": -1}),
        (Rows(), {"prefetch_factor": 2}),
        (Rows(), {"num_workers": 1, "prefetch_factor": -1}),
        (Rows(), {"persistent_workers": True}),
        (Rows(), {"multiprocessing_context": "fork"}),
        (Rows(), {"sampler": [1], "shuffle": True}),
        (Rows(), {"batch_sampler": [[1]], "batch_size": 2}),
        (Rows(), {"batch_sampler": [[1]], "shuffle": True}),
        (Rows(), {"batch_sampler": [[1]], "drop_last": True}),
        (Rows(), {"batch_size": None, "drop_last": True}),
        (Rows(), {"batch_size": 0}),
        (Stream(), {"shuffle": True}),
        (Stream(), {"sampler": [1]}),
        (Stream(), {"batch_sampler": [[1]]}),
    ],
)
def test_contradictions(data, arguments):
    with pytest.raises(ValueError, match=r"\[(DataLoader|BatchSampler)\] expected .*; got"):
        DataLoader(data, **arguments)


def test_there_is_no_other_device_to_pin_for():
    assert taken(DataLoader(Rows(2), 2, pin_memory=True, in_order=False)) == [[0, 1]]
    with pytest.raises(RuntimeError, match="computes on the CPU"):
        DataLoader(Rows(), pin_memory_device="cuda")


def test_what_decides_the_order_is_fixed():
    loader = DataLoader(Rows(), 2)
    for name in ("batch_size", "sampler", "batch_sampler", "drop_last", "dataset"):
        with pytest.raises(ValueError, match=rf"\[DataLoader\] {name} is fixed"):
            setattr(loader, name, None)
    loader.num_workers = 1
    assert len(taken(loader)) == 5
