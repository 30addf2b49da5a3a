"""summary: the table of a model's layers, and that looking at a model leaves it alone."""

import pytest

import lamina as lm
from lamina import nn


def convolutions():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(5408, 10)
    )


class Shared(nn.Module):
    """Calls one layer twice, multiplies on its own, and has a head that is never called."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 4)
        self.head = nn.Linear(4, 2)

    def forward(self, x, y):
        return self.inner(self.inner(x)) @ y.T


def test_the_table_of_a_small_network():
    table = str(lm.summary(convolutions().requires_grad_(False).train(), (1, 28, 28)))
    assert table.split("\n") == [
        "layer    type         output          parameters  trainable  multiply-adds",
        "(model)  Sequential   (1, 10)                  0          0              0",
        "0        Conv2d       (1, 8, 26, 26)          80          0         48,672",
        "1        BatchNorm2d  (1, 8, 26, 26)          16          0              0",
        "2        ReLU         (1, 8, 26, 26)           0          0              0",
        "3        Flatten      (1, 5408)                0          0              0",
        "4        Linear       (1, 10)             54,090          0         54,080",
        "",
        "54,186 parameters: 0 trainable, 54,186 frozen; 17 in buffers",
        "102,752 multiply-adds",
        "memory: parameters 217 kB, buffers 72 B, outputs 86.6 kB",
    ]


def test_the_model_stays_as_it_was():
    model = nn.Sequential(convolutions(), nn.Dropout(), nn.LazyLinear(3))
    model[0][1].eval()
    modes = [each.training for each in model.modules()]
    before = {name: each.clone() for name, each in model[0].state_dict().items()}
    lm.manual_seed(0)
    expected = lm.rand(4)
    lm.manual_seed(0)
    lm.summary(model, (1, 28, 28), batch_size=3)
    assert lm.equal(lm.rand(4), expected)
    assert [each.training for each in model.modules()] == modes
    assert all(lm.equal(each, before[name]) for name, each in model[0].state_dict().items())
    assert isinstance(model[2], nn.LazyLinear)
    assert not any(each._call_hooks for each in model[0].modules())


def test_lazy_layers_are_counted_as_what_they_become():
    lazy = nn.Sequential(nn.LazyLinear(5), nn.LazyLinear(2))
    first, second = lm.summary(lazy, 7).layers[1:]
    assert (first.kind, first.parameters, second.parameters) == ("Linear", 40, 12)


def test_shared_and_uncalled_modules_are_counted_once():
    found = lm.summary(Shared(), [(4,), (4,)], batch_size=3)
    assert [(each.path, each.repeated, each.parameters) for each in found.layers] == [
        ("", False, 10),
        ("inner", False, 20),
        ("inner", True, 0),
    ]
    assert found.parameters == sum(each.numel() for each in Shared().parameters())
    assert [each.multiply_adds for each in found.layers] == [36, 48, 48]
    assert "again" in str(found)


def test_input_data_may_be_positional_or_named():
    x = lm.zeros(3, 4)
    by_place = lm.summary(Shared(), input_data=[x, x.numpy()])
    by_name = lm.summary(Shared(), input_data={"x": x, "y": x})
    assert str(by_place) == str(by_name) == str(lm.summary(Shared(), [(4,), (4,)], batch_size=3))


def test_integers_go_in_as_such():
    model = nn.Sequential(nn.Embedding(10, 3), nn.Linear(3, 2))
    assert lm.summary(model, (5,), dtype=lm.int64).layers[2].output == [(1, 5, 2)]
    double = lm.summary(model.double(), (5,), dtype=lm.int64)
    assert double.output_bytes == 8 * (15 + 10)
    assert lm.summary(nn.Linear(2, 2).double(), 2).output_bytes == 16


# Multiplications of one step, times steps and samples.
WORK = {
    "lstm": (lambda: nn.LSTM(3, 4), 5 * 16 * (3 + 4)),
    "lstm_projected": (lambda: nn.LSTM(3, 4, proj_size=2), 5 * (16 * (3 + 2) + 4 * 2)),
    "gru": (lambda: nn.GRU(3, 4, bias=False, bidirectional=True), 2 * 5 * 12 * (3 + 4)),
    "rnn": (lambda: nn.RNN(3, 4, num_layers=2), 5 * (4 * (3 + 4) + 4 * (4 + 4))),
    "conv1d": (lambda: nn.Conv1d(5, 4, 2, padding=1), 4 * 4 * 5 * 2),
    "grouped": (lambda: nn.Conv1d(5, 10, 2, groups=5), 2 * 10 * 2),
    "transposed": (lambda: nn.ConvTranspose1d(5, 4, 2, padding=1), 3 * 5 * 4 * 2),
}


@pytest.mark.parametrize("case", WORK)
def test_work_is_counted(case):
    make, expected = WORK[case]
    assert lm.summary(make(), (5, 3)).multiply_adds == expected


def test_first_states_are_no_weights():
    x, state = lm.zeros(5, 2, 3), lm.zeros(1, 2, 4)
    found = lm.summary(nn.LSTM(3, 4), input_data={"input": x, "hx": (state, state)})
    assert found.multiply_adds == 2 * 5 * 16 * (3 + 4)


def test_attention_counts_its_products():
    model = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
    found = {each.path: each.multiply_adds for each in lm.summary(model, (5, 16)).layers}
    assert found["self_attn"] == 4 * 5 * 16 * 16 + 2 * 5 * 5 * 16
    assert found[""] == 0


def test_what_cannot_be_counted_is_said():
    class Reads(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(3, 3)

        def forward(self, x):
            return self.inner(x) * x.sum().item()

    found = lm.summary(Reads(), 3)
    assert [each.multiply_adds for each in found.layers] == [None, 9]
    assert "at least 9 multiply-adds" in str(found)


def test_without_input_there_are_parameters_alone():
    table = str(lm.summary(nn.Linear(2, 3)))
    assert table.split("\n")[:2] == [
        "layer    type    parameters  trainable",
        "(model)  Linear           9          9",
    ]
    assert "multiply-adds" not in table


def test_the_batch_may_stand_before_a_shape_as_none():
    model = nn.Sequential(nn.Linear(4, 3))
    assert str(lm.summary(model, (None, 4))) == str(lm.summary(model, (4,)))
    assert str(lm.summary(model, [(None, 4)], batch_size=2)) == str(
        lm.summary(model, 4, batch_size=2)
    )


def test_errors():
    with pytest.raises(ValueError, match=r"input_shape of whole numbers; got \(3, None\)"):
        lm.summary(nn.Linear(4, 2), (3, None))
    with pytest.raises(ValueError, match=r"\[summary\] expected input_shape or input_data"):
        lm.summary(nn.ReLU(), 3, input_data=lm.zeros(3))
    with pytest.raises(TypeError, match=r"\[summary\] expected a Module; got function"):
        lm.summary(lambda x: x)
    with pytest.raises(ValueError, match=r"one dtype or one per input \(1\); got 2"):
        lm.summary(nn.ReLU(), 3, dtype=[lm.int64, lm.int64])
    with pytest.raises(ValueError, match=r"\[linear\].*in 0, Linear"):
        lm.summary(nn.Sequential(nn.Linear(2, 2)), 3)
