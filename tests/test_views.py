"""What views are: one memory, seen with other sizes, strides and offsets, as NumPy counts them."""

import numpy as np
import pytest

import lamina as lm

VIEWS = {
    "rows": lambda x: x[1:],
    "every second column": lambda x: x[:, ::2],
    "one row": lambda x: x[2],
    "one element": lambda x: x[1][2:3],
    "a new dimension": lambda x: x[:, None],
    "transposed": lambda x: x.T,
    "reshaped": lambda x: x.reshape(2, 2, 6),
    "parts of transposed parts": lambda x: x.T[1:5][::3, 1:],
    "nothing": lambda x: x[4:],
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_geometry_is_numpys(view):
    array = np.arange(24, dtype=np.float32).reshape(4, 6)
    x = lm.tensor(array)
    expected, got = view(array), view(x)
    assert tuple(got.shape) == got.size() == expected.shape
    assert got.dim() == got.ndim == got.ndimension() == expected.ndim
    assert got.numel() == got.nelement() == expected.size
    assert got.element_size() == got.itemsize == 4
    assert got.is_contiguous() == expected.flags.c_contiguous
    if expected.size:
        offset = expected.ctypes.data - array.ctypes.data
        strides = [step // 4 for step in expected.strides]
        assert [s for s, n in zip(got.stride(), got.shape, strict=True) if n > 1] == [
            s for s, n in zip(strides, expected.shape, strict=True) if n > 1
        ]
        assert got.storage_offset() == offset // 4
        assert got.data_ptr() == x.data_ptr() + offset
    for dim in range(-expected.ndim, expected.ndim):
        assert got.size(dim) == expected.shape[dim]
        assert got.stride(dim) == got.stride()[dim]


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_views_share_memory_and_version(view):
    array = np.arange(24, dtype=np.float32).reshape(4, 6)
    x = lm.tensor(array)
    seen = view(x)
    seen.add_(100)
    np.testing.assert_array_equal(
        x.numpy(), np.where(np.isin(array, view(array)), array + 100, array)
    )
    assert seen._version == x._version == 1


def test_what_cannot_be_seen_is_copied_or_refused():
    x = lm.arange(6).reshape(2, 3)
    with pytest.raises(ValueError, match=r"\[view\].*\(3, 2\).*\(6,\).*reshape"):
        x.t().view(6)
    assert x.t().reshape(6).tolist() == [0, 3, 1, 4, 2, 5]
    assert x.contiguous() is x
    assert x.t().contiguous().data_ptr() != x.data_ptr()


def test_more_dimensions_than_fit():
    x = lm.ones([1] * 12)
    for grow in (lambda: x.unsqueeze(0), lambda: x[None], lambda: x.expand([1] * 13)):
        with pytest.raises(ValueError, match="at most 12 dimensions"):
            grow()
    with pytest.raises(IndexError, match="3"):
        lm.ones(2, 3).size(3)
