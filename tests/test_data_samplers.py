"""Samplers: which indices, in which order, decided by which seed."""

import pytest

import lamina as lm
from lamina.utils.data import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

TEN = range(10)


def seeded(seed=3):
    return lm.Generator().manual_seed(seed)


def test_sequential():
    assert list(SequentialSampler(TEN)) == list(TEN)
    assert len(SequentialSampler(TEN)) == 10


def test_random_without_replacement_takes_every_sample():
    sampler = RandomSampler(TEN, generator=seeded())
    first, second = list(sampler), list(sampler)
    assert sorted(first) == sorted(second) == list(TEN)
    assert first != second
    assert list(RandomSampler(TEN, generator=seeded())) == first
    lm.manual_seed(4)
    order = list(RandomSampler(TEN))
    lm.manual_seed(4)
    assert list(RandomSampler(TEN)) == order


@pytest.mark.parametrize("count", [1, 10, 25])
def test_random_takes_as_many_as_asked(count):
    indices = list(RandomSampler(TEN, num_samples=count, generator=seeded()))
    assert len(indices) == count
    for start in range(0, count, 10):
        assert len(set(indices[start : start + 10])) == len(indices[start : start + 10])
    drawn = list(RandomSampler(TEN, True, count, seeded()))
    assert len(drawn) == count
    assert set(drawn) <= set(TEN)
    assert len(set(drawn)) < 25


def test_random_of_nothing():
    assert list(RandomSampler([])) == []
    assert list(RandomSampler([], replacement=True)) == []


def test_subset_takes_any_keys():
    sampler = SubsetRandomSampler(["a", "b", "c"], seeded())
    assert sorted(sampler) == ["a", "b", "c"]
    assert len(sampler) == 3


def test_weights_are_chances():
    drawn = list(WeightedRandomSampler([1, 0, 3], 4000, generator=seeded()))
    assert drawn.count(1) == 0
    assert abs(drawn.count(2) - 3000) < 5 * (4000 * 0.25 * 0.75) ** 0.5
    assert sorted(WeightedRandomSampler([1.0, 2, 3], 3, replacement=False)) == [0, 1, 2]


@pytest.mark.parametrize(("drop_last", "expected"), [(False, [4, 4, 2]), (True, [4, 4])])
@pytest.mark.parametrize("kind", [SequentialSampler, RandomSampler, list])
def test_batches(kind, drop_last, expected):
    sampler = BatchSampler(kind(TEN), 4, drop_last)
    assert [len(batch) for batch in sampler] == expected
    assert len(sampler) == len(expected)
    assert [len(batch) for batch in sampler.places()] == expected


def test_places_are_the_batches():
    for kind in (SequentialSampler, lambda n: RandomSampler(n, generator=seeded())):
        as_lists = list(BatchSampler(kind(TEN), 4, False))
        places = list(BatchSampler(kind(TEN), 4, False).places())
        assert [lm.tensor(list(place)).tolist() for place in places] == as_lists


def test_a_subclass_has_the_last_word():
    class Backwards(SequentialSampler):
        def __iter__(self):
            return iter(range(len(self))[::-1])

    assert list(BatchSampler(Backwards(TEN), 6, True).places()) == [[9, 8, 7, 6, 5, 4]]


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: RandomSampler(TEN, num_samples=0), ValueError),
        (lambda: RandomSampler(TEN, num_samples=1.5), ValueError),
        (lambda: RandomSampler(TEN, replacement=1), TypeError),
        (lambda: WeightedRandomSampler([[1.0]], 1), ValueError),
        (lambda: WeightedRandomSampler([1.0], True), ValueError),
        (lambda: WeightedRandomSampler([1.0], 1, None), TypeError),
        (lambda: BatchSampler(TEN, 0, False), ValueError),
        (lambda: BatchSampler(TEN, 1, 0), TypeError),
        (lambda: iter(Sampler()), NotImplementedError),
    ],
)
def test_mistakes(make, error):
    with pytest.raises(error, match=r"\[\w*Sampler\] "):
        make()
