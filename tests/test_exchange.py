"""Tensors beside NumPy arrays, other buffers and lists, without copies where that is possible."""

import array
import gc
import weakref

import numpy as np
import pytest
from arrays import SHAPES, numbered, shares_memory
from cases import ALL

import lamina as lm

# ---- NumPy ----


@pytest.mark.parametrize("dtype", ALL)
@pytest.mark.parametrize("shape", SHAPES)
def test_numpy_and_back_without_a_copy(shape, dtype):
    values = numbered(shape, dtype)
    tensor = lm.from_numpy(values)
    assert tuple(tensor.shape) == shape
    back = tensor.numpy()
    assert back.dtype == values.dtype
    np.testing.assert_array_equal(back, values)
    assert not values.size or np.shares_memory(back, values)


def test_changes_are_seen_on_both_sides():
    values = np.zeros((3, 4), np.float32)
    tensor = lm.from_numpy(values)
    values[1, 2] = 5
    tensor[2, 3] = 7
    assert tensor[1, 2].item() == 5
    assert values[2, 3] == 7


@pytest.mark.parametrize(
    "view",
    [lambda a: a.T, lambda a: a[::2], lambda a: a[:, 1:3], lambda a: a[1], lambda a: a[:, None]],
)
def test_strides_are_kept(view):
    values = view(numbered((6, 4)))
    tensor = lm.from_numpy(values)
    assert shares_memory(tensor, values)
    np.testing.assert_array_equal((tensor + 1).numpy(), values + 1)
    np.testing.assert_array_equal(tensor.numpy(), values)


@pytest.mark.parametrize("view", [lambda a: a[::-1], lambda a: a.T[::-1]])
def test_negative_strides_are_copied_where_that_is_allowed(view):
    values = view(numbered((3, 4)))
    with pytest.raises(ValueError, match=r"\[from_numpy\] .* positive strides"):
        lm.from_numpy(values)
    for make in (lm.tensor, lm.as_tensor, lm.asarray):
        np.testing.assert_array_equal(make(values).numpy(), values)


def test_strides_that_are_no_whole_elements():
    records = np.zeros(4, dtype=[("a", np.uint8), ("b", np.float32)])
    with pytest.raises(ValueError, match=r"\[from_numpy\]"):
        lm.from_numpy(records["b"])
    assert lm.tensor(records["b"]).tolist() == [0, 0, 0, 0]


def test_misaligned_memory_is_copied():
    values = np.frombuffer(b"x" + np.arange(3, dtype=np.float64).tobytes(), np.float64, 3, 1)
    with pytest.raises(ValueError, match="aligned"):
        lm.from_numpy(values)
    assert lm.tensor(values).tolist() == [0, 1, 2]


def test_read_only_arrays_cannot_be_changed():
    values = numbered((3,))
    values.flags.writeable = False
    tensor = lm.from_numpy(values)
    for change in (lambda x: x.add_(1), lambda x: x[1:].zero_(), lambda x: x.uniform_()):
        with pytest.raises(ValueError, match="read-only"):
            change(tensor)
    assert not tensor.numpy().flags.writeable
    assert tensor.tolist() == [0, 1, 2]
    with pytest.raises(BufferError, match="read-only"):
        tensor.__dlpack__()
    assert not np.from_dlpack(tensor).flags.writeable


def test_the_memory_lives_as_long_as_either_side():
    values = np.arange(4.0)
    tensor = lm.from_numpy(values)
    watch = weakref.ref(values)
    del values
    assert tensor.sum().item() == 6
    assert watch() is not None
    del tensor
    gc.collect()
    assert watch() is None

    tensor = lm.arange(4.0)
    exported = tensor.numpy()
    tensor.data = lm.zeros(2)  # the old memory is still in use
    del tensor
    np.testing.assert_array_equal(exported, [0, 1, 2, 3])


def test_numpy_of_what_requires_grad():
    x = lm.ones(2, requires_grad=True)
    for export in (x.numpy, x.__array__, x.__dlpack__, lambda: np.asarray(x)):
        with pytest.raises(RuntimeError, match="detach"):
            export()
    np.testing.assert_array_equal(x.numpy(force=True), [1, 1])
    np.testing.assert_array_equal(x.detach().numpy(), [1, 1])


def test_array_protocol():
    x = lm.tensor([1.5, -2.5])
    assert np.asarray(x).dtype == np.float32
    assert np.shares_memory(np.asarray(x), x.numpy())
    assert not np.shares_memory(np.array(x), x.numpy())
    assert np.asarray(x, dtype=np.float64).dtype == np.float64
    assert x.__array__(np.float64).dtype == np.float64
    assert not np.shares_memory(x.__array__(copy=True), x.numpy())
    with pytest.raises(ValueError, match="no copy"):
        x.__array__(np.float64, copy=False)


def test_numpy_functions_return_tensors():
    x = lm.tensor([0.0, 1.0])
    result = np.exp(x)
    assert isinstance(result, lm.Tensor)
    np.testing.assert_allclose(result.numpy(), np.exp([0, 1]), rtol=1e-6)


@pytest.mark.parametrize(
    "values", [np.arange(3.0), np.arange(3), np.float64(2), np.float32(2), np.int64(2)], ids=repr
)
def test_arithmetic_with_numpy(values):
    x = lm.tensor([1.0, 2.0, 4.0])
    wide = isinstance(values, np.ndarray) and values.dtype == np.float64
    for result, expected in [
        (values + x, values + x.numpy()),
        (x + values, x.numpy() + values),
        (values - x, values - x.numpy()),
        (x * values, x.numpy() * values),
        (values / x, values / x.numpy()),
        (values < x, values < x.numpy()),
        (x == values, x.numpy() == values),
    ]:
        assert isinstance(result, lm.Tensor)
        assert result.dtype in (lm.bool, lm.float64 if wide else lm.float32)
        np.testing.assert_allclose(result.numpy(), expected, rtol=1e-6)


def test_arrays_with_negative_strides_are_operands():
    assert (lm.zeros(3) + np.arange(3.0)[::-1]).tolist() == [2, 1, 0]


@pytest.mark.parametrize(
    "dtype", ["complex64", "float16", "int8", "uint16", "<U3", "object", ">f4"]
)
def test_types_that_no_tensor_has(dtype):
    values = np.zeros(2, dtype)
    name = r"<U3|str" if dtype == "<U3" else dtype
    for make in (lm.tensor, lm.as_tensor, lm.from_numpy):
        with pytest.raises(TypeError, match=f"float64; got ({name})"):
            make(values)


@pytest.mark.parametrize("dtype", ["float16", "int8", "uint16", "object", ">f4"])
def test_types_that_are_converted_when_asked(dtype):
    converted = lm.tensor(np.arange(3).astype(dtype), dtype=lm.float32)
    assert converted.dtype == lm.float32
    assert converted.tolist() == [0, 1, 2]


# ---- other buffers ----


@pytest.mark.parametrize("dtype", ALL)
def test_memoryview(dtype):
    values = numbered((2, 3), dtype)
    view = memoryview(lm.tensor(values))
    assert view.shape == (2, 3)
    assert view.tolist() == values.tolist()
    assert not memoryview(lm.from_numpy(values).T).c_contiguous


@pytest.mark.parametrize(
    "data", [bytearray(b"\1\2"), array.array("f", [1, 2]), memoryview(b"\1\2")]
)
def test_tensor_of_buffers(data):
    assert lm.tensor(data).tolist() == [1, 2]


def test_buffers_of_strided_memory_need_a_consumer_that_knows():
    with pytest.raises(BufferError, match="contiguous"):
        array.array("B").frombytes(lm.ones(2, 3).T)


# ---- lists ----


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ALL)
def test_tolist(shape, dtype):
    values = numbered(shape, dtype)
    tensor = lm.tensor(values)
    assert tensor.tolist() == values.tolist()
    assert tensor.T.tolist() == values.T.tolist()


def test_tolist_gives_python_numbers():
    kinds = {dtype: type(lm.zeros((), dtype=getattr(lm, dtype)).tolist()) for dtype in ALL}
    assert {kinds["bool"]} == {bool}
    assert {kinds[name] for name in ("uint8", "int32", "int64")} == {int}
    assert {kinds[name] for name in ("float32", "float64")} == {float}
