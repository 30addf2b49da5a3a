"""lamina.linalg: norms, factorizations and solvers, composed of ops, so that all have gradients."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import NamedTuple

from lamina import _core
from lamina._core import Tensor, dtype, matmul
from lamina.functional import linear_algebra
from lamina.functional.linear_algebra import matrix_power

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
    "outer",
    "slogdet",
    "solve",
    "solve_triangular",
    "vecdot",
    "vector_norm",
]


class LinAlgError(RuntimeError):
    """A matrix that cannot be inverted or factorized."""


class SignAndLog(NamedTuple):
    """What `slogdet` returns."""

    sign: Tensor
    logabsdet: Tensor


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


def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """Multiply each element of one vector with each of another."""
    return linear_algebra.outer(input, vec2)


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:  # noqa: N803
    """View the diagonals of matrices."""
    return _core.diagonal(A, offset, dim1, dim2)


def multi_dot(tensors: Sequence[Tensor]) -> Tensor:
    """Multiply matrices in the order that needs the fewest multiplications.

    The first and the last may be vectors.
    """
    if len(tensors) < 2:
        raise ValueError(f"[multi_dot] expected at least two tensors; got {len(tensors)}")
    sizes = [x.size(0) for x in tensors] + [tensors[-1].size(-1)]
    if tensors[0].ndim == 1:
        sizes[0] = 1
    if tensors[-1].ndim == 1:
        sizes[-1] = 1

    @functools.cache
    def best(first: int, last: int) -> tuple[int, int]:
        """Multiplications for the product of first..last, and the last of its left half."""
        if first == last:
            return 0, first
        scale = sizes[first] * sizes[last + 1]
        return min(
            (best(first, k)[0] + best(k + 1, last)[0] + scale * sizes[k + 1], k)
            for k in range(first, last)
        )

    def product(first: int, last: int) -> Tensor:
        if first == last:
            return tensors[first]
        middle = best(first, last)[1]
        return product(first, middle) @ product(middle + 1, last)

    return product(0, len(tensors) - 1)


# ---- factorizations and solvers ----


def _check_square(op: str, matrix: Tensor) -> None:
    if matrix.ndim < 2 or matrix.size(-1) != matrix.size(-2):
        raise ValueError(f"[{op}] expected square matrices; got shape {tuple(matrix.shape)}")
    if not matrix.is_floating_point():
        raise TypeError(f"[{op}] expected float32 or float64; got {matrix.dtype}")


def cholesky(A: Tensor, *, upper: bool = False) -> Tensor:  # noqa: N803
    """Factorize symmetric positive-definite matrices: `A = L @ L.mT` with L lower triangular."""
    _check_square("cholesky", A)
    rest = (A + A.mT) / 2  # so that the gradient is symmetric too
    columns: list[Tensor] = []
    for i in range(A.size(-1)):
        pivot = rest[..., :1, :1]
        if not bool((pivot > 0).all()):
            raise LinAlgError(
                f"[cholesky] expected positive-definite matrices; got minor {i + 1} not positive"
            )
        column = rest[..., :1] / pivot.sqrt()
        columns.append(_core.pad(column, [0, 0, i, 0]))
        below = column[..., 1:, :]
        rest = rest[..., 1:, 1:] - below @ below.mT
    factor = _core.cat(columns, -1) if columns else A.clone()
    return factor.mT if upper else factor


def solve_triangular(
    A: Tensor,  # noqa: N803
    B: Tensor,  # noqa: N803
    *,
    upper: bool,
    left: bool = True,
    unitriangular: bool = False,
) -> Tensor:
    """Solve `A @ X = B`, or `X @ A = B` if not `left`, for triangular A."""
    _check_square("solve_triangular", A)
    if not left:
        return solve_triangular(A.mT, B.mT, upper=not upper, unitriangular=unitriangular).mT
    if upper:
        lower, reversed_ = A.flip(-2, -1), B.flip(-2)
        return solve_triangular(lower, reversed_, upper=False, unitriangular=unitriangular).flip(-2)
    rows: list[Tensor] = []
    for i in range(A.size(-1)):
        row = B[..., i : i + 1, :]
        if rows:
            row = row - A[..., i : i + 1, :i] @ _core.cat(rows, -2)
        rows.append(row if unitriangular else row / A[..., i : i + 1, i : i + 1])
    return _core.cat(rows, -2) if rows else B.clone()


def _eliminated(A: Tensor, B: Tensor | None = None) -> tuple[Tensor, Tensor]:  # noqa: N803
    """Reduce `A | B` to rows whose left part is upper triangular, with partial pivoting.

    Also returns the sign of the exchanges of rows.
    """
    rest = A if B is None else _core.cat([A, B.expand(*A.shape[:-1], B.size(-1))], -1)
    sign = _core.ones(A.shape[:-2], dtype=A.dtype)
    rows: list[Tensor] = []
    for i in range(A.size(-1)):
        at = rest[..., i].detach().abs().argmax(-1, keepdim=True)
        sign = _core.where(at[..., 0] == 0, sign, -sign)
        index = at.unsqueeze(-1).expand(*at.shape, rest.size(-1))
        pivot_row = rest.gather(-2, index)
        below = _core.arange(1, rest.size(-2)).unsqueeze(-1)
        rest = _core.where(below == index[..., :1], rest[..., :1, :], rest[..., 1:, :])
        pivot = pivot_row[..., i : i + 1]
        # Below a pivot of zero there are zeros already.
        factor = rest[..., i : i + 1] / _core.where(pivot == 0, 1, pivot)
        rest = rest - factor * pivot_row
        rows.append(pivot_row)
    return (_core.cat(rows, -2) if rows else rest), sign


def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:  # noqa: N803
    """Solve `A @ X = B`, or `X @ A = B` if not `left`; B may be a stack of vectors."""
    _check_square("solve", A)
    if not left:
        return solve(A.mT, B.mT).mT
    n = A.size(-1)
    if B.ndim == 1 or (B.ndim == A.ndim - 1 and B.shape == A.shape[:-1]):
        return solve(A, B.unsqueeze(-1)).squeeze(-1)
    if B.size(-2) != n:
        raise ValueError(f"[solve] expected {n} rows; got shape {tuple(B.shape)}")
    rows, _ = _eliminated(A, B)
    triangle, right = rows[..., :n], rows[..., n:]
    if not bool((diagonal(triangle) != 0).all()):
        raise LinAlgError("[solve] expected matrices that can be inverted; got a singular one")
    return solve_triangular(triangle, right, upper=True)


def inv(A: Tensor) -> Tensor:  # noqa: N803
    """Invert matrices."""
    _check_square("inv", A)
    return solve(A, _core.eye(A.size(-1), dtype=A.dtype))


def det(A: Tensor) -> Tensor:  # noqa: N803
    """Return the determinants of matrices."""
    _check_square("det", A)
    triangle, sign = _eliminated(A)
    return sign * diagonal(triangle).prod(-1)


def slogdet(A: Tensor) -> SignAndLog:  # noqa: N803
    """Return the signs of the determinants, and the logarithms of their sizes."""
    _check_square("slogdet", A)
    triangle, sign = _eliminated(A)
    pivots = diagonal(triangle)
    return SignAndLog(sign * pivots.sign().prod(-1), pivots.abs().log().sum(-1))
