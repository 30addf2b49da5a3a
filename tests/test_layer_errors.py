"""Bad input to layers, losses, optimizers: a clear error or PyTorch's result, never a crash."""

import math
import subprocess
import sys
from pathlib import Path

import pytest

import lamina as lm
from lamina import nn, optim
from lamina.nn import functional as F

JUNK = Path(__file__).with_name("layer_junk.py")


def x(*sizes):
    return lm.zeros(*sizes)


def whole(*numbers):
    return lm.tensor(numbers)


def params():
    return [lm.ones(2, requires_grad=True)]


def sgd(**options):
    return optim.SGD(params(), lr=0.1, **options)


def twice(place):
    (p,) = params()
    return optim.SGD([{"params": [p]}, {"params": [p]}] if place == "groups" else [p, p], lr=0.1)


# (what, call, exception, what the message says)
BAD_INPUT = [
    # sizes and settings of layers
    ("a negative width", lambda: nn.Linear(-3, 2), ValueError, r"not negative.*\(2, -3\)"),
    ("a width that is a string", lambda: nn.Linear("3", 2), TypeError, "integers.*'3'"),
    ("a width that is a float", lambda: nn.Linear(3.0, 2), TypeError, "integers.*3.0"),
    ("a negative kernel", lambda: nn.Conv2d(1, 1, -1), ValueError, "not negative"),
    ("groups beside channels", lambda: nn.Conv2d(3, 4, 3, groups=2), ValueError, "groups=2; got 3"),
    ("no groups", lambda: nn.Conv2d(4, 4, 3, groups=0), ValueError, r"\[Conv2d\].*positive.*got 0"),
    ("a padding", lambda: nn.Conv2d(1, 1, 1, padding="sam"), ValueError, "'same'.*got 'sam'"),
    ("groups", lambda: nn.GroupNorm(2, 3), ValueError, r"\[GroupNorm\].*2 groups; got 3"),
    ("zero groups", lambda: nn.GroupNorm(0, 3), ValueError, "0 groups"),
    ("a probability", lambda: nn.Dropout(1.5), ValueError, r"\[Dropout\].*0 and 1; got 1.5"),
    ("no probability", lambda: nn.Dropout(math.nan), ValueError, "got nan"),
    ("a padding index", lambda: nn.Embedding(3, 2, 3), ValueError, r"3 rows; got 3"),
    ("no hidden units", lambda: nn.LSTM(3, 0), ValueError, r"\[LSTM\].*hidden_size; got 0"),
    ("no layers", lambda: nn.LSTM(3, 2, 0), ValueError, "num_layers; got 0"),
    ("a projection", lambda: nn.LSTM(3, 2, proj_size=2), ValueError, "proj_size"),
    ("heads", lambda: nn.MultiheadAttention(5, 2), ValueError, "num_heads divides.*5 and 2"),
    ("an activation", lambda: nn.TransformerEncoderLayer(4, 2, activation="x"), ValueError, "gelu"),
    ("a margin", lambda: nn.TripletMarginLoss(margin=-1.0), ValueError, "margin above 0"),
    ("a power", lambda: nn.MultiMarginLoss(p=3), ValueError, r"p of 1 or 2; got 3"),
    ("a complex delta", lambda: nn.HuberLoss(delta=1j), TypeError, r"\[HuberLoss\].*complex"),
    ("a module that is none", lambda: nn.Sequential(3), TypeError, r"\[Sequential\].*'int'"),
    ("a function as a module", lambda: nn.ModuleList([len]), TypeError, r"\[ModuleList\].*Module"),
    # inputs that do not fit
    ("integers", lambda: nn.Linear(3, 2)(whole(1, 2, 3)), TypeError, r"\[linear\].*int64.*Linear"),
    ("doubles", lambda: nn.Linear(3, 2)(x(3).double()), TypeError, "float64 and float32"),
    ("a rank", lambda: nn.Conv2d(3, 4, 3)(x(3, 5)), ValueError, r"3 dimensions.*\(3, 5\)"),
    ("channels", lambda: nn.Conv2d(3, 4, 3)(x(1, 2, 5, 5)), ValueError, r"3 channels; got"),
    ("a small image", lambda: nn.Conv2d(1, 1, 5)(x(1, 1, 3, 3)), ValueError, "at least 5"),
    ("no kernel", lambda: F.conv2d(x(1, 1, 3, 3), x(1, 1, 0, 0)), ValueError, "not empty"),
    ("no stride", lambda: nn.Conv2d(1, 1, 1, 0)(x(1, 1, 3, 3)), ValueError, "stride of at least 1"),
    ("no window", lambda: nn.MaxPool2d(0)(x(1, 4, 4)), ValueError, "kernel size.*above 0"),
    ("much padding", lambda: nn.MaxPool2d(2, padding=2)(x(1, 4, 4)), ValueError, "half of"),
    ("a large window", lambda: nn.MaxPool2d(5)(x(1, 4, 4)), ValueError, "windows that fit"),
    ("a negative size", lambda: nn.AdaptiveAvgPool2d(-1)(x(1, 4, 4)), ValueError, "at least 0"),
    ("a huge size", lambda: F.adaptive_avg_pool1d(x(1, 4), 1 << 40), MemoryError, None),
    ("a huge scale", lambda: F.interpolate(x(1, 1, 2), scale_factor=1e18), ValueError, None),
    ("a size of zero", lambda: F.interpolate(x(1, 1, 2), size=0), ValueError, "above 0"),
    ("one value", lambda: nn.BatchNorm1d(3)(x(1, 3)), ValueError, "more than one value"),
    ("an image as a row", lambda: nn.BatchNorm2d(3)(x(3, 3)), ValueError, "4 dimensions"),
    ("other features", lambda: nn.LayerNorm(3)(x(2, 4)), ValueError, r"ends in \(3,\)"),
    ("an index", lambda: nn.Embedding(3, 2)(whole(3)), IndexError, "3 is out of bounds"),
    ("a negative index", lambda: nn.Embedding(3, 2)(whole(-1)), IndexError, "-1 is out of"),
    ("a float index", lambda: nn.Embedding(3, 2)(x(2)), TypeError, "float32"),
    ("offsets", lambda: nn.EmbeddingBag(3, 2)(whole(0, 1), whole(0, 5)), ValueError, "offsets"),
    ("a state", lambda: nn.RNN(3, 2)(x(4, 1, 3), x(1, 2, 2)), ValueError, r"\(1, 1, 2\); got"),
    ("one state of two", lambda: nn.LSTM(3, 2)(x(4, 1, 3), x(1, 1, 2)), TypeError, "a pair"),
    ("a cell's input", lambda: nn.LSTMCell(3, 2)(x(2, 4)), ValueError, r"\[lstm_cell\]"),
    ("an odd size", lambda: F.glu(x(3)), ValueError, "even size"),
    ("channels to shuffle", lambda: nn.PixelShuffle(2)(x(1, 3, 2, 2)), ValueError, "multiples"),
    ("much to reflect", lambda: F.pad(x(1, 1, 2), (2, 2), "reflect"), ValueError, "at most 1"),
    # losses
    ("a class", lambda: F.cross_entropy(x(2, 3), whole(0, 3)), IndexError, r"\[0, 3\); got 3"),
    ("a negative class", lambda: F.nll_loss(x(2, 3), whole(0, -1)), IndexError, "got -1"),
    ("targets", lambda: F.cross_entropy(x(2, 3), whole(0, 1, 2)), ValueError, r"\(2,\).*\(3,\)"),
    ("float classes", lambda: F.cross_entropy(x(2, 3), x(2)), TypeError, "float32"),
    ("a reduction", lambda: F.mse_loss(x(3), x(3), reduction="avg"), ValueError, "'mean'.*'avg'"),
    ("integer losses", lambda: F.mse_loss(whole(1), whole(1)), TypeError, "floating.*int64"),
    ("no probabilities", lambda: F.binary_cross_entropy(x(2) + 2, x(2)), ValueError, "between 0"),
    ("no delta", lambda: F.huber_loss(x(2), x(2), delta=math.nan), ValueError, "got nan"),
    ("a variance", lambda: F.gaussian_nll_loss(x(2), x(2), x(2) - 1), ValueError, "at least 0"),
    (
        "a length",
        lambda: F.ctc_loss(x(4, 1, 3), whole(1, 2)[None], (9,), (2,)),
        ValueError,
        "got 9",
    ),
    # optimizers, initialization
    ("no parameters", lambda: optim.SGD([], lr=0.1), ValueError, r"\[SGD\].*empty list"),
    ("a tensor", lambda: optim.SGD(x(2), lr=0.1), TypeError, "iterable of tensors"),
    ("numbers", lambda: optim.SGD([1.0], lr=0.1), TypeError, "tensors to optimize; got float"),
    ("a result", lambda: optim.SGD([params()[0] * 2], lr=0.1), ValueError, "leaves"),
    ("a negative rate", lambda: optim.SGD(params(), lr=-1), ValueError, "lr >= 0; got -1"),
    ("nesterov alone", lambda: sgd(nesterov=True), ValueError, "momentum"),
    ("a beta", lambda: optim.Adam(params(), betas=(1.0, 0.9)), ValueError, r"betas\[0\] < 1"),
    ("no beta", lambda: optim.Adam(params(), betas=(math.nan, 0.9)), ValueError, "got nan"),
    ("one in two groups", lambda: twice("groups"), ValueError, "in one group"),
    ("a schedule of nothing", lambda: optim.lr_scheduler.StepLR(3, 1), TypeError, "got int"),
    ("one dimension", lambda: nn.init.xavier_uniform_(x(3)), ValueError, "at least 2 dimensions"),
    ("a mean", lambda: nn.init.trunc_normal_(x(3), math.nan), ValueError, "finite mean.*nan"),
    ("bounds", lambda: nn.init.trunc_normal_(x(3), a=3, b=-3), ValueError, "a <= b"),
]


@pytest.mark.parametrize(
    ("call", "errors", "message"), [row[1:] for row in BAD_INPUT], ids=[row[0] for row in BAD_INPUT]
)
def test_bad_input(call, errors, message):
    with pytest.raises(errors, match=message) as caught:
        call()
    assert str(caught.value).startswith("[")


def test_empty_batches():
    assert nn.Linear(3, 2)(x(0, 3)).shape == (0, 2)
    assert nn.Conv2d(1, 2, 3)(x(0, 1, 5, 5)).shape == (0, 2, 3, 3)
    assert nn.Embedding(3, 2)(lm.zeros(0, dtype=lm.int64)).shape == (0, 2)
    assert F.mse_loss(x(0), x(0)).isnan()
    assert F.cross_entropy(x(0, 3), lm.zeros(0, dtype=lm.int64)).isnan()


def test_the_tail_of_a_normal_distribution_is_drawn_from_in_finite_time():
    with pytest.warns(UserWarning, match="deviations outside"):
        drawn = nn.init.trunc_normal_(x(1000), mean=1e9)
    assert (drawn <= 2).all()
    assert drawn.min() > 1.99


@pytest.mark.parametrize("part", ["layers", "functions", "init", "optim"])
@pytest.mark.parametrize(
    "times", [30, pytest.param(300, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])]
)
def test_junk_never_crashes(part, times):
    result = subprocess.run(
        [sys.executable, "-X", "faulthandler", str(JUNK), part, str(times)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=1700,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    assert int(result.stdout) > 0  # some calls come to an end
