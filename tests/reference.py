"""Holds the result of a row against NumPy's: number of results, shapes, dtypes, values."""

import numpy as np
from cases import FLOATS, DTypeName
from samples import for_numpy, leaves, numpy_of, operands
from tolerances import close

import lamina as lm

SUMS_OF_UNSIGNED = {"uint64": "int64", "uint32": "int64"}


def expected_dtype(row, reference, call):
    """Say which dtype must come; unlike NumPy's, floats stay as narrow as their inputs."""
    if row.result:
        return row.result
    for leaf in leaves(call):
        if isinstance(leaf, DTypeName):
            return leaf.name
    if reference.dtype.kind != "f":
        return SUMS_OF_UNSIGNED.get(reference.dtype.name, reference.dtype.name)
    floats = {x.array.dtype.name for x in operands(call)} & set(FLOATS)
    return max(floats, default="float32")  # "float64" > "float32"


def compare(row, call, got, reference):
    """Assert that results are what the reference says."""
    assert len(got) == len(reference), f"{len(got)} results, expected {len(reference)}"
    for result, expected in zip(got, map(np.asarray, reference), strict=True):
        compare_one(row, call, result, expected)


def compare_one(row, call, result, expected):
    array = numpy_of(result)
    dtype = expected_dtype(row, expected, call)
    assert array.shape == expected.shape, f"shape {array.shape}, expected {expected.shape}"
    if isinstance(result, lm.Tensor):
        assert array.dtype.name == dtype, f"dtype {array.dtype.name}, expected {dtype}"
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(array, expected)
        return
    finite = np.abs(expected[np.isfinite(expected)])
    close(array, expected, dtype, terms(row, call, array), finite.max(initial=1.0), row.tol)


def terms(row, call, result):
    """How many numbers are summed into one result."""
    if row.terms:
        arrays = for_numpy(call)
        return row.terms(*arrays.args, **arrays.kwargs)
    return sum(operand.array.size for operand in operands(call)) / max(result.size, 1)
