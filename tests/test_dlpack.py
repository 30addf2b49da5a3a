"""Memory handed to other libraries and taken from them through DLPack."""

import gc

import numpy as np
import pytest
from arrays import SHAPES, numbered, shares_memory
from cases import ALL

import lamina as lm


@pytest.mark.parametrize("dtype", ALL)
@pytest.mark.parametrize("shape", SHAPES)
def test_dlpack_to_numpy_and_back(shape, dtype):
    tensor = lm.tensor(numbered(shape, dtype))
    values = np.from_dlpack(tensor)
    assert values.dtype == numbered((), dtype).dtype
    np.testing.assert_array_equal(values, numbered(shape, dtype))
    back = lm.from_dlpack(values)
    assert back.dtype == tensor.dtype
    assert tuple(back.shape) == shape
    assert not values.size or shares_memory(back, values)


def test_dlpack_strides_copies_and_versions():
    x = lm.arange(12.0).reshape(3, 4).T
    np.testing.assert_array_equal(np.from_dlpack(x), x.numpy())
    assert shares_memory(lm.from_dlpack(x), x.numpy())
    assert not shares_memory(lm.from_dlpack(x, copy=True), x.numpy())
    assert "dltensor_versioned" in repr(x.__dlpack__(max_version=(1, 0)))
    assert '"dltensor"' in repr(x.__dlpack__())
    assert x.__dlpack_device__() == (1, 0)
    with pytest.raises(ValueError, match="positive strides"):
        lm.from_dlpack(np.arange(3.0)[::-1])


def test_dlpack_capsules_are_used_once():
    x = lm.arange(3.0)
    capsule = x.__dlpack__()
    assert lm.from_dlpack(capsule).tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="PyCapsule"):
        lm.from_dlpack(capsule)


def test_dlpack_keeps_the_memory():
    capsule = lm.arange(3.0).__dlpack__(max_version=(1, 0))
    kept = lm.from_dlpack(capsule)
    del capsule
    gc.collect()
    assert kept.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: lm.from_dlpack([1]), TypeError, "__dlpack__"),
        (lambda: lm.from_dlpack(np.zeros(2, np.complex64)), TypeError, "64 bits"),
        (lambda: lm.zeros(2).__dlpack__(stream=1), BufferError, "stream"),
        (lambda: lm.zeros(2).__dlpack__(dl_device=(2, 0)), BufferError, "CPU"),
    ],
)
def test_dlpack_errors(make, error, text):
    with pytest.raises(error, match=text):
        make()


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore:__array__ implementation")  # PyTorch's lacks copy=
def test_dlpack_with_torch():
    torch = pytest.importorskip("torch")
    x = lm.arange(6.0).reshape(2, 3)
    theirs = torch.from_dlpack(x)
    theirs[0, 1] = 9
    ours = lm.from_dlpack(theirs.T)
    assert x[0, 1].item() == 9
    assert ours.tolist() == theirs.T.tolist()
    assert lm.tensor(theirs).tolist() == theirs.tolist()
    assert torch.tensor(x.numpy()).tolist() == x.tolist()
