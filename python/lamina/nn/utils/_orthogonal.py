"""Maps of free matrices to orthogonal ones, after Lezcano-Casado (2019)."""

from __future__ import annotations

import math

from lamina import _core
from lamina._core import Tensor
from lamina.autograd import no_grad
from lamina.functional.solvers import solve
from lamina.nn.init import orthonormal_rows_
from lamina.nn.module import Module

_MAPS = ("matrix_exp", "cayley", "householder")


class Orthogonal(Module):
    """The parametrization; matrices with fewer rows than columns are taken transposed."""

    base: Tensor | None

    def __init__(self, weight: Tensor, kind: str | None, use_trivialization: bool) -> None:
        super().__init__()
        if weight.ndim < 2:
            raise ValueError(f"[orthogonal] expected matrices; got shape {tuple(weight.shape)}")
        if kind is None:
            kind = "matrix_exp" if weight.shape[-2] == weight.shape[-1] else "householder"
        if kind not in _MAPS:
            raise ValueError(f"[orthogonal] expected a map of {_MAPS}; got {kind!r}")
        self.kind = kind
        self.shape = tuple(weight.shape)
        self.use_trivialization = use_trivialization
        if use_trivialization:
            self.register_buffer("base", None)

    def _get_name(self) -> str:
        return "_Orthogonal"

    def forward(self, free: Tensor) -> Tensor:
        """Return the orthogonal matrix."""
        wide = free.shape[-2] < free.shape[-1]
        tall = free.mT if wide else free
        made = _reflected(tall) if self.kind == "householder" else _rotated(tall, self.kind)
        if self.use_trivialization and self.base is not None:
            made = self.base @ made
        return made.mT if wide else made

    @no_grad()
    def right_inverse(self, value: Tensor) -> Tensor:
        """Return the free matrix of an orthogonal one, to which others are brought first."""
        if tuple(value.shape) != self.shape:
            raise ValueError(f"[orthogonal] expected shape {self.shape}; got {tuple(value.shape)}")
        wide = value.shape[-2] < value.shape[-1]
        tall = value.mT if wide else value
        if not self.use_trivialization:
            if self.kind != "householder":
                raise NotImplementedError(
                    f"[orthogonal] nothing can be assigned with {self.kind!r} and "
                    "use_trivialization=False"
                )
            free = _reflectors(tall)
            return free.mT if wide else free
        self.base = _completed(tall)
        start = _core.zeros_like(value)
        start.diagonal(0, -2, -1).fill_(-1)  # the free matrix of the identity, for every map
        return start


def _completed(tall: Tensor) -> Tensor:
    """Orthonormal columns, as many as rows, of which the first span the same as those given."""
    rows, columns = tall.shape[-2:]
    more = _core.randn(*tall.shape[:-2], rows, rows - columns, dtype=tall.dtype)
    square = _core.cat([tall, more], -1)
    made = orthonormal_rows_(square.double().mT.contiguous()).mT.to(tall.dtype)
    eps = 10 * rows * (2**-23 if tall.dtype is _core.float32 else 2**-52)
    gram = tall.mT @ tall
    if bool((gram - _core.eye(columns, dtype=tall.dtype)).abs().max() <= eps):
        made = _core.cat([tall, made[..., columns:]], -1)  # keep every bit of what is orthogonal
    return made


def _rotated(free: Tensor, kind: str) -> Tensor:
    """The exponential or the Cayley transform of a skew-symmetric matrix."""
    rows, columns = free.shape[-2:]
    lower = free.tril()
    if rows != columns:
        padding = lower.new_zeros(*lower.shape[:-1], rows - columns)
        lower = _core.cat([lower, padding], -1)
    skew = lower - lower.mT
    if kind == "matrix_exp":
        made = _exponential(skew)
    else:
        one = _core.eye(rows, dtype=skew.dtype)
        made = solve(one - 0.5 * skew, one + 0.5 * skew)
    return made[..., :columns]


def _exponential(matrix: Tensor) -> Tensor:
    """Taylor's series of a part so small that 18 terms are exact, squared back."""
    largest = float(matrix.detach().abs().sum(-1).amax()) if matrix.numel() else 0.0
    halvings = max(0, math.ceil(math.log2(largest)) + 1) if largest > 0 else 0
    part = matrix / 2.0**halvings
    one = _core.eye(matrix.shape[-1], dtype=matrix.dtype)
    result = one + part / 18
    for k in range(17, 0, -1):
        result = one + (part @ result) / k
    for _ in range(halvings):
        result = result @ result
    return result


def _reflected(free: Tensor) -> Tensor:
    """The product of the reflections that the columns below the diagonal stand for."""
    rows, columns = free.shape[-2:]
    below = free.tril(-1)
    one = _core.eye(rows, columns, dtype=free.dtype)
    vectors = below + one
    scale = 2 / (1 + (below * below).sum(-2))
    made = one.expand(free.shape)
    for i in reversed(range(columns)):
        vector = vectors[..., i : i + 1]
        made = made - scale[..., i : i + 1].unsqueeze(-1) * vector @ (vector.mT @ made)
    return made * free.diagonal(0, -2, -1).detach().trunc().unsqueeze(-2)


def _reflectors(tall: Tensor) -> Tensor:
    """What `_reflected` makes a matrix with orthonormal columns of."""
    rest, columns, signs = tall, [], []
    for i in range(tall.shape[-1]):
        head = rest[..., i:, i : i + 1]
        length = head.norm(dim=-2, keepdim=True)
        first = head[..., :1, :]
        sign = _core.where(first < 0, 1.0, -1.0).to(tall.dtype)  # of the new diagonal element
        vector = head / (first - sign * length)
        vector = _core.cat([_core.ones_like(first), vector[..., 1:, :]], -2)
        scale = 2 / (vector * vector).sum(-2, True)
        below = rest[..., i:, :]
        below = below - scale * vector @ (vector.mT @ below)
        rest = _core.cat([rest[..., :i, :], below], -2)
        columns.append(_core.pad(vector[..., 1:, :], [0, 0, i + 1, 0]))
        signs.append(sign)
    free = _core.cat(columns, -1)
    free.diagonal(0, -2, -1).copy_(_core.cat(signs, -1).squeeze(-2))
    return free
