"""What is done to all gradients at once: their norm, and scaling."""

import math

import numpy as np
import pytest
from tolerances import close

import lamina as lm
from lamina._core import _optim

SHAPES = ((300, 301), (), (0, 3), (4097,), (7, 5))


def tensors(dtype="float32"):
    rng = np.random.default_rng(0)
    return [lm.tensor(rng.standard_normal(shape).astype(dtype)) for shape in SHAPES]


@pytest.mark.parametrize("order", [1.0, 2.0, math.inf])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_total_norm(order, dtype):
    given = tensors(dtype)
    values = np.concatenate([x.numpy().astype(np.float64).ravel() for x in given])
    found = [_optim.total_norm(given, order).item()]
    close(found[0], np.linalg.norm(values, order), dtype, 4096)
    before = lm.get_num_threads()
    for threads in (1, 2, 4):
        lm.set_num_threads(threads)
        found.append(_optim.total_norm(given, order).item())
    lm.set_num_threads(before)
    assert len(set(found)) == 1


def test_total_norm_of_odd_tensors():
    assert _optim.total_norm([]).item() == 0
    turned = lm.ones(3, 4)[:, ::2].T
    assert _optim.total_norm([turned, lm.ones(3, dtype=lm.float64)]).item() == 3
    for order in (1.0, 2.0, math.inf):
        values = lm.tensor([1.0, math.nan, 3.0] + [0.0] * 9000)
        assert math.isnan(_optim.total_norm([values, lm.ones(2)], order).item())
    with pytest.raises(ValueError, match=r"norm_type 1, 2 or infinity; got 3"):
        _optim.total_norm([lm.ones(2)], 3)
    with pytest.raises(TypeError, match="floating type; got int64"):
        _optim.total_norm([lm.ones(2, dtype=lm.int64)])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scale(dtype):
    given = tensors(dtype)
    apart = lm.ones(4, 4)[::2]
    expected = [x.numpy() * np.asarray(0.3, dtype) for x in given]
    versions = [x._version for x in given]
    _optim.scale([*given, apart], lm.tensor(0.3, dtype=getattr(lm, dtype)))
    for x, wanted, version in zip(given, expected, versions, strict=True):
        assert np.array_equal(x.numpy(), wanted)
        assert x._version > version
    assert apart[1, 2].item() == np.float32(0.3)
    with pytest.raises(ValueError, match="a factor of one element"):
        _optim.scale(given, lm.ones(2))


def test_both_are_captured():
    weight = lm.ones(3)

    @lm.compile
    def clip(x):
        grads = [x * 1, x[:1] * 2]
        _optim.scale(grads, 1 / _optim.total_norm(grads))
        return grads[0] + weight

    for value in (1.0, 2.0, 5.0):
        wanted = 1 + 1 / math.sqrt(7)
        assert clip(lm.full((3,), value)).tolist() == pytest.approx([wanted] * 3)
    assert len(clip.programs()) == 1
