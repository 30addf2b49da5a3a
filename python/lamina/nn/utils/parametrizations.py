"""Weights of unit norm, of unit spectral norm, and orthogonal ones."""

from __future__ import annotations

from typing import Any

from lamina import _core
from lamina._core import Tensor
from lamina.nn.module import Module
from lamina.nn.utils import _weights
from lamina.nn.utils._orthogonal import Orthogonal
from lamina.nn.utils.parametrize import register_parametrization

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]


class _WeightNorm(Module):
    def __init__(self, dim: int | None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, g: Tensor, v: Tensor) -> Tensor:
        return _weights.weight_of(g, v, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return _weights.norm_except_dim(weight, self.dim), weight


class _OlderKeys:
    """Reads states that the older weight_norm wrote."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, state_dict: dict[str, Any], prefix: str, *_: Any) -> None:
        older = [f"{prefix}{self.name}_g", f"{prefix}{self.name}_v"]
        if all(key in state_dict for key in older):
            for i, key in enumerate(older):
                new = f"{prefix}parametrizations.{self.name}.original{i}"
                state_dict[new] = state_dict.pop(key)


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Let a weight be `g * v / |v|`, the norm taken for each index of `dim`, or of all if None."""
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)
    module._register_load_state_dict_pre_hook(_OlderKeys(name))
    return module


class _SpectralNorm(Module):
    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, n_power_iterations: int, dim: int, eps: float) -> None:
        super().__init__()
        if not -weight.ndim <= dim < weight.ndim:
            raise IndexError(f"[spectral_norm] expected a dimension of {weight.ndim}; got {dim}")
        if n_power_iterations <= 0:
            raise ValueError(
                f"[spectral_norm] expected positive n_power_iterations; got {n_power_iterations}"
            )
        self.n_power_iterations = n_power_iterations
        self.dim = dim
        self.eps = eps
        if weight.ndim > 1:
            matrix = _weights.as_matrix(weight.detach(), dim)
            for key, size in zip(("_u", "_v"), matrix.shape, strict=True):
                drawn = _core.randn(size, dtype=weight.dtype)
                self.register_buffer(key, _weights.unit(drawn, eps))
            _weights.power_iteration_(matrix, self._u, self._v, 15, eps)

    def forward(self, weight: Tensor) -> Tensor:
        if weight.ndim == 1:
            return _weights.unit(weight, self.eps)
        matrix = _weights.as_matrix(weight, self.dim)
        if self.training:
            times = self.n_power_iterations
            _weights.power_iteration_(matrix, self._u, self._v, times, self.eps)
        return weight / _weights.largest_singular_value(matrix, self._u, self._v)

    def right_inverse(self, value: Tensor) -> Tensor:
        return value


def spectral_norm(
    module: Module,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Module:
    """Let a weight be divided by its largest singular value, which power iterations estimate.

    `dim` is that of the outputs: 1 for transposed convolutions, else 0.
    """
    weight = _weight_of(module, name, "spectral_norm")
    made = _SpectralNorm(weight, n_power_iterations, output_dim(module, dim), eps)
    return register_parametrization(module, name, made)


def orthogonal(
    module: Module,
    name: str = "weight",
    orthogonal_map: str | None = None,
    *,
    use_trivialization: bool = True,
) -> Module:
    """Let a weight have orthonormal columns, or rows if there are fewer of those.

    `orthogonal_map` makes it of a free matrix: "matrix_exp" (default of square ones), "cayley" or
    "householder". With `use_trivialization` the free matrix is relative to the first weight.
    """
    weight = _weight_of(module, name, "orthogonal")
    made = Orthogonal(weight, orthogonal_map, use_trivialization)
    return register_parametrization(module, name, made, unsafe=True)


def _weight_of(module: Module, name: str, op: str) -> Tensor:
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"[{op}] {type(module).__name__} has no parameter or buffer {name!r}")
    return weight


def output_dim(module: Module, dim: int | None) -> int:
    """Return the dimension of a weight that counts outputs."""
    if dim is not None:
        return dim
    return int(any(kind.__name__.startswith("ConvTranspose") for kind in type(module).__mro__))
