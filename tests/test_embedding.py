"""What embeddings do beside taking rows: padding, gradients by frequency, bounded norms."""

import numpy as np
import pytest

import lamina as lm
from lamina.nn import functional

INDEX = np.array([[1, 2, 2, 5], [2, 0, 1, 2]])


def gradient_of(function, **options):
    weight = lm.tensor(np.linspace(-1, 1, 18).reshape(6, 3), requires_grad=True)
    result = function(lm.tensor(INDEX), weight, **options)
    result.backward(lm.ones_like(result))
    return weight.grad.numpy()


def counts(skipped=None):
    result = np.zeros((6, 3))
    for i in INDEX.ravel():
        result[i] += i != skipped
    return result


@pytest.mark.parametrize("padding", [2, -4])
def test_the_padding_row_gets_no_gradient(padding):
    assert (gradient_of(functional.embedding, padding_idx=padding) == counts(2)).all()
    found = gradient_of(functional.embedding_bag, padding_idx=padding, mode="sum")
    assert (found == counts(2)).all()


def test_gradients_are_divided_by_the_number_of_occurrences():
    found = gradient_of(functional.embedding, scale_grad_by_freq=True)
    assert (found == (counts() > 0)).all()
    found = gradient_of(functional.embedding_bag, scale_grad_by_freq=True, mode="sum")
    assert (found == (counts() > 0)).all()


def test_gradients_by_frequency_are_differentiable_again():
    weight = lm.ones(6, 3, dtype=lm.float64, requires_grad=True)

    def scaled(rows):
        taken = functional.embedding(lm.tensor(INDEX), rows, 2, scale_grad_by_freq=True)
        (grad,) = lm.autograd.grad((taken**3).sum(), rows, create_graph=True)
        return grad

    expected = 3 * (counts(2) > 0)
    assert (scaled(weight).detach().numpy() == expected).all()
    (second,) = lm.autograd.grad(scaled(weight).sum(), weight)
    assert (second.numpy()[[1, 5]] == [[3], [6]]).all()  # divided again


@pytest.mark.parametrize(("norm_type", "order"), [(2.0, 2), (1.0, 1), (float("inf"), np.inf)])
def test_rows_that_are_taken_are_bounded_in_place(norm_type, order):
    weight = lm.nn.Parameter(lm.tensor(np.linspace(-3, 3, 18).reshape(6, 3)))
    before, version = weight.detach().numpy().copy(), weight._version
    functional.embedding(lm.tensor([0, 5, 5, 2]), weight, max_norm=2.0, norm_type=norm_type)
    norms = np.linalg.norm(weight.detach().numpy(), order, axis=1)
    assert (norms[[0, 5]] < 2).all()
    assert norms[0] == pytest.approx(2, abs=1e-6)
    assert (weight.detach().numpy()[[1, 2, 3, 4]] == before[[1, 2, 3, 4]]).all()
    assert weight._version > version


@pytest.mark.parametrize("layer", [lm.nn.Embedding, lm.nn.EmbeddingBag])
def test_the_padding_row_begins_as_zeros(layer):
    made = layer(5, 3, padding_idx=-2)
    assert made.padding_idx == 3
    assert (made.weight[3] == 0).all()
    assert (made.weight[2] != 0).any()


@pytest.mark.parametrize("layer", [lm.nn.Embedding, lm.nn.EmbeddingBag])
def test_pretrained_rows_share_memory_and_are_frozen(layer):
    rows = lm.ones(5, 3)
    made = layer.from_pretrained(rows)
    assert not made.weight.requires_grad
    assert made.weight.data_ptr() == rows.data_ptr()
    assert layer.from_pretrained(rows, freeze=False).weight.requires_grad
    with pytest.raises(ValueError, match="two dimensions"):
        layer.from_pretrained(lm.ones(3))


def test_bags_of_one_number_expanded():
    weight = lm.tensor(np.linspace(-1, 1, 18).reshape(6, 3))
    index, offsets = lm.tensor([[2]]).expand(5, 1), lm.tensor([0]).expand(2)
    for mode in ("sum", "max"):
        found = functional.embedding_bag(index, weight, mode=mode)
        assert (found.numpy() == weight.numpy()[[2] * 5]).all()
    found = functional.embedding_bag(lm.tensor([2]).expand(5), weight, offsets, mode="sum")
    np.testing.assert_allclose(found.numpy(), [[0, 0, 0], 5 * weight.numpy()[2]])
