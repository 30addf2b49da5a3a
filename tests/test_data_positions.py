"""Positions of a DataLoader: saved in mid-epoch, restored, gone on from."""

import pytest
from loaders import Rows, Stream, seeded, table

import lamina as lm
from lamina.utils.data import (
    BatchSampler,
    DataLoader,
    RandomSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

LOADERS = {
    "sequence": lambda: DataLoader(table(), 3),
    "shuffled": lambda: DataLoader(table(), 3, shuffle=True),
    "of a generator": lambda: DataLoader(table(), 3, shuffle=True, generator=seeded()),
    "rows": lambda: DataLoader(Rows(), 3, shuffle=True, generator=seeded()),
    "samples": lambda: DataLoader(table(), None, shuffle=True),
    "workers": lambda: DataLoader(Rows(), 3, shuffle=True, num_workers=2),
    "sampler": lambda: DataLoader(
        table(), 3, sampler=WeightedRandomSampler([1.0] * 10, 10, generator=seeded())
    ),
    "subset": lambda: DataLoader(Rows(), 2, sampler=SubsetRandomSampler(range(6), seeded())),
    "batches": lambda: DataLoader(
        table(), batch_sampler=BatchSampler(RandomSampler(range(10), generator=seeded()), 2, False)
    ),
    "stream": lambda: DataLoader(Stream(), 3),
    "stream of a worker": lambda: DataLoader(Stream(), 3, num_workers=1),
}


def value(batch):
    batch = batch[-1] if isinstance(batch, list) else batch
    return batch.tolist() if hasattr(batch, "tolist") else batch


def run(loader, steps, iterator=None):
    """Batches across the borders of epochs, with draws of other numbers between them."""
    out = []
    iterator = iter(loader) if iterator is None else iterator
    while len(out) < steps:
        batch = next(iterator, None)
        if batch is None:
            iterator = iter(loader)
            continue
        out.append((value(batch), lm.rand(1).item()))
    return out


@pytest.mark.parametrize("steps", [0, 1, 3, 4, 5, 9])
@pytest.mark.parametrize("name", LOADERS)
def test_a_restored_loader_goes_on_where_it_was(name, steps):
    lm.manual_seed(11)
    expected = run(LOADERS[name](), 25)

    lm.manual_seed(11)
    first = LOADERS[name]()
    assert run(first, steps) == expected[:steps]
    state, numbers = first.state_dict(), lm.get_rng_state()

    lm.manual_seed(99)
    second = LOADERS[name]()
    second.load_state_dict(state)
    assert second.state_dict().keys() == state.keys()
    lm.set_rng_state(numbers)
    assert run(second, 25 - steps) == expected[steps:]


def test_a_state_of_other_batches_is_refused():
    with pytest.raises(ValueError, match="expected a state of batch_size 2; got 3"):
        DataLoader(Rows(), 2).load_state_dict(DataLoader(Rows(), 3).state_dict())


def test_the_end_of_an_epoch_is_a_position_too():
    loader = DataLoader(Rows(), 5)
    iterator = iter(loader)
    assert len([next(iterator), next(iterator)]) == 2
    resumed = DataLoader(Rows(), 5)
    resumed.load_state_dict(loader.state_dict())
    assert list(resumed) == []
    assert len(list(resumed)) == 2
    assert loader.state_dict()["position"] == 2
    assert list(iterator) == []
    assert loader.state_dict()["position"] == 0
