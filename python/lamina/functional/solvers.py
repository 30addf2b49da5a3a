"""Factorizations, solvers and determinants: loops over rows of ops, so that all have gradients."""

from __future__ import annotations

from typing import NamedTuple

from lamina import _core
from lamina._core import Tensor

__all__ = ["det", "inverse", "logdet", "slogdet"]
__methods__ = __all__


class LinAlgError(RuntimeError):
    """A matrix that cannot be inverted or factorized."""


class SignAndLog(NamedTuple):
    """What `slogdet` returns."""

    sign: Tensor
    logabsdet: Tensor


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
    if not bool((_diagonal(triangle) != 0).all()):
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
    return sign * _diagonal(triangle).prod(-1)


def slogdet(A: Tensor) -> SignAndLog:  # noqa: N803
    """Return the signs of the determinants, and the logarithms of their sizes."""
    _check_square("slogdet", A)
    triangle, sign = _eliminated(A)
    pivots = _diagonal(triangle)
    return SignAndLog(sign * pivots.sign().prod(-1), pivots.abs().log().sum(-1))


def logdet(input: Tensor) -> Tensor:
    """Return the logarithms of the determinants; NaN where those are negative."""
    sign, size = slogdet(input)
    return sign.log() + size


def _diagonal(matrices: Tensor) -> Tensor:
    return _core.diagonal(matrices, 0, -2, -1)


inverse = inv
