"""Random operands beside PyTorch: mixed types, shapes that broadcast, all layouts."""

import numpy as np
import pytest

import lamina as lm

torch = pytest.importorskip("torch")

pytestmark = [pytest.mark.torch, pytest.mark.slow]

ELEMENTWISE = ("add", "mul", "div", "maximum", "fmin", "atan2", "copysign", "xlogy", "eq", "lt")
TYPES = ("float32", "float64", "int64", "int32", "uint8", "bool")
ROUNDS = 150


def where_less(library, a, b):
    return library.where(a < b, a, b)


def lerp_half(library, a, b):
    return library.lerp(a.double(), b.double(), 0.5)


def matmul_self(library, a, b):
    return library.matmul((a + b).double(), (a + b).double().mT)


OWN = {f.__name__: f for f in (where_less, lerp_half, matmul_self)}


def call(library, name, operands):
    return OWN[name](library, *operands) if name in OWN else getattr(library, name)(*operands)


def random_array(rng, shape):
    values = rng.uniform(0, 4, shape)
    return np.asarray(values, dtype=TYPES[rng.integers(len(TYPES))])


def lay_out(library, array, how):
    """The values as a contiguous tensor, a transposed one, every second element, or one row."""
    if how == 1:
        return library.from_numpy(array.T.copy()).mT
    if how == 2:
        return library.from_numpy(array.repeat(2, axis=-1))[..., 1::2]
    if how == 3:
        return library.from_numpy(array[:1].copy()).expand(*array.shape)
    return library.from_numpy(array.copy())


@pytest.mark.parametrize("name", [*ELEMENTWISE, *OWN])
def test_operands(name):
    rng = np.random.default_rng(len(name))
    for _ in range(ROUNDS):
        shape = tuple(int(n) for n in rng.choice([0, 1, 2, 5, 17, 33], 2))
        other = tuple(n if rng.random() < 0.7 else 1 for n in shape)
        arrays = [random_array(rng, shape), random_array(rng, other)]
        layouts = [int(n) for n in rng.integers(0, 4, 2)]
        ours, theirs = (
            call(library, name, [lay_out(library, *x) for x in zip(arrays, layouts, strict=True)])
            for library in (lm, torch)
        )
        expected = theirs.numpy()
        assert (ours.numpy().dtype, ours.shape) == (expected.dtype, expected.shape)
        tolerance = 1e-12 if expected.dtype == np.float64 else 1e-5
        np.testing.assert_allclose(ours.numpy(), expected, rtol=tolerance, atol=tolerance)
