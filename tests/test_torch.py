"""Every row of the tables in cases/ beside PyTorch: shapes, dtypes, values, gradients."""

import numpy as np
import pytest
from cases import collect
from samples import apply, fill, for_lamina, for_torch, function, leaves, named, numpy_of
from tolerances import close

import lamina as lm

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

ROWS = [row for row in collect() if row.torch is not None]


def counterpart(row):
    if callable(row.torch):
        return row.torch
    if row.fn and not row.torch:
        return row.fn
    return named(torch if row.function else torch.Tensor, row.torch or row.name)


def agree(row, ours, theirs):
    ours, theirs = numpy_of(ours), numpy_of(theirs)
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    if ours.dtype.kind != "f":
        np.testing.assert_array_equal(ours, theirs)
        return
    finite = np.abs(theirs[np.isfinite(theirs)])
    close(ours, theirs, ours.dtype.name, 16, finite.max(initial=1.0), row.torch_tol * row.tol)


@pytest.mark.parametrize(
    ("row", "dtype"),
    [pytest.param(row, name, id=f"{row}-{name}") for row in ROWS for name in row.dtypes],
)
def test_agrees_with_pytorch(row, dtype):
    for sample in row.samples:
        call = fill(row, sample, dtype)
        requires_grad = row.grad and dtype == "float64"
        ours, theirs = for_lamina(call, requires_grad), for_torch(call, torch, requires_grad)
        try:
            expected = apply(counterpart(row), theirs)
        except NotImplementedError as reason:
            pytest.skip(str(reason).splitlines()[0])
        got = apply(function(row), ours)
        assert len(got) == len(expected)
        for a, b in zip(got, expected, strict=True):
            if row.ref:
                agree(row, a, b)
            else:
                assert (numpy_of(a).shape, numpy_of(a).dtype) == (
                    numpy_of(b).shape,
                    numpy_of(b).dtype,
                )
        if requires_grad:
            agree_in_gradients(row, (ours, got), (theirs, expected))


def agree_in_gradients(row, ours, theirs):
    for (_, results), library in [(ours, lm), (theirs, torch)]:
        roots = [x for x in results if getattr(x, "requires_grad", False)]
        if roots:
            library.autograd.backward(roots, [library.cos(x.detach()) for x in roots])
    for a, b in zip(leaves(ours[0]), leaves(theirs[0]), strict=True):
        if getattr(a, "requires_grad", False):
            assert (a.grad is None) == (b.grad is None)
            if a.grad is not None:
                agree(row, a.grad, b.grad)
