"""Tensors and the rest of Python: NumPy, buffers, DLPack, lists, pickles, copies."""

import array
import copy
import gc
import pickle
import weakref

import numpy as np
import pytest
from cases import ALL

import lamina as lm

SHAPES = [(), (0,), (3,), (2, 3), (2, 0, 3), (2, 3, 4)]


def numbered(shape, dtype="float32"):
    return np.arange(np.prod(shape), dtype=np.int64).reshape(shape).astype(dtype)


def shares_memory(tensor, values):
    return np.shares_memory(tensor.numpy(), values)


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


# ---- DLPack ----


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


# ---- pickles and copies ----


class Named(lm.Tensor):
    """A subclass with a constructor of its own, as Parameter is."""

    def __new__(cls, data, name):
        return lm.Tensor.__new__(cls, data)

    def __init__(self, data, name):
        self.name = name


def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tolist() == b.tolist()


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("dtype", ALL)
def test_pickle(dtype, protocol):
    for shape in SHAPES:
        tensor = lm.tensor(numbered(shape, dtype))
        back = pickle.loads(pickle.dumps(tensor, protocol))
        assert type(back) is lm.Tensor
        assert same(back, tensor)
        back.zero_()  # memory of its own, and not read-only


def test_pickle_of_views_and_leaves():
    base = lm.arange(12.0).reshape(3, 4)
    for view in (base.T, base[:, 1], base[:1].expand(5, 4)):
        assert same(pickle.loads(pickle.dumps(view)), view)
    leaf = lm.ones(2, requires_grad=True)
    back = pickle.loads(pickle.dumps(leaf))
    assert back.requires_grad
    assert back.is_leaf


@pytest.mark.parametrize(
    "duplicate", [lambda x: pickle.loads(pickle.dumps(x)), copy.copy, copy.deepcopy]
)
def test_subclasses_keep_class_and_attributes(duplicate):
    original = Named(lm.ones(2), "weight").requires_grad_()
    made = duplicate(original)
    assert type(made) is Named
    assert made.name == "weight"
    assert made.requires_grad
    assert same(made, original)


def test_pickles_of_dtypes_and_sizes():
    assert pickle.loads(pickle.dumps(lm.float32)) is lm.float32
    size = lm.ones(2, 3).shape
    assert pickle.loads(pickle.dumps(size)) == size


def test_copy_shares_and_deepcopy_does_not():
    x = lm.arange(3.0)
    assert shares_memory(copy.copy(x), x.numpy())
    assert copy.copy(x) is not x
    assert not shares_memory(copy.deepcopy(x), x.numpy())


def test_deepcopy_keeps_identity_and_gradient():
    x = lm.arange(3.0).requires_grad_()
    (x * 2).sum().backward()
    first, second = copy.deepcopy([x, x])
    assert first is second
    assert first.grad.tolist() == [2, 2, 2]
    assert not shares_memory(first.grad, x.grad.numpy())
    with pytest.raises(RuntimeError, match="leaf"):
        copy.deepcopy(x * 2)
