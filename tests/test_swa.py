"""Averages of weights; their schedule is tested with the others."""

import pytest

import lamina as lm
from lamina.optim import swa_utils


class Scale(lm.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = lm.nn.Parameter(lm.ones(3))
        self.register_buffer("seen", lm.zeros(2))
        self.register_buffer("count", lm.zeros((), dtype=lm.int64))

    def forward(self, x):
        return x * self.weight


def plain(values):
    return sum(values) / len(values)


def decaying(values, decay=0.75):
    average = values[0]
    for value in values[1:]:
        average = decay * average + (1 - decay) * value
    return average


@pytest.mark.parametrize(
    ("options", "average"),
    [
        ({}, plain),
        ({"avg_fn": swa_utils.get_swa_avg_fn()}, plain),
        ({"multi_avg_fn": swa_utils.get_swa_multi_avg_fn()}, plain),
        ({"avg_fn": swa_utils.get_ema_avg_fn(0.75)}, decaying),
        ({"multi_avg_fn": swa_utils.get_ema_multi_avg_fn(0.75)}, decaying),
        ({"avg_fn": lambda average, current, number: current * 2}, lambda values: values[-1] * 2),
    ],
)
@pytest.mark.parametrize("use_buffers", [False, True])
def test_averaged_model(options, average, use_buffers):
    model = Scale()
    averaged = swa_utils.AveragedModel(model, use_buffers=use_buffers, **options)
    values = [1.0, 4.0, 2.0, 8.0]
    for number, value in enumerate(values):
        with lm.no_grad():
            model.weight.fill_(value)
            model.seen.fill_(value)
            model.count.fill_(number)
        averaged.update_parameters(model)
    wanted = average(values)
    assert averaged.module.weight.tolist() == pytest.approx([wanted] * 3)
    assert averaged.module.seen.tolist() == pytest.approx([wanted if use_buffers else 8] * 2)
    assert averaged.n_averaged.item() == 4
    assert averaged(lm.ones(3)).tolist() == averaged.module.weight.tolist()
    assert set(averaged.state_dict()) == {
        "n_averaged",
        "module.weight",
        "module.seen",
        "module.count",
    }


def test_averages_that_are_refused():
    with pytest.raises(AssertionError, match="avg_fn or multi_avg_fn; got both"):
        swa_utils.AveragedModel(Scale(), avg_fn=max, multi_avg_fn=max)
    for make_average in (swa_utils.get_ema_avg_fn, swa_utils.get_ema_multi_avg_fn):
        with pytest.raises(ValueError, match=r"expected 0 <= decay <= 1; got 1.5"):
            make_average(1.5)


@pytest.mark.skipif(not hasattr(lm.nn, "BatchNorm1d"), reason="needs batch normalization")
def test_update_bn():
    model = lm.nn.BatchNorm1d(3)
    batches = [lm.arange(12.0).reshape(4, 3) * scale for scale in (1, 2, 5)]
    model.eval()
    swa_utils.update_bn([(batch, None) for batch in batches], model)
    wanted = sum(batch.mean(0) for batch in batches) / 3
    assert model.running_mean.tolist() == pytest.approx(wanted.tolist())
    assert (model.momentum, model.training) == (0.1, False)
    swa_utils.update_bn(batches, Scale())
