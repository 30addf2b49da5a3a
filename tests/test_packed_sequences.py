"""lamina.nn.utils.rnn: packing, padding, and the way back."""

import numpy as np
import pytest

import lamina as lm
from lamina.autograd import gradcheck
from lamina.nn.utils import rnn

LENGTHS = [2, 5, 1, 4, 5]


def sequences(*shape, lengths=LENGTHS, dtype=lm.float64):
    rng = np.random.default_rng(0)
    return [lm.tensor(rng.standard_normal((n, *shape)), dtype=dtype) for n in lengths]


def same(ours, expected):
    np.testing.assert_array_equal(ours.numpy(), expected.numpy())


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_unpacking_gives_what_was_packed(shape):
    packed = rnn.pack_sequence(sequences(*shape), enforce_sorted=False)
    assert packed.batch_sizes.tolist() == [5, 4, 3, 3, 2]
    assert packed.data.shape == (17, *shape)
    same(packed.unsorted_indices, rnn.invert_permutation(packed.sorted_indices))
    for ours, expected in zip(rnn.unpack_sequence(packed), sequences(*shape), strict=True):
        same(ours, expected)


def test_elements_lie_step_by_step():
    packed = rnn.pack_sequence([lm.tensor([1, 2, 3]), lm.tensor([4, 5]), lm.tensor([6])])
    assert packed.data.tolist() == [1, 4, 6, 2, 5, 3]
    assert packed.sorted_indices is packed.unsorted_indices is None


@pytest.mark.parametrize("batch_first", [False, True])
def test_padded_and_packed_are_each_others_way_back(batch_first):
    padded = rnn.pad_sequence(sequences(3), batch_first, padding_value=7)
    assert padded.shape == ((5, 5, 3))
    packed = rnn.pack_padded_sequence(padded, LENGTHS, batch_first, enforce_sorted=False)
    again, lengths = rnn.pad_packed_sequence(packed, batch_first, 7)
    same(again, padded)
    assert lengths.tolist() == LENGTHS
    longer, _ = rnn.pad_packed_sequence(packed, batch_first, 7, total_length=8)
    assert longer.shape == ((5, 8, 3) if batch_first else (8, 5, 3))
    assert (longer[:, 5:] if batch_first else longer[5:]).eq(7).all()
    for row, expected in zip(
        rnn.unpad_sequence(padded, lengths, batch_first), sequences(3), strict=True
    ):
        same(row, expected)


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_side(side):
    padded = rnn.pad_sequence([lm.tensor([1, 2]), lm.tensor([3])], True, 9, side)
    assert padded.tolist() == ([[1, 2], [9, 3]] if side == "left" else [[1, 2], [3, 9]])
    assert padded.dtype == lm.int64


def test_gradients_pass_through():
    inputs = [x.requires_grad_() for x in sequences(2)]

    def there_and_back(*inputs):
        packed = rnn.pack_sequence(inputs, enforce_sorted=False)
        return packed.data, rnn.pad_packed_sequence(packed)[0], rnn.pad_sequence(inputs)

    assert gradcheck(there_and_back, inputs)


def test_conversions_keep_the_order():
    packed = rnn.pack_sequence(sequences(2), enforce_sorted=False)
    assert packed.double() is packed
    assert packed.cpu() is packed
    assert packed.pin_memory() is packed
    for name in ("float", "long", "int", "byte"):
        other = getattr(packed, name)()
        assert other.data.dtype == getattr(packed.data, name)().dtype
        assert other.sorted_indices is packed.sorted_indices
    assert not packed.is_cuda
    assert not packed.is_pinned()
    with pytest.raises(RuntimeError, match="CPU"):
        packed.cuda()
    data, batch_sizes, *_ = rnn.PackedSequence((packed.data, packed.batch_sizes))
    assert (data is packed.data, batch_sizes is packed.batch_sizes) == (True, True)


@pytest.mark.parametrize(
    ("shape", "lengths", "message"),
    [
        ((4, 3), [2, 3, 1], "do not grow.*enforce_sorted=False"),
        ((4, 3), [3, 2, 0], "lengths from 1 to 4"),
        ((4, 3), [5, 2, 1], "lengths from 1 to 4"),
        ((4, 3), [3, 2], "expected 3 lengths"),
        ((4, 3), 3, "expected 3 lengths"),
        ((4,), [3], "not empty"),
        ((4, 0), [], "not empty"),
        ((0, 3), [0, 0, 0], "not empty"),
    ],
)
def test_wrong_lengths(shape, lengths, message):
    with pytest.raises(ValueError, match=r"^\[pack_padded_sequence\] .*" + message):
        rnn.pack_padded_sequence(lm.ones(shape), lengths)


def test_wrong_padding():
    packed = rnn.pack_sequence(sequences(2), enforce_sorted=False)
    with pytest.raises(ValueError, match=r"total_length of at least 5; got 4"):
        rnn.pad_packed_sequence(packed, total_length=4)
    with pytest.raises(ValueError, match="'left' or 'right'; got 'up'"):
        rnn.pad_sequence(sequences(2), padding_side="up")
    with pytest.raises(ValueError, match="at least one tensor"):
        rnn.pad_sequence([])
    with pytest.raises(TypeError, match="expected tensors; got int"):
        rnn.pad_sequence(3)


@pytest.mark.torch
def test_packs_as_pytorch_does():
    torch = pytest.importorskip("torch")
    theirs = torch.nn.utils.rnn
    copies = [torch.tensor(x.numpy()) for x in sequences(3)]
    ours = rnn.pack_sequence(sequences(3), enforce_sorted=False)
    expected = theirs.pack_sequence(copies, enforce_sorted=False)
    for name in ("data", "batch_sizes"):
        same(getattr(ours, name), getattr(expected, name))
    for side in ("left", "right"):
        same(
            rnn.pad_sequence(sequences(3), padding_side=side),
            theirs.pad_sequence(copies, padding_side=side),
        )
