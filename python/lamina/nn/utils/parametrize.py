"""Tensors of a module that are computed from others whenever they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from lamina._core import Tensor
from lamina.autograd import no_grad
from lamina.nn.containers import ModuleDict, ModuleList
from lamina.nn.module import Module
from lamina.nn.parameter import Parameter

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "type_before_parametrizations",
]


class _Cache:
    """What parametrizations returned since the outermost `cached()` was entered."""

    depth = 0
    values: dict[tuple[int, str], Tensor] = {}  # noqa: RUF012, there is one for the process


@contextmanager
def cached() -> Iterator[None]:
    """Compute each parametrized tensor once inside the block, however often it is read."""
    _Cache.depth += 1
    try:
        yield
    finally:
        _Cache.depth -= 1
        if not _Cache.depth:
            _Cache.values.clear()


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, applied in turn to what they keep: the original.

    If the first has a `right_inverse` that returns several tensors, these are `original0`,
    `original1` and so on.
    """

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        super().__init__(modules)
        self.unsafe = unsafe
        with no_grad():
            values = self._inverted(original, assume_identity=True)
        self.is_tensor = isinstance(values, Tensor)
        expected = (original.dtype, original.shape)
        if self.is_tensor:
            if values.dtype is not original.dtype:
                raise ValueError(
                    f"[register_parametrization] expected {original.dtype} of right_inverse(); "
                    f"got {values.dtype}"
                )
            original.data = values
            values = [original]
        for name, value in zip(self._names(len(values)), values, strict=True):
            _register(self, name, _like(original, value))
        if not unsafe:
            _check(self(), expected)

    def _names(self, count: int) -> list[str]:
        return ["original"] if self.is_tensor else [f"original{i}" for i in range(count)]

    @property
    def _originals(self) -> list[Tensor]:
        return [getattr(self, name) for name in (*self._parameters, *self._buffers)]

    def forward(self) -> Tensor:
        """Compute the tensor."""
        first, *rest = self
        value = first(*self._originals)
        for parametrization in rest:
            value = parametrization(value)
        result: Tensor = value
        return result

    @no_grad()
    def right_inverse(self, value: Tensor) -> None:
        """Change the original such that the parametrizations return `value`."""
        values = self._inverted(value, assume_identity=False)
        given = [values] if isinstance(values, Tensor) else list(values)
        if len(given) != len(self._originals):
            raise ValueError(
                f"[right_inverse] expected {len(self._originals)} tensors; got {len(given)}"
            )
        for original, new in zip(self._originals, given, strict=True):
            if original.dtype is not new.dtype:
                raise ValueError(f"[right_inverse] expected {original.dtype}; got {new.dtype}")
            original.data = new

    def _inverted(self, value: Any, assume_identity: bool) -> Any:
        for parametrization in reversed(list(self)):
            if not hasattr(parametrization, "right_inverse"):
                if assume_identity:
                    continue
                raise RuntimeError(
                    f"[right_inverse] {type(parametrization).__name__} does not define it, so "
                    "nothing can be assigned"
                )
            try:
                value = parametrization.right_inverse(value)
            except NotImplementedError:
                if not assume_identity:
                    raise
        if not isinstance(value, (Tensor, Sequence)):
            raise ValueError(
                f"[right_inverse] expected a tensor or several; got {type(value).__name__}"
            )
        return value


def _like(original: Tensor, value: Tensor) -> Tensor:
    if isinstance(original, Parameter) and not isinstance(value, Parameter):
        return Parameter(value, original.requires_grad)
    return value


def _register(module: Module, name: str, tensor: Tensor) -> None:
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


def _check(value: Any, expected: tuple[Any, Any]) -> None:
    if not isinstance(value, Tensor):
        raise ValueError(
            f"[register_parametrization] expected a tensor; got {type(value).__name__}"
        )
    if (value.dtype, value.shape) != expected:
        raise ValueError(
            f"[register_parametrization] expected {expected[0]} of shape {tuple(expected[1])}; got "
            f"{value.dtype} of shape {tuple(value.shape)}; unsafe=True allows that"
        )


class _Parametrized:
    """Mixed into the class of a module that has parametrizations."""

    def __getattr__(self, name: str) -> Any:
        lists = _lists(self)
        if name not in lists:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if not _Cache.depth:
            return lists[name]()
        key = (id(self), name)
        if key not in _Cache.values:
            _Cache.values[key] = lists[name]()
        return _Cache.values[key]

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _lists(self):
            _lists(self)[name].right_inverse(value)
        else:
            super().__setattr__(name, value)

    def __reduce__(self) -> Any:
        return _made, (type(self).__bases__[1],), vars(self)


def _lists(module: Any) -> dict[str, Any]:
    held = vars(module).get("parametrizations")
    return dict(held.items()) if isinstance(held, ModuleDict) else {}


_kinds: dict[type[Module], type[Module]] = {}


def _parametrized(kind: type[Module]) -> type[Module]:
    if kind not in _kinds:
        _kinds[kind] = type(f"Parametrized{kind.__name__}", (_Parametrized, kind), {})
    return _kinds[kind]


def _made(kind: type[Module]) -> Module:
    made = _parametrized(kind)
    return made.__new__(made)


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Let `module.<tensor_name>` be what `parametrization` returns of the tensor it is now.

    Several are applied one after the other. A `right_inverse(value)` of the parametrization gives
    the first original, and lets the tensor be assigned. `unsafe` allows another dtype and shape.
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        held = _lists(module)[tensor_name]
        if not unsafe:
            current = getattr(module, tensor_name)
            _check(parametrization(current), (current.dtype, current.shape))
        held.append(parametrization)
        held.unsafe |= unsafe
        return module
    original = {**module._parameters, **module._buffers}.get(tensor_name)
    if original is None:
        raise ValueError(
            f"[register_parametrization] {type(module).__name__} has no parameter or buffer "
            f"{tensor_name!r}"
        )
    held = ParametrizationList([parametrization], original, unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        module.__class__ = _parametrized(type(module))
        module.parametrizations = ModuleDict()
    module.parametrizations[tensor_name] = held
    return module


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Tell whether a tensor of the module is parametrized, or else any."""
    lists = _lists(module)
    return bool(lists) if tensor_name is None else tensor_name in lists


def remove_parametrizations(
    module: Module, tensor_name: str, leave_parametrized: bool = True
) -> Module:
    """Make the tensor an ordinary one again: of the current value, or else of the original."""
    if not is_parametrized(module, tensor_name):
        raise ValueError(
            f"[remove_parametrizations] {type(module).__name__} has no parametrization of "
            f"{tensor_name!r}"
        )
    held = _lists(module)[tensor_name]
    if not held.is_tensor and not leave_parametrized:
        raise ValueError(
            "[remove_parametrizations] expected leave_parametrized=True, as there are several "
            f"originals of {tensor_name!r}"
        )
    tensor = held._originals[0]
    if leave_parametrized:
        value = getattr(module, tensor_name)
        if held.is_tensor:
            tensor.data = value.detach()
        else:
            tensor = Parameter(value) if value.requires_grad else value
    del module.parametrizations[tensor_name]
    if not is_parametrized(module):
        del module.parametrizations
        module.__class__ = type_before_parametrizations(module)
    _register(module, tensor_name, tensor)
    return module


def type_before_parametrizations(module: Module) -> type[Module]:
    """Return the class that the module had at first."""
    kind = type(module)
    return kind.__bases__[1] if issubclass(kind, _Parametrized) else kind
