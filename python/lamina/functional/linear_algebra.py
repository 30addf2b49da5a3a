"""Products of matrices and vectors made of others; sums over labels stand in contraction.py."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from lamina import _core
from lamina._core import Tensor
from lamina.functional.contraction import tensordot
from lamina.functional.elementwise import Number
from lamina.functional.inplace import in_place
from lamina.functional.solvers import inv

__all__ = [
    "addbmm",
    "addmv",
    "addr",
    "baddbmm",
    "chain_matmul",
    "cross",
    "dist",
    "ger",
    "inner",
    "kron",
    "matrix_power",
    "outer",
    "trace",
    "vdot",
]
__methods__ = [name for name in __all__ if name != "chain_matmul"]
__methods__ += ["addbmm_", "addmm_", "addmv_", "addr_", "baddbmm_"]


# ---- products ----


def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """Multiply each element of one vector with each of another."""
    _check_vectors("outer", input, vec2)
    return input.unsqueeze(1) * vec2


ger = outer


def inner(input: Tensor, other: Tensor) -> Tensor:
    """Sum the products along the last dimension of both."""
    if input.ndim == 0 or other.ndim == 0:
        return input * other
    if input.size(-1) != other.size(-1):
        raise ValueError(
            "[inner] expected last dimensions of equal sizes; "
            f"got shapes {tuple(input.shape)} and {tuple(other.shape)}"
        )
    return tensordot(input, other, ([-1], [-1]))


def vdot(input: Tensor, other: Tensor) -> Tensor:
    """Sum the products of two vectors."""
    return _core.dot(input, other)


def kron(input: Tensor, other: Tensor) -> Tensor:
    """Replace each element of `input` by its product with `other`."""
    ndim = max(input.ndim, other.ndim)
    left = (1,) * (ndim - input.ndim) + input.shape
    right = (1,) * (ndim - other.ndim) + other.shape
    outermost = [size for n in left for size in (n, 1)]
    innermost = [size for n in right for size in (1, n)]
    product = input.reshape(outermost) * other.reshape(innermost)
    return product.reshape([m * n for m, n in zip(left, right, strict=True)])


def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """Vector product along `dim`, by default the first dimension of size 3."""
    if dim is None:
        dim = next((d for d, size in enumerate(input.shape) if size == 3), 0)
    if input.ndim == 0 or input.size(dim) != 3 or other.ndim == 0 or other.size(dim) != 3:
        raise ValueError(
            "[cross] expected a dimension of size 3; "
            f"got shapes {tuple(input.shape)} and {tuple(other.shape)}"
        )
    turned = input * _core.roll(other, -1, dim) - _core.roll(input, -1, dim) * other
    return _core.roll(turned, -1, dim)


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


def chain_matmul(*matrices: Tensor) -> Tensor:
    """Multiply matrices in the order that needs the fewest multiplications."""
    return multi_dot(matrices)


def matrix_power(input: Tensor, n: int) -> Tensor:
    """Multiply a square matrix with itself; negative powers are those of its inverse."""
    if input.ndim < 2 or input.size(-1) != input.size(-2):
        raise ValueError(f"[matrix_power] expected square matrices; got {tuple(input.shape)}")
    if n < 0:
        return matrix_power(inv(input), -n)
    if n == 0:
        return _core.eye(input.size(-1), dtype=input.dtype).expand(input.shape).clone()
    root = matrix_power(input, n // 2) if n > 1 else None
    square = input if root is None else root @ root
    return square @ input if n > 1 and n % 2 else square


# ---- products that are added ----


def addmv(
    input: Tensor, mat: Tensor, vec: Tensor, *, beta: Number = 1, alpha: Number = 1
) -> Tensor:
    """Return `beta * input + alpha * (mat @ vec)`."""
    return _accumulated("addmv", input, _core.mv(mat, vec), beta, alpha)


def addr(
    input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Number = 1, alpha: Number = 1
) -> Tensor:
    """Return `beta * input + alpha * outer(vec1, vec2)`."""
    return _accumulated("addr", input, outer(vec1, vec2), beta, alpha)


def baddbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1
) -> Tensor:
    """Return `beta * input + alpha * (batch1 @ batch2)`."""
    return _accumulated("baddbmm", input, _core.bmm(batch1, batch2), beta, alpha)


def addbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1
) -> Tensor:
    """Return `beta * input + alpha * sum(batch1 @ batch2)`."""
    return _accumulated("addbmm", input, _core.bmm(batch1, batch2).sum(0), beta, alpha)


def _accumulated(op: str, input: Tensor, product: Tensor, beta: Number, alpha: Number) -> Tensor:
    try:
        expanded = input.expand(product.shape)
    except ValueError:
        sizes, given = tuple(product.shape), tuple(input.shape)
        message = f"[{op}] expected an input that broadcasts to shape {sizes}; got {given}"
        raise ValueError(message) from None
    if alpha != 1:
        product = product * alpha
    # Without `input`, and so without its NaN, where beta is zero.
    return product if beta == 0 else _core.add(product, expanded, alpha=beta)


addmm_, addmv_, addr_ = in_place(_core.addmm), in_place(addmv), in_place(addr)
addbmm_, baddbmm_ = in_place(addbmm), in_place(baddbmm)


# ---- sums and distances ----


def trace(input: Tensor) -> Tensor:
    """Sum the diagonal of a matrix."""
    if input.ndim != 2:
        raise ValueError(f"[trace] expected a matrix; got shape {tuple(input.shape)}")
    return _core.diagonal(input).sum()


def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """Return the p-norm of the difference."""
    return _core.norm(input - other, p)


def _check_vectors(op: str, *vectors: Tensor) -> None:
    if any(vector.ndim != 1 for vector in vectors):
        shapes = " and ".join(str(tuple(vector.shape)) for vector in vectors)
        raise ValueError(f"[{op}] expected vectors; got shapes {shapes}")
