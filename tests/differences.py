"""What finite differences are taken of, and along; the tests compare them with gradients."""

import numpy as np

import lamina as lm

FULL_JACOBIAN = 200  # elements; of more, one random direction is tried


def cotangents(results):
    """Weights of every output element, so that one backward pass sees the whole Jacobian."""
    rng = np.random.default_rng(1)
    return [lm.tensor(rng.uniform(0.5, 1.5, tuple(x.shape))) for x in results]


def directions(arrays):
    """Every unit vector of the inputs if they are few, else one random direction."""
    total = sum(array.size for array in arrays)
    random = np.random.default_rng(2).standard_normal((1, total))
    basis = np.eye(total) if total <= FULL_JACOBIAN else random / np.linalg.norm(random)
    ends = np.cumsum([array.size for array in arrays])[:-1]
    for direction in basis:
        parts = np.split(direction, ends)
        yield [part.reshape(array.shape) for part, array in zip(parts, arrays, strict=True)]
