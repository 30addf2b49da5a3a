"""load on files that are cut, altered or made to harm: a clear error and nothing else."""

import io
import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lamina as lm


def saved(value):
    file = io.BytesIO()
    lm.save(value, file)
    return file.getvalue()


WHOLE = saved(
    {"x": lm.arange(6.0), "flags": lm.tensor([True, False]), "v": [lm.ones(3), (1, None)]}
)


def refused(octets, match=r"\[load\] the file: "):
    with pytest.raises(ValueError, match=match):
        lm.load(io.BytesIO(octets))


def packed(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def entry(dtype="F32", shape=(1,), offsets=(0, 4)):
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def with_tree(content):
    return packed(
        {"__metadata__": {"lamina": content}, "x": entry(shape=[4], offsets=[0, 16])}, b"0" * 16
    )


@pytest.mark.parametrize("length", range(0, len(WHOLE), 7))
def test_cut(length):
    refused(WHOLE[:length])
    refused(WHOLE + WHOLE[: length + 1])


def outcome(octets):
    try:
        lm.load(io.BytesIO(octets))
    except ValueError as error:
        assert str(error).startswith("[load] the file: ")  # noqa: PT017, success is allowed too


@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1))
def test_altered(changes):
    octets = bytearray(WHOLE)
    for place, value in changes:
        octets[place] = value
    outcome(bytes(octets))


@given(st.binary())
def test_noise(octets):
    outcome(octets)
    outcome(packed(octets))


def mutated(octets, rng):
    """A copy with bytes changed, cut out, put in twice or swapped, mostly in the header."""
    octets = bytearray(octets)
    for _ in range(rng.integers(1, 5)):
        start, other = rng.integers(0, rng.choice([9, len(octets) // 2, len(octets)]), 2)
        length = rng.integers(1, 40)
        piece = octets[start : start + length]
        kind = rng.integers(5)
        if kind == 0:
            octets[start : start + length] = rng.bytes(len(piece))
        elif kind == 1:
            octets[start] ^= 1 << int(rng.integers(8))
        elif kind == 2:
            del octets[start : start + length]
        elif kind == 3:
            octets[other:other] = piece
        else:
            octets[other : other + len(piece)] = piece
        if len(octets) < 40:
            break
    return bytes(octets)


@pytest.mark.slow
def test_ten_thousand_mutated_files(tmp_path):
    model = lm.nn.Sequential(lm.nn.Linear(3, 2), lm.nn.BatchNorm1d(2))
    optimizer = lm.optim.Adam(model.parameters())
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    originals = [WHOLE, saved(model.state_dict()), saved(state | {"rng": lm.get_rng_state()})]
    rng = np.random.default_rng(0)
    path = tmp_path / "file"
    refusals = 0
    lm.reset_peak_memory()
    before = lm.memory_stats()["peak"]
    tracemalloc.start()
    for number in range(10_000):
        path.write_bytes(mutated(originals[number % 3], rng))
        try:
            lm.load(path)
        except ValueError as error:
            assert str(error).startswith(f"[load] {path}: ")  # noqa: PT017, success is allowed too
            refusals += 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 5_000 < refusals < 10_000  # what changes values alone cannot be seen
    assert peak < 2**20
    assert lm.memory_stats()["peak"] < before + 2**20


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["x", "F32", "nan"]),
    lambda inner: st.lists(inner)
    | st.dictionaries(
        st.sampled_from(["tensor", "view", "dict", "Counter", "float", "tuple", "bytes", "lamina",
                         "dtype", "shape", "data_offsets", "x", "tree", "version", "scalar"]),
        inner,
    ),
)  # fmt: skip


@given(JSON)
def test_any_header(content):
    outcome(packed({"x": content}))
    outcome(packed(content))
    outcome(packed({"__metadata__": content}))


@given(JSON)
def test_any_tree(content):
    outcome(with_tree(json.dumps({"version": 1, "tree": content})))
    outcome(with_tree(json.dumps(content)))


@pytest.mark.parametrize(
    ("header", "data"),
    [
        ({"x": entry()}, b""),
        ({"x": entry()}, b"12345"),
        ({"x": entry(offsets=[4, 8])}, b"1" * 8),
        ({"x": entry(), "y": entry()}, b"1" * 4),
        ({"x": entry(), "y": entry(offsets=[6, 10])}, b"1" * 10),
        ({"x": entry(offsets=[4, 0])}, b"1" * 4),
        ({"x": entry(shape=[-1, -1])}, b"1" * 4),
        ({"x": entry(shape=[True])}, b"1" * 4),
        ({"x": entry(shape=[1.0])}, b"1" * 4),
        ({"x": entry(shape=[2**62, 4], offsets=[0, 0])}, b""),
        ({"x": entry(shape=[0, 2**62], offsets=[0, 0])}, b""),
        ({"x": entry(shape=[0, 2**80], offsets=[0, 0])}, b""),
        ({"x": entry(shape=[1] * 13)}, b"1" * 4),
        ({"x": entry(shape=[1] * 65)}, b"1" * 4),
        ({"x": entry(shape=[2**40], offsets=[0, 2**42])}, b"1" * 4),
        ({"x": entry("BF16", offsets=[0, 2])}, b"12"),
        ({"x": entry(["F32"])}, b"1" * 4),
        ({"x": entry("BOOL", offsets=[0, 1])}, b"\x02"),
        ({"x": None}, b""),
        ({"x": {}}, b""),
        ([], b""),
        ({"__metadata__": []}, b""),
        (b'{"x": ', b""),
        (b"\xff\xfe", b""),
        (b"[" * 100_000, b""),
        (b"9" * 5000, b""),
    ],
)
def test_made_to_harm(header, data):
    refused(packed(header, data))


@pytest.mark.parametrize(
    "tree",
    [
        {"tensor": "y"},
        {"tensor": "x", "view": [0, [5], [1]]},
        {"tensor": "x", "view": [-1, [1], [1]]},
        {"tensor": "x", "view": [0, [2], [-1]]},
        {"tensor": "x", "view": [0, [2**63], [1]]},
        {"tensor": "x", "view": [0, [1] * 13, [1] * 13]},
        {"tensor": "x", "view": 0},
        {"tensor": []},
        {"dict": [[[], 1]]},
        {"dict": [[1]]},
        {"Counter": 3},
        {"os.system": "x"},
        {},
    ],
)
def test_trees_made_to_harm(tree):
    refused(with_tree(json.dumps({"version": 1, "tree": tree})), "expected metadata as save writes")


def test_deep_trees():
    refused(
        with_tree('{"version": 1, "tree": ' + "[" * 100_000), "expected metadata as save writes"
    )


def test_later_versions_are_named():
    refused(with_tree('{"version": 2}'), "expected version 1 of the format; got 2")


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\x80\x02ctorch"])
def test_pickles_are_refused_pytorch_52596(start):
    refused(start + bytes(3) + b"\1" + bytes(100), "expected a safetensors file; got a pickle")


@pytest.mark.parametrize("claim", [2**20, 2**40, 2**63])
def test_no_allocation_beyond_the_size_of_the_file(claim):
    lying = [
        packed({"x": entry(shape=[claim // 4], offsets=[0, claim])}, b"1" * 100),
        claim.to_bytes(8, "little") + b"{}" + bytes(100),
    ]
    for octets in lying:
        lm.reset_peak_memory()
        before = lm.memory_stats()["peak"]
        tracemalloc.start()
        refused(octets)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2**17
        assert lm.memory_stats()["peak"] <= before


def test_a_file_that_ends_while_it_is_read():
    class Cut(io.BytesIO):
        def readinto(self, buffer):
            return super().readinto(memoryview(buffer)[:5]) if self.tell() < len(WHOLE) - 9 else 0

    with pytest.raises(ValueError, match=r"\[load\] the file: it ended within '"):
        lm.load(Cut(WHOLE))


def test_short_reads_are_gone_on_with():
    class Slow(io.BytesIO):
        def readinto(self, buffer):
            return super().readinto(memoryview(buffer)[:3])

    assert np.array_equal(lm.load(Slow(WHOLE))["x"].numpy(), np.arange(6))
