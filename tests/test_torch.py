"""Every row of the tables in cases/ beside PyTorch: shapes, dtypes, values, gradients."""

import numpy as np
import pytest
from cases import collect
from samples import apply, fill, for_lamina, for_torch, function, leaves, named, numpy_of, operands
from tolerances import close, factor_of

import lamina as lm

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore::UserWarning"),  # PyTorch deprecates some of its names
]
torch = pytest.importorskip("torch")

ROWS = [row for row in collect() if row.torch is not None]


def counterpart(row):
    if callable(row.torch):
        return row.torch
    if row.fn and not row.torch:
        return row.fn
    return named(torch if row.function else torch.Tensor, row.torch or row.name)


def agree(row, call, ours, theirs):
    ours, theirs = numpy_of(ours), numpy_of(theirs)
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    if ours.dtype.kind != "f":
        np.testing.assert_array_equal(ours, theirs)
        return
    finite = np.abs(theirs[np.isfinite(theirs)])
    scale, terms = finite.max(initial=1.0), 16 + sum(x.array.size for x in operands(call))
    name = ours.dtype.name
    close(ours, theirs, name, terms, scale, factor_of(row.torch_tol, name) * row.tol)


@pytest.mark.parametrize(
    ("row", "dtype"),
    [pytest.param(row, name, id=f"{row}-{name}") for row in ROWS for name in row.dtypes],
)
def test_agrees_with_pytorch(row, dtype):
    for sample in (sample for sample in row.samples if sample.torch):
        call = fill(row, sample, dtype)
        requires_grad = bool(row.grad) and dtype == "float64"
        ours, theirs = for_lamina(call, requires_grad), for_torch(call, torch, requires_grad)
        try:
            expected = apply(counterpart(row), theirs)
        except NotImplementedError as reason:
            pytest.skip(str(reason).splitlines()[0])
        got = apply(function(row), ours)
        assert len(got) == len(expected)
        for a, b in zip(got, expected, strict=True):
            if row.ref:
                agree(row, call, a, b)
            else:
                assert (a.shape, a.dtype.name) == (tuple(b.shape), numpy_of(b).dtype.name)
        if requires_grad:
            weights = [np.cos(np.nan_to_num(numpy_of(x))) for x in expected]
            differentiate(got, weights, lm)
            differentiate(expected, weights, torch)
            for a, b in zip(leaves(ours), leaves(theirs), strict=True):
                if getattr(b, "requires_grad", False):
                    agree(row, call, gradient(a, lm), gradient(b, torch))


def differentiate(results, weights, library):
    pairs = [
        (x, library.tensor(w))
        for x, w in zip(results, weights, strict=True)
        if getattr(x, "requires_grad", False)
    ]
    if pairs:
        library.autograd.backward(*map(list, zip(*pairs, strict=True)))


def gradient(tensor, library):
    """The gradient; none and zeros mean the same."""
    return library.zeros_like(tensor) if tensor.grad is None else tensor.grad
