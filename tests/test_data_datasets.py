"""Datasets, their combinations, and how samples become batches."""

from collections import namedtuple

import numpy as np
import pytest

import lamina as lm
from lamina.utils.data import (
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    default_collate,
    default_convert,
    random_split,
)

Point = namedtuple("Point", "x y")


class Squares(Dataset):
    def __init__(self, size=10):
        self.size = size

    def __getitem__(self, index):
        return index * index

    def __len__(self):
        return self.size


class Count(IterableDataset):
    def __init__(self, *bounds):
        self.bounds = range(*bounds)

    def __iter__(self):
        return iter(self.bounds)

    def __len__(self):
        return len(self.bounds)


def table():
    return TensorDataset(lm.arange(20.0).reshape(10, 2), lm.arange(10))


def test_a_tensor_dataset_holds_rows():
    data = table()
    x, y = data[3]
    assert (x.tolist(), y.item(), len(data)) == ([6, 7], 3, 10)
    assert [part.tolist() for part in data[1:3]] == [[[2, 3], [4, 5]], [1, 2]]
    array = np.zeros((4, 2), np.float32)
    data = TensorDataset(array)
    array[2] = 1
    assert data[2][0].tolist() == [1, 1]


@pytest.mark.parametrize("sizes", [(), (3, 4)])
def test_a_tensor_dataset_checks_lengths(sizes):
    with pytest.raises(ValueError, match=r"\[TensorDataset\] expected tensors of one length"):
        TensorDataset(*[lm.zeros(size) for size in sizes])


@pytest.mark.parametrize(
    ("indices", "view"),
    [
        (range(2, 6), True),
        ([2, 3, 4, 5], True),
        (range(0, 10, 3), False),
        ([5, 2, 2], False),
        ([-2, -1], None),
        (lm.tensor([4, 1]), False),
        ([], True),
    ],
)
def test_a_batch_is_a_view_where_its_indices_are_consecutive(indices, view):
    data = table()
    if view is None:  # a sampler's mistake, which a view would hide
        with pytest.raises(IndexError):
            data.__getbatch__(indices)
        return
    x, y = data.__getbatch__(indices)
    places = indices.tolist() if isinstance(indices, lm.Tensor) else list(indices)
    assert y.tolist() == places
    assert x.tolist() == [[2 * i, 2 * i + 1] for i in places]
    x.fill_(-1)
    assert (data.tensors[0] == -1).any().item() == (view and bool(places))


def test_subsets():
    part = Subset(Squares(), [3, 1, 4])
    assert (list(part), len(part), part[2]) == ([9, 1, 16], 3, 16)
    assert part.__getitems__([0, 2]) == [9, 16]
    nested = Subset(Subset(table(), [9, 8, 7, 6]), range(1, 4))
    assert nested[0][1].item() == 8
    for indices in (range(2), [0, 1], lm.tensor([0, 1])):
        assert nested.__getbatch__(indices)[1].tolist() == [8, 7]
    nested.dataset.indices = [0, 1, 2, 3]
    assert nested.__getbatch__(range(3))[1].tolist() == [1, 2, 3]
    with pytest.raises(TypeError, match=r"\[Subset\] expected a dataset that defines __getbatch__"):
        part.__getbatch__([0])


def test_concatenations():
    both = Squares(3) + Squares(4)
    assert isinstance(both, ConcatDataset)
    assert [both[i] for i in range(len(both))] == [0, 1, 4, 0, 1, 4, 9]
    assert (both[-1], both[-7], both.cumulative_sizes) == (9, 0, [3, 7])
    for index in (7, -8):
        with pytest.raises(IndexError, match=r"\[ConcatDataset\] expected an index below 7"):
            both[index]
    for wrong in ([], [Count(3)]):
        with pytest.raises(ValueError, match=r"\[ConcatDataset\]"):
            ConcatDataset(wrong)


def test_chains():
    chain = Count(2) + Count(5, 7)
    assert isinstance(chain, ChainDataset)
    assert (list(chain), len(chain)) == ([0, 1, 5, 6], 4)
    with pytest.raises(TypeError, match=r"\[ChainDataset\] expected iterable datasets; got a Sq"):
        list(ChainDataset([Squares()]))


def test_stacks():
    pairs = StackDataset(Squares(4), [10, 11, 12, 13])
    assert (pairs[2], len(pairs)) == ((4, 12), 4)
    assert pairs.__getitems__([3, 0]) == [(9, 13), (0, 10)]
    named = StackDataset(x=Squares(4), y=Subset(Squares(), [1, 2, 3, 4]))
    assert (named[1], len(named)) == ({"x": 1, "y": 4}, 4)
    assert named.__getitems__([0]) == [{"x": 0, "y": 1}]
    for wrong in (lambda: StackDataset(), lambda: StackDataset(Squares(), x=Squares())):
        with pytest.raises(ValueError, match=r"\[StackDataset\] expected datasets"):
            wrong()
    with pytest.raises(ValueError, match=r"one length; got \[4, 5\]"):
        StackDataset(Squares(4), Squares(5))


def test_a_stack_checks_what_getitems_returns():
    class Short(Squares):
        def __getitems__(self, indices):
            return [0]

    with pytest.raises(ValueError, match=r"\[StackDataset\] expected 2 samples of __getitems__"):
        StackDataset(Short()).__getitems__([0, 1])


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([6, 4], [6, 4]),
        ([0.5, 0.5], [5, 5]),
        ([1 / 3, 1 / 3, 1 / 3], [4, 3, 3]),
        ([0.99, 0.01], [10, 0]),
        ([10, 0], [10, 0]),
        ([0.56, 0.34, 0.1], [6, 3, 1]),  # their sum is a bit more than 1
    ],
)
def test_random_split(lengths, expected):
    parts = random_split(Squares(), lengths, lm.Generator().manual_seed(1))
    assert [len(part) for part in parts] == expected
    together = [i for part in parts for i in part.indices]
    assert sorted(together) == list(range(10))
    assert together != list(range(10))
    again = random_split(Squares(), lengths, lm.Generator().manual_seed(1))
    assert [i for part in again for i in part.indices] == together


@pytest.mark.parametrize("lengths", [[5, 4], [0.5, 0.4], [1.5, -0.5], [12, -2], []])
def test_random_split_checks_lengths(lengths):
    with pytest.raises(ValueError, match=r"\[random_split\] expected"):
        random_split(Squares(), lengths)


@pytest.mark.parametrize("sizes", [[50, 30, 20], [997, 2, 1], [3, 0, 5, 1], [7] * 9, [1], []])
@pytest.mark.parametrize("shares", [[0.8, 0.2], [0.6, 0.2, 0.2], [1.0], [0.5, 0.0, 0.5]])
def test_stratified_splits(sizes, shares):
    labels = lm.arange(len(sizes)).repeat_interleave(lm.tensor(sizes, dtype=lm.int64))
    labels = labels[lm.randperm(len(labels), generator=lm.Generator().manual_seed(0))]
    parts = random_split(labels, shares, lm.Generator().manual_seed(1), stratify=labels)
    plain = random_split(labels, shares, lm.Generator().manual_seed(1))
    assert [len(part) for part in parts] == [len(part) for part in plain]
    assert sorted(i for part in parts for i in part.indices) == list(range(len(labels)))
    for part in (parts[0], parts[-1]):
        counts = np.bincount(labels.numpy()[list(part.indices)], minlength=len(sizes))
        assert (np.abs(counts - np.array(sizes) * (len(part) / max(1, len(labels)))) < 1).all()
    again = random_split(labels, shares, lm.Generator().manual_seed(1), stratify=labels)
    assert [part.indices for part in again] == [part.indices for part in parts]


def test_stratified_parts_are_shuffled():
    labels = np.array(["cat"] * 60 + ["dog"] * 40)
    data = TensorDataset(lm.arange(100), labels == "cat")
    train, test = random_split(data, [50, 50], lm.Generator().manual_seed(0), stratify=labels)
    assert test[:][1].sum() == train[:][1].sum() == 30
    assert 0 < test[:25][1].sum() < 25
    other, _ = random_split(data, [50, 50], lm.Generator().manual_seed(1), stratify=labels)
    assert set(other.indices) != set(train.indices)


def test_one_class_too_many_for_the_parts():
    """A class that is smaller than the number of parts goes to some, not always the same."""
    seen = {
        random_split(range(4), [2, 2], lm.Generator().manual_seed(i), stratify=[0, 1, 2, 3])[0][0]
        for i in range(30)
    }
    assert seen == {0, 1, 2, 3}


@pytest.mark.parametrize("labels", [[0, 1], [[0] * 10], 1])
def test_stratify_takes_a_label_a_sample(labels):
    with pytest.raises(ValueError, match=r"\[random_split\] expected a label of each of 10"):
        random_split(Squares(), [5, 5], stratify=labels)


def test_datasets_must_define_their_samples():
    with pytest.raises(NotImplementedError, match=r"\[Dataset\] a dataset must define __getitem__"):
        Dataset()[0]
    with pytest.raises(NotImplementedError, match="__iter__"):
        iter(IterableDataset())


# ---- batches ----


def same(a, b):
    if isinstance(b, lm.Tensor):
        return isinstance(a, lm.Tensor) and a.dtype == b.dtype and a.tolist() == b.tolist()
    if isinstance(b, dict):
        return type(a) is type(b) and a.keys() == b.keys() and all(same(a[k], b[k]) for k in b)
    if isinstance(b, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return a == b


COLLATED = [
    ([lm.zeros(2), lm.ones(2)], lm.tensor([[0.0, 0], [1, 1]])),
    ([np.zeros(2), np.ones(2)], lm.tensor([[0.0, 0], [1, 1]], dtype=lm.float64)),
    ([np.float32(1), np.float32(2)], lm.tensor([1.0, 2])),
    ([1.0, 2.0], lm.tensor([1.0, 2], dtype=lm.float64)),
    ([1, 2], lm.tensor([1, 2])),
    ([True, False], lm.tensor([True, False])),
    (["a", "b"], ["a", "b"]),
    ([b"a"], [b"a"]),
    ([(1, "a"), (2, "b")], [lm.tensor([1, 2]), ("a", "b")]),
    ([[1, 2], [3, 4]], [lm.tensor([1, 3]), lm.tensor([2, 4])]),
    ([{"x": 1}, {"x": 2}], {"x": lm.tensor([1, 2])}),
    ([Point(1, 2.0)], Point(lm.tensor([1]), lm.tensor([2.0], dtype=lm.float64))),
]


@pytest.mark.parametrize(("samples", "expected"), COLLATED)
def test_default_collate(samples, expected):
    assert same(default_collate(samples), expected)


def test_default_collate_refuses():
    with pytest.raises(TypeError, match=r"\[default_collate\] expected .*; got a NoneType"):
        default_collate([None])
    with pytest.raises(TypeError, match="got a ndarray"):
        default_collate([np.array(["a"])])
    with pytest.raises(RuntimeError, match="one length in every sequence"):
        default_collate([[1, 2], [1]])


def test_default_convert():
    given = {"a": np.ones(2), "b": [np.int64(3), "text", None], "c": Point(1, np.zeros(1))}
    made = default_convert(given)
    ones, zeros = lm.ones(2, dtype=lm.float64), lm.zeros(1, dtype=lm.float64)
    assert same(made, {"a": ones, "b": [lm.tensor(3), "text", None], "c": Point(1, zeros)})
    assert made["a"].numpy() is not given["a"]
    text = np.array(["a"])
    assert default_convert(text) is text


def plain(value):
    """What both libraries' batches come down to."""
    if hasattr(value, "tolist"):
        return str(value.dtype).split(".")[-1], value.tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(*map(plain, value)) if isinstance(value, Point) else [*map(plain, value)]
    return value


@pytest.mark.torch
@pytest.mark.parametrize(("samples", "_"), COLLATED)
def test_default_collate_agrees_with_pytorch(samples, _):
    torch = pytest.importorskip("torch")
    theirs = [torch.from_numpy(s.numpy()) if isinstance(s, lm.Tensor) else s for s in samples]
    assert plain(torch.utils.data.default_collate(theirs)) == plain(default_collate(samples))


@pytest.mark.torch
@pytest.mark.parametrize("lengths", [[6, 4], [0.31, 0.33, 0.36], [0.5, 0.5], [1 / 3] * 3])
def test_random_split_agrees_with_pytorch(lengths):
    torch = pytest.importorskip("torch")
    theirs = torch.utils.data.random_split(list(range(10)), lengths)
    assert [len(part) for part in random_split(Squares(), lengths)] == [len(p) for p in theirs]


@pytest.mark.torch
def test_loaders_give_what_pytorchs_give():
    data = pytest.importorskip("torch.utils.data")
    cases = [
        {"batch_size": 3},
        {"batch_size": 3, "drop_last": True},
        {"batch_size": None},
        {"sampler": [4, 2, 2]},
        {"batch_sampler": [[1, 2], [7]]},
        {"batch_size": 4, "collate_fn": list},
    ]
    for arguments in cases:
        theirs = data.DataLoader([float(i) for i in range(10)], **arguments)
        ours = DataLoader([float(i) for i in range(10)], **arguments)
        assert [plain(batch) for batch in ours] == [plain(batch) for batch in theirs]
        assert len(ours) == len(theirs)
