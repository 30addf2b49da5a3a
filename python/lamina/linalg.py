"""lamina.linalg: norms, and PyTorch's names for products and solvers, which functional has."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lamina import _core
from lamina._core import Tensor, dtype, matmul
from lamina.functional import linear_algebra
from lamina.functional.linear_algebra import matrix_power, multi_dot
from lamina.functional.solvers import (
    LinAlgError,
    cholesky,
    det,
    inv,
    slogdet,
    solve,
    solve_triangular,
)

__all__ = [
    "LinAlgError",
    "cholesky",
    "cross",
    "det",
    "diagonal",
    "inv",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "multi_dot",
    "norm",
    "slogdet",
    "solve",
    "solve_triangular",
    "vecdot",
    "vector_norm",
]


# ---- norms ----


def vector_norm(
    x: Tensor,
    ord: float = 2,
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    *,
    dtype: dtype | None = None,
) -> Tensor:
    """Return `sum(abs(x) ** ord) ** (1 / ord)` over `dim`, over all by default."""
    return _core.norm(x, ord, dim, keepdim, dtype)


def matrix_norm(
    A: Tensor,  # noqa: N803, PyTorch's name
    ord: float | str = "fro",
    dim: Sequence[int] = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: dtype | None = None,
) -> Tensor:
    """Return a norm of matrices: "fro", or 1, -1, inf, -inf of the sums of columns or rows."""
    if ord == "fro":
        return vector_norm(A, 2, tuple(dim), keepdim, dtype=dtype)
    if ord not in (1, -1, math.inf, -math.inf):
        raise NotImplementedError(f"[matrix_norm] expected 'fro', 1, -1, inf or -inf; got {ord!r}")
    rows, columns = (d % A.ndim for d in dim)
    summed, chosen = (rows, columns) if ord in (1, -1) else (columns, rows)
    sums = vector_norm(A, 1, summed, keepdim=True, dtype=dtype)
    extreme = (_core.amax if ord > 0 else _core.amin)(sums, chosen, True)
    return extreme if keepdim else extreme.squeeze((rows, columns))


def norm(
    A: Tensor,  # noqa: N803
    ord: float | str | None = None,
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    *,
    dtype: dtype | None = None,
) -> Tensor:
    """Return the norm of a vector, or of matrices where `ord` or `dim` speak of two dimensions."""
    dims = None if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    of_matrices = len(dims) == 2 if dims is not None else A.ndim == 2
    if ord is not None and (isinstance(ord, str) or of_matrices):
        return matrix_norm(A, ord, dims or (-2, -1), keepdim, dtype=dtype)
    order = 2.0 if ord is None or isinstance(ord, str) else ord
    return vector_norm(A, order, dims, keepdim, dtype=dtype)


# ---- products ----


def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """Sum the products along `dim`."""
    return (x * y).sum(dim)


def cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """Vector product along `dim`."""
    return linear_algebra.cross(input, other, dim)


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:  # noqa: N803
    """View the diagonals of matrices."""
    return _core.diagonal(A, offset, dim1, dim2)
