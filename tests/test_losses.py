"""What losses say of their arguments, and that weights mean repetition."""

import numpy as np
import pytest

import lamina as lm
from lamina import nn
from lamina.nn import functional

PAIR = (lm.tensor([1.0, 2.0, 4.0]), lm.tensor([0.5, 0.0, 1.0]))


@pytest.mark.parametrize("name", ["l1_loss", "mse_loss", "smooth_l1_loss", "huber_loss"])
def test_broadcasting_is_warned_of(name):
    with pytest.warns(UserWarning, match=rf"\[{name}\].*\(3, 1\).*\(3,\)"):
        loss = getattr(functional, name)(PAIR[0], PAIR[1].unsqueeze(1), reduction="none")
    assert loss.shape == (3, 3)


@pytest.mark.parametrize(
    ("arguments", "reduction"),
    [
        ({"size_average": True}, "mean"),
        ({"size_average": False}, "sum"),
        ({"reduce": False}, "none"),
        ({"size_average": False, "reduce": True}, "sum"),
        ({"size_average": False, "reduce": False}, "none"),
    ],
)
def test_former_arguments_are_warned_of(arguments, reduction):
    expected = functional.mse_loss(*PAIR, reduction=reduction).numpy()
    with pytest.warns(UserWarning, match=f"reduction='{reduction}'"):
        assert (functional.mse_loss(*PAIR, **arguments).numpy() == expected).all()
    with pytest.warns(UserWarning, match=f"reduction='{reduction}'"):
        assert nn.MSELoss(**arguments).reduction == reduction


WEIGHTED = [
    functional.log_cosh_loss,
    functional.quantile_loss,
    functional.mape_loss,
    functional.hinge_loss,
    functional.squared_hinge_loss,
    functional.perceptron_loss,
    functional.exponential_loss,
    functional.mse_loss,
    functional.l1_loss,
    functional.focal_loss,
]


@pytest.mark.parametrize("loss", WEIGHTED, ids=lambda f: f.__name__)
def test_a_weight_is_a_repetition(loss):
    x, target = lm.tensor([0.3, -2.0, 1.4]), lm.tensor([1.0, 1.0, 0.0])
    repeated = [tensor.repeat_interleave(lm.tensor([2, 1, 3])) for tensor in (x, target)]
    weighted = loss(x, target, weight=lm.tensor([2.0, 1.0, 3.0]))
    np.testing.assert_allclose(weighted.item(), loss(*repeated).item(), rtol=1e-6)


@pytest.mark.parametrize(
    "loss",
    [
        functional.hinge_loss,
        functional.squared_hinge_loss,
        functional.perceptron_loss,
        functional.exponential_loss,
    ],
    ids=lambda f: f.__name__,
)
def test_targets_of_two_classes_are_signs_or_numbers(loss):
    x = lm.tensor([0.3, -2.0, 1.4, 0.0])
    bits, signs = lm.tensor([1, 0, 0, 1]), lm.tensor([1.0, -1.0, -1.0, 1.0])
    assert loss(x, bits).item() == loss(x, signs).item()


def test_a_replayed_step_refuses_bad_targets_too():
    x = lm.zeros(2, 3)
    step = lm.compile(lambda target: functional.cross_entropy(x, target))
    assert step(lm.tensor([0, 2])).item() == pytest.approx(np.log(3), rel=1e-6)
    with pytest.raises(IndexError, match=r"class indices in \[0, 3\); got 7"):
        step(lm.tensor([0, 7]))
    assert step(lm.tensor([1, 1])).item() == pytest.approx(np.log(3), rel=1e-6)


def test_adaptive_softmax_predicts_the_most_probable():
    lm.manual_seed(0)
    layer = nn.AdaptiveLogSoftmaxWithLoss(6, 10, [2, 5], div_value=2.0)
    x = lm.randn(40, 6) * 5
    best = layer.log_prob(x).argmax(1)
    assert (layer.predict(x) == best).all()
    assert best.max().item() > 2
    np.testing.assert_allclose(layer.log_prob(x).exp().sum(1).detach().numpy(), 1, rtol=1e-5)
