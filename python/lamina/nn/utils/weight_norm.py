"""The older forms of weight_norm and spectral_norm: hooks that compute a weight at each call."""

from __future__ import annotations

from typing import Any

from lamina import _core
from lamina._core import Tensor
from lamina.autograd import no_grad
from lamina.nn.module import Module
from lamina.nn.parameter import Parameter
from lamina.nn.utils import _weights
from lamina.nn.utils.parametrizations import output_dim

__all__ = ["remove_spectral_norm", "remove_weight_norm", "spectral_norm", "weight_norm"]


class _Reweighting:
    """Base of the hooks: sets `module.<name>` before each forward pass."""

    op: str
    suffixes: tuple[str, ...]  # of what is registered in place of the weight

    def __init__(self, name: str) -> None:
        self.name = name

    def compute(self, module: Module, training: bool) -> Tensor:
        raise NotImplementedError

    def part(self, module: Module, suffix: str) -> Any:
        return getattr(module, self.name + suffix)

    def __call__(self, module: Module, args: Any) -> None:
        setattr(module, self.name, self.compute(module, module.training))

    def attach(self, module: Module, parts: tuple[Tensor, ...]) -> None:
        """Replace the weight by its parts: parameters stay such, others are buffers."""
        if _find(module, type(self), self.name):
            raise RuntimeError(f"[{self.op}] is on {self.name!r} already")
        delattr(module, self.name)
        for suffix, part in zip(self.suffixes, parts, strict=True):
            if isinstance(part, Parameter):
                module.register_parameter(self.name + suffix, part)
            else:
                module.register_buffer(self.name + suffix, part)
        setattr(module, self.name, self.compute(module, False))
        handle = module.register_forward_pre_hook(self)
        self.number = handle.id

    def remove(self, module: Module) -> None:
        with no_grad():
            weight = self.compute(module, False)
        delattr(module, self.name)
        for suffix in self.suffixes:
            delattr(module, self.name + suffix)
        setattr(module, self.name, Parameter(weight))
        module._hooks().forward_pre.pop(self.number)


def _find(module: Module, kind: type[_Reweighting], name: str) -> _Reweighting | None:
    hooks = (getattr(entry, "hook", None) for entry in module._hooks().forward_pre.values())
    return next((hook for hook in hooks if isinstance(hook, kind) and hook.name == name), None)


def _removed(module: Module, kind: type[_Reweighting], name: str) -> Module:
    found = _find(module, kind, name)
    if found is None:
        raise ValueError(f"[remove_{kind.op}] {type(module).__name__} has none on {name!r}")
    found.remove(module)
    return module


class _WeightNorm(_Reweighting):
    op = "weight_norm"
    suffixes = ("_g", "_v")

    def __init__(self, name: str, dim: int | None) -> None:
        super().__init__(name)
        self.dim = dim

    def compute(self, module: Module, training: bool) -> Tensor:
        return _weights.weight_of(self.part(module, "_g"), self.part(module, "_v"), self.dim)


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Let a weight be `g * v / |v|` of parameters `<name>_g` and `<name>_v`."""
    weight = module.get_parameter(name)
    length = Parameter(_weights.norm_except_dim(weight.detach(), dim))
    _WeightNorm(name, dim).attach(module, (length, Parameter(weight.data)))
    return module


def remove_weight_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight a parameter again, of its current value."""
    return _removed(module, _WeightNorm, name)


class _SpectralNorm(_Reweighting):
    op = "spectral_norm"
    suffixes = ("_orig", "_u", "_v")

    def __init__(self, name: str, n_power_iterations: int, dim: int, eps: float) -> None:
        super().__init__(name)
        if n_power_iterations <= 0:
            raise ValueError(
                f"[spectral_norm] expected positive n_power_iterations; got {n_power_iterations}"
            )
        self.n_power_iterations = n_power_iterations
        self.dim = dim
        self.eps = eps

    def compute(self, module: Module, training: bool) -> Tensor:
        weight, u, v = (self.part(module, suffix) for suffix in self.suffixes)
        matrix = _weights.as_matrix(weight, self.dim)
        if training:  # here v turns first
            _weights.power_iteration_(matrix.T, v, u, self.n_power_iterations, self.eps)
        normalized: Tensor = weight / _weights.largest_singular_value(matrix, u, v)
        return normalized


def spectral_norm(
    module: Module,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Module:
    """Let a weight be a parameter `<name>_orig` divided by its largest singular value."""
    weight = module.get_parameter(name)
    hook = _SpectralNorm(name, n_power_iterations, output_dim(module, dim), eps)
    sizes = _weights.as_matrix(weight.detach(), hook.dim).shape
    u, v = (_weights.unit(_core.randn(size, dtype=weight.dtype), eps) for size in sizes)
    hook.attach(module, (weight, u, v))
    return module


def remove_spectral_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight a parameter again, of its current value."""
    return _removed(module, _SpectralNorm, name)
