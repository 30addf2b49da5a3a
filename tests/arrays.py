"""The arrays that the tests of exchange with other libraries use."""

import numpy as np

SHAPES = [(), (0,), (3,), (2, 3), (2, 0, 3), (2, 3, 4)]


def numbered(shape, dtype="float32"):
    """0, 1, 2, ... in order."""
    return np.arange(np.prod(shape), dtype=np.int64).reshape(shape).astype(dtype)


def shares_memory(tensor, values):
    return np.shares_memory(tensor.numpy(), values)
