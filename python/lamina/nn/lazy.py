"""Modules that learn the sizes of their parameters from the first input."""

from __future__ import annotations

from typing import Any, ClassVar

from lamina.nn.module import Module
from lamina.nn.parameter import is_lazy

__all__ = ["LazyModuleMixin"]


class LazyModuleMixin(Module):
    """Base of lazy modules: `class LazyLinear(LazyModuleMixin, Linear)`.

    Such a class names in `cls_to_become` what it turns into, makes `UninitializedParameter`s in
    `__init__`, and defines `initialize_parameters(input)`: it materializes them by the shape of
    the input and draws their values. Its `reset_parameters` does nothing while
    `has_uninitialized_params()`.
    """

    cls_to_become: ClassVar[type[Module] | None] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._load_hook = self._register_load_state_dict_pre_hook(self._materialize_for)
        self._initialize_hook = self.register_forward_pre_hook(
            self._infer_parameters, with_kwargs=True
        )

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Give parameters their shapes and first values, from the arguments of the call."""
        raise NotImplementedError(f"[{type(self).__name__}] must define initialize_parameters()")

    def has_uninitialized_params(self) -> bool:
        """Tell whether a parameter or buffer has no shape yet."""
        return any(map(is_lazy, (*self._parameters.values(), *self._buffers.values())))

    def _infer_parameters(self, module: Module, args: Any, kwargs: Any) -> None:
        self.initialize_parameters(*args, **kwargs)
        if self.has_uninitialized_params():
            raise RuntimeError(
                f"[{type(self).__name__}] initialize_parameters() left parameters without a shape"
            )
        self._initialize_hook.remove()
        self._load_hook.remove()
        del self._initialize_hook, self._load_hook
        if self.cls_to_become is not None:
            self.__class__ = self.cls_to_become  # type: ignore[assignment]

    def _materialize_for(self, state_dict: dict[str, Any], prefix: str, *_: Any) -> None:
        """Take shapes from a state dict that is about to be loaded."""
        for name, own in {**self._parameters, **self._buffers}.items():
            given = state_dict.get(prefix + name)
            if is_lazy(own) and given is not None and not is_lazy(given):
                own.materialize(given.shape)
