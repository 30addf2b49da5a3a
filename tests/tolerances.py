"""The one place of tolerances: how far a float result may be from its reference."""

import math

import numpy as np

EPS = {"float32": 2.0**-23, "float64": 2.0**-52}

# Units in the last place that an op may lose; the C++ tests hold vector math to closer bounds.
ULPS = 8

# Central differences of step h in float64 err by h^2 from the formula and eps / h from rounding.
STEP = 1e-5
DIFFERENCES = 1e-6


def factor_of(tolerance, dtype):
    """A row's factor: one number for all types, or a dictionary of those that are not 1."""
    return tolerance.get(dtype, 1.0) if isinstance(tolerance, dict) else tolerance


def close(got, reference, dtype, terms=1, scale=1.0, factor=1.0):
    """Assert that results agree up to rounding.

    `terms` numbers of size `scale` make up a result: their roundings add like a random walk.
    """
    unit = factor * ULPS * EPS[dtype] * math.sqrt(max(terms, 1))
    np.testing.assert_allclose(got, reference, rtol=unit, atol=unit * scale)


def close_differences(analytic, numeric, scale=1.0, factor=1.0):
    """Assert that a gradient in float64 agrees with finite differences."""
    bound = factor * DIFFERENCES
    np.testing.assert_allclose(analytic, numeric, rtol=bound, atol=bound * max(scale, 1.0))
