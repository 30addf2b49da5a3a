"""save and load: what comes back, common memory, other tools' files; damage is in test_load.py."""

import io
import math
import os
import pathlib
from collections import Counter, OrderedDict
from types import SimpleNamespace

import numpy as np
import pytest
from cases import ALL
from hypothesis import given
from hypothesis import strategies as st

import lamina as lm
from lamina import nn

KEPT = pathlib.Path(__file__).with_name("data") / "version1.safetensors"


def through(value, path=None):
    if path is not None:
        lm.save(value, path)
        return lm.load(path)
    file = io.BytesIO()
    lm.save(value, file)
    file.seek(0)
    return lm.load(file)


def same(a, b):
    """Equal in class and bits, all the way down."""
    if type(a) is not type(b):
        return False
    if isinstance(a, lm.Tensor):
        return (a.dtype, a.shape) == (b.dtype, b.shape) and same(a.numpy(), b.numpy())
    if isinstance(a, np.ndarray | np.generic):
        return (a.dtype, a.shape) == (b.dtype, b.shape) and a.tobytes() == b.tobytes()
    if isinstance(a, dict):
        pairs = zip(a.items(), b.items(), strict=True)
        return len(a) == len(b) and all(same(x, y) for x, y in pairs)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return repr(a) == repr(b)


def example():
    """Everything that version 1 of the format can hold."""
    x = lm.arange(12.0).reshape(3, 4)
    return {
        "model": OrderedDict(weight=x, tied=x, row=x[1], transposed=x.T),
        "optimizer": {"state": {0: {"step": lm.tensor(3.0)}}, "betas": (0.9, 0.999)},
        "types": [lm.ones(2, dtype=getattr(lm, name)) for name in sorted(ALL)],
        "arrays": [np.arange(3, dtype=np.int16), np.float32(2.5), np.array(7, np.uint32)],
        "plain": [None, True, 0, -(2**70), 1.5, -0.0, math.inf, -math.inf, math.nan, "é", b"\0\1"],
        "counts": Counter({3: 2, 7: 1}),
        "shapes": [lm.tensor(1), lm.empty(0, 3), lm.arange(10)[::3], lm.zeros(1).expand(4)],
        ("keys", 1): {None: (), 2.5: [], False: {}, "": "empty"},
    }


def test_everything_comes_back(tmp_path):
    assert same(through(example()), example())
    assert same(through(example(), tmp_path / "file"), example())


def test_the_file_of_version_1_loads_for_ever():
    loaded = lm.load(KEPT)
    assert same(loaded, example())
    model = loaded["model"]
    model["weight"][1, 2] = 99
    assert [
        model["tied"][1, 2].item(),
        model["row"][2].item(),
        model["transposed"][2, 1].item(),
    ] == [99] * 3


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
VALUES = st.recursive(
    PLAIN | st.builds(lm.tensor, st.lists(st.floats(width=32), max_size=3)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=12,
)


@given(VALUES)
def test_any_value_comes_back(value):
    assert same(through(value), value)


@pytest.mark.parametrize("dtype", ALL)
@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (1,), (2, 3), (1,) * 12])
def test_every_type_and_shape(dtype, shape):
    count = math.prod(shape)
    tensor = lm.arange(count).reshape(shape).to(getattr(lm, dtype))
    assert same(through(tensor), tensor)
    assert same(through({"x": tensor}), {"x": tensor})


def test_values_of_floats_keep_their_bits():
    bits = np.array([0x7FC00001, 0xFFC12345, 0x80000000, 1, 0x7F800000], np.uint32)
    assert same(through(lm.from_numpy(bits.view(np.float32))).numpy().view(np.uint32), bits)


def test_arrays_of_any_layout():
    swapped = np.arange(6, dtype=">f4").reshape(2, 3).T
    loaded = through(swapped)
    assert loaded.dtype == np.float32
    assert np.array_equal(loaded, swapped)


def test_views_are_saved_without_what_they_do_not_show():
    big = lm.zeros(1000, 1000)
    file = io.BytesIO()
    lm.save([big[0, :9], big[5:, 3], lm.rand(1000, 1000)[:, 1]], file)
    assert len(file.getvalue()) < 20_000


# ---- common memory ----


def common(a, b):
    before = b.clone()
    with lm.no_grad():
        a.add_(1)
    return not lm.equal(before, b)


def test_common_memory_is_saved_once_and_shared_again():
    x = lm.rand(100, 100)
    file = io.BytesIO()
    lm.save({"x": x, "again": x.detach(), "part": x[10:20], "other": x.clone()}, file)
    assert len(file.getvalue()) < 2 * x.numel() * 4 + 2000
    file.seek(0)
    loaded = lm.load(file)
    assert common(loaded["x"], loaded["again"])
    assert common(loaded["part"], loaded["x"])
    assert not common(loaded["x"], loaded["other"])


def test_overlapping_views_share_though_none_holds_all():
    x = lm.arange(100.0)
    loaded = through({"early": x[10:30], "late": x[20:40], "steps": x[12:38:5], "alone": x[90:]})
    assert same(loaded["late"], x[20:40])
    assert same(loaded["steps"], x[12:38:5].contiguous())
    loaded["early"][15] = -1
    assert (loaded["late"][5].item(), x[25].item()) == (-1, 25)
    assert not common(loaded["alone"], loaded["late"])


def test_tied_weights_stay_tied():
    layer = nn.Linear(3, 3)
    tied = nn.Sequential(layer, nn.Tanh(), layer)
    loaded = through(tied.state_dict())
    assert common(loaded["0.weight"], loaded["2.weight"])
    assert isinstance(loaded, OrderedDict)


def test_gradients_and_classes_stay_behind():
    loaded = through(nn.Parameter(lm.ones(2)))
    assert type(loaded) is lm.Tensor
    assert not loaded.requires_grad


# ---- files of other tools ----


def test_a_state_dict_is_a_file_that_any_tool_reads(tmp_path):
    load_file = pytest.importorskip("safetensors.numpy").load_file
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    lm.save(model.state_dict(), tmp_path / "m.safetensors")
    read = load_file(tmp_path / "m.safetensors")
    assert read.keys() == model.state_dict().keys()
    assert all(np.array_equal(read[name], x.numpy()) for name, x in model.state_dict().items())


def test_a_file_of_another_tool_is_a_dict(tmp_path):
    save_file = pytest.importorskip("safetensors.numpy").save_file
    arrays = {"b": np.ones((2, 3)), "a.weight": np.arange(4), "empty": np.zeros((0, 2), np.float32)}
    save_file(arrays, tmp_path / "m", {"format": "pt"})
    loaded = lm.load(str(tmp_path / "m"))
    assert type(loaded) is dict
    assert same(loaded, {name: lm.tensor(arrays[name]) for name in loaded})
    assert loaded.keys() == arrays.keys()


def test_types_that_tensors_lack(tmp_path):
    save_file = pytest.importorskip("safetensors.numpy").save_file
    save_file({"x": np.ones(2, np.float16)}, tmp_path / "half")
    with pytest.raises(ValueError, match=r"\[load\] .*half: 'x' is of dtype float16"):
        lm.load(tmp_path / "half")


# ---- arguments ----


def test_a_model_is_told_to_be_saved_as_its_state(tmp_path):
    with pytest.raises(TypeError, match=r"got Linear at the top: save its state_dict\(\)"):
        lm.save(lm.nn.Linear(2, 2), tmp_path / "file")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({"a": {"b": [1, SimpleNamespace()]}}, "SimpleNamespace at a.b.1"),
        ({1, 2}, "set at the top"),
        ({"x": 1j}, "complex at x"),
        ({"x": np.array(["a"])}, "an array of <U1 at x"),
        ([lm.float32], "dtype at 0"),
    ],
)
def test_what_cannot_be_saved_is_named(value, where, tmp_path):
    with pytest.raises(TypeError, match=rf"\[save\] expected tensors, .*; got {where}"):
        lm.save(value, tmp_path / "file")
    assert os.listdir(tmp_path) == []


def test_values_that_hold_themselves():
    value = []
    value.append(value)
    with pytest.raises(ValueError, match=r"\[save\] expected values that end"):
        lm.save(value, io.BytesIO())


def test_lazy_parameters_have_no_values_yet():
    with pytest.raises(RuntimeError, match="there is no shape before the first call"):
        lm.save(nn.LazyLinear(3).state_dict(), io.BytesIO())


def test_files_and_their_places(tmp_path):
    with open(tmp_path / "open", "wb") as file:
        lm.save([1], file)
    with open(tmp_path / "open", "rb") as file:
        assert lm.load(file) == [1]
    reader, writer = os.pipe()
    with open(writer, "wb") as pipe:
        lm.save([2], pipe)
    with open(reader, "rb") as pipe:
        assert lm.load(pipe) == [2]
    for function in (lambda: lm.save(1, 3), lambda: lm.load(3)):
        with pytest.raises(TypeError, match=r"expected a path or a binary file; got a int"):
            function()
    with pytest.raises(FileNotFoundError):
        lm.load(tmp_path / "nothing")


def test_map_location_and_weights_only(tmp_path):
    lm.save([1], tmp_path / "file")
    for place in ("cpu", lm.device("cpu"), None):
        assert lm.load(tmp_path / "file", map_location=place, weights_only=False) == [1]
    with pytest.raises(RuntimeError, match="computes on the CPU"):
        lm.load(tmp_path / "file", map_location="cuda")
