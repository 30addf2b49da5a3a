"""Standardize and MinMaxScale: what `fit` learns, and the way back."""

import numpy as np
import pytest

import lamina as lm
from lamina import nn
from lamina.nn import preprocessing
from lamina.utils.data import DataLoader, TensorDataset

DATA = np.random.default_rng(0).normal(3, [0.5, 20, 1e4], (200, 3)).astype(np.float32)


def test_standardize():
    layer = nn.Standardize(3)
    x = lm.tensor(DATA)
    assert lm.equal(layer(x), x)
    assert layer.fit(DATA) is layer
    made = layer(x).numpy()
    np.testing.assert_allclose(made.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(made.std(0), 1, rtol=1e-6)
    np.testing.assert_allclose(layer.inverse(layer(x)).numpy(), DATA, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(layer.shift.numpy(), DATA.astype(np.float64).mean(0), rtol=1e-7)


@pytest.mark.parametrize("limits", [(0, 1), (-1, 1), (2.5, 7)])
def test_min_max_scale(limits):
    layer = nn.MinMaxScale(3, limits).fit(lm.tensor(DATA))
    made = layer(lm.tensor(DATA)).numpy()
    np.testing.assert_allclose(made.min(0), limits[0], atol=1e-6)
    np.testing.assert_allclose(made.max(0), limits[1], rtol=1e-6)
    np.testing.assert_allclose(layer.inverse(lm.tensor(made)).numpy(), DATA, rtol=1e-5, atol=1e-2)


@pytest.mark.parametrize("kind", [nn.Standardize, nn.MinMaxScale])
def test_a_constant_feature_stays_finite(kind):
    data = np.array([[5.0, 1.0], [5.0, 2.0]])
    layer = kind(2, dtype=lm.float64).fit(data)
    made = layer(lm.tensor(data)).numpy()
    np.testing.assert_array_equal(made[:, 0], 0)
    np.testing.assert_allclose(layer.inverse(lm.tensor(made)).numpy(), data)


def test_images_by_channel():
    images = np.random.default_rng(0).integers(0, 256, (5, 3, 4, 6), dtype=np.uint8)
    layer = nn.Standardize((3, 1, 1)).fit(images)
    made = layer(lm.tensor(images)).numpy()
    np.testing.assert_allclose(made.mean((0, 2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(made.std((0, 2, 3)), 1, rtol=1e-6)
    assert nn.Standardize(()).fit(images).shift.shape == ()
    assert nn.MinMaxScale((4, 6)).fit(images).shift.shape == (4, 6)


@pytest.mark.parametrize("kind", [nn.Standardize, nn.MinMaxScale])
def test_from_batches(kind):
    whole = kind(3).fit(DATA)
    labels = np.zeros(len(DATA))
    for data in ([DATA], [DATA, labels]):
        loader = DataLoader(TensorDataset(*data), 7, shuffle=True)
        layer = kind(3).fit(loader)
        np.testing.assert_allclose(layer.shift.numpy(), whole.shift.numpy(), rtol=1e-6)
        np.testing.assert_allclose(layer.scale.numpy(), whole.scale.numpy(), rtol=1e-6)
    pieces = [DATA[:50], DATA[:0], lm.tensor(DATA[50:51]), DATA[51:].tolist()]
    layer = kind(3).fit(piece for piece in pieces[:3])
    np.testing.assert_allclose(layer.scale.numpy(), kind(3).fit(DATA[:51]).scale, rtol=1e-6)
    assert lm.equal(kind(3).fit(DATA.tolist()).shift, whole.shift)


@pytest.mark.parametrize("kind", [nn.Standardize, nn.MinMaxScale])
def test_large_data_are_looked_at_in_pieces(kind, monkeypatch):
    whole = kind(3).fit(DATA)
    images = np.random.default_rng(0).normal(100, 1, (50, 3, 4, 6))
    by_channel = kind((3, 1, 1), dtype=lm.float64).fit(images)
    monkeypatch.setattr(preprocessing, "_PIECE", 100)
    layer = kind(3).fit(DATA)
    np.testing.assert_allclose(layer.shift.numpy(), whole.shift.numpy(), rtol=1e-6)
    np.testing.assert_allclose(layer.scale.numpy(), whole.scale.numpy(), rtol=1e-6)
    layer = kind((3, 1, 1), dtype=lm.float64).fit(images)
    np.testing.assert_allclose(layer.shift.numpy(), by_channel.shift.numpy(), rtol=1e-12)
    np.testing.assert_allclose(layer.scale.numpy(), by_channel.scale.numpy(), rtol=1e-12)


def test_what_was_learned_is_part_of_the_state():
    layer = nn.MinMaxScale(3).fit(DATA)
    assert list(layer.state_dict()) == ["shift", "scale"]
    other = nn.MinMaxScale(3)
    other.load_state_dict(layer.state_dict())
    x = lm.tensor(DATA)
    assert lm.equal(other(x), layer(x))
    assert repr(other) == "MinMaxScale(shape=(3,), feature_range=(0.0, 1.0))"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.Standardize(3).fit(np.ones((5, 4))), r"shape \(3,\) fit; got shape \(5, 4\)"),
        (lambda: nn.Standardize((2, 3)).fit(np.ones(3)), r"got shape \(3,\)"),
        (
            lambda: nn.Standardize(3).fit(np.ones((0, 3))),
            r"Standardize\] expected data; got none",
        ),
        (lambda: nn.MinMaxScale(3).fit(iter([])), r"\[MinMaxScale\] expected data; got none"),
        (lambda: nn.MinMaxScale(3, (1, 0)), r"from low to high; got \(1, 0\)"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
