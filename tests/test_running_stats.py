"""What the tables cannot hold of normalization and dropout: state over steps, and chance."""

import numpy as np
import pytest

import lamina as lm
from lamina import nn


def batches(count):
    rng = np.random.default_rng(0)
    return [
        lm.tensor(rng.standard_normal((8, 3, 5)).astype("float32") * 3 + 1) for _ in range(count)
    ]


def test_without_momentum_running_statistics_are_averages_over_batches():
    norm, data = nn.BatchNorm1d(3, momentum=None), batches(4)
    for x in data:
        norm(x)
    means = np.mean([x.numpy().mean((0, 2)) for x in data], 0)
    variances = np.mean([x.numpy().var((0, 2), ddof=1) for x in data], 0)
    np.testing.assert_allclose(norm.running_mean.numpy(), means, rtol=1e-5)
    np.testing.assert_allclose(norm.running_var.numpy(), variances, rtol=1e-5)
    assert norm.num_batches_tracked.item() == 4


def test_evaluation_changes_no_state():
    norm = nn.BatchNorm1d(3).eval()
    norm(batches(1)[0])
    assert norm.num_batches_tracked.item() == 0
    assert norm.running_mean.tolist() == [0, 0, 0]


def test_changed_running_statistics_get_a_new_version():
    norm = nn.BatchNorm1d(3)
    before = (
        norm.running_mean._version,
        norm.running_var._version,
        norm.num_batches_tracked._version,
    )
    norm(batches(1)[0])
    after = norm.running_mean._version, norm.running_var._version, norm.num_batches_tracked._version
    assert all(new > old for new, old in zip(after, before, strict=True))


@pytest.mark.parametrize("momentum", [0.1, None])
def test_a_compiled_step_moves_running_statistics(momentum):
    def run(compiled):
        lm.manual_seed(0)
        norm = nn.BatchNorm1d(3, momentum=momentum)
        drop = nn.Dropout(0.3)

        def step(x):
            loss = (drop(norm(x)) ** 2).mean()
            loss.backward()
            with lm.no_grad():
                for p in norm.parameters():
                    p -= 0.1 * p.grad
                    p.grad = None
            return loss

        step = lm.compile(step) if compiled else step
        losses = [step(x).item() for x in batches(6)]
        return losses, [value.tolist() for value in norm.state_dict().values()]

    assert run(compiled=True) == run(compiled=False)


def test_a_gradient_is_of_the_statistics_at_that_time():
    norm, (first, second) = nn.BatchNorm1d(3).eval(), batches(2)
    y = norm(first.requires_grad_())
    norm.train()(second)  # moves what y was made of
    y.sum().backward()
    np.testing.assert_allclose(first.grad.numpy(), 1, rtol=1e-4)


def test_dropout_keeps_the_mean():
    y = nn.Dropout(0.3)(lm.ones(100000))
    assert set(np.unique(y.numpy())) == {0, np.float32(1 / 0.7)}
    assert abs(y.mean().item() - 1) < 0.01


@pytest.mark.parametrize(
    ("drop", "shape"),
    [
        (nn.Dropout1d, (200, 30, 4)),
        (nn.Dropout1d, (6000, 4)),
        (nn.Dropout2d, (200, 30, 2, 2)),
        (nn.Dropout3d, (200, 30, 2, 2, 2)),
        (nn.Dropout3d, (6000, 2, 2, 2)),
    ],
)
@pytest.mark.parametrize("inplace", [False, True])
def test_whole_channels_are_dropped(drop, shape, inplace):
    x = lm.ones(shape)
    y = drop(0.25, inplace)(x)
    assert (y is x) == inplace
    channels = y.numpy().reshape(6000, -1)
    assert (channels == channels[:, :1]).all()
    assert abs((channels[:, 0] == 0).mean() - 0.25) < 0.03


@pytest.mark.parametrize("drop", [nn.AlphaDropout, nn.FeatureAlphaDropout])
@pytest.mark.parametrize("inplace", [False, True])
def test_alpha_dropout_keeps_mean_and_variance(drop, inplace):
    lm.manual_seed(0)
    y = drop(0.4, inplace)(lm.randn(500, 400, 1)).numpy()
    assert abs(y.mean()) < 0.02
    assert abs(y.var() - 1) < 0.03


def test_rrelu_draws_slopes():
    x = -lm.ones(10000)
    for y in (
        nn.functional.rrelu(x, training=True),
        nn.functional.rrelu_(x.clone(), training=True),
    ):
        slopes = -y.numpy()
        assert slopes.min() >= 1 / 8
        assert slopes.max() <= 1 / 3
        assert abs(slopes.mean() - 11 / 48) < 0.005


def test_gumbel_softmax_draws_from_the_categories():
    lm.manual_seed(0)
    chances = np.array([0.1, 0.2, 0.7], "float32")
    logits = lm.log(lm.tensor(chances)).expand(20000, 3).clone().requires_grad_()
    drawn = nn.functional.gumbel_softmax(logits, hard=True)
    np.testing.assert_allclose(drawn.detach().numpy().mean(0), chances, atol=0.01)
    (drawn * lm.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert (logits.grad != 0).any().item()
