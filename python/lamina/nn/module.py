"""The base of all modules: attributes that register themselves, and the call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lamina import compiling
from lamina._core import Tensor, _captures
from lamina._wrong_types import explain, name_wrong_types_of
from lamina.nn._hooks import CallHooks, ForwardHook, PreHook, RemovableHandle, attach
from lamina.nn._members import BUFFERS, KINDS, MODULES, PARAMETERS, members
from lamina.nn._state import State
from lamina.nn.parameter import Buffer, Parameter

__all__ = ["Module"]

_EXPECTED = {PARAMETERS: "Parameter", BUFFERS: "Tensor", MODULES: "Module"}


def _no_forward(self: Module, *args: Any, **kwargs: Any) -> Any:
    raise NotImplementedError(f"[{type(self).__name__}] a subclass must define forward()")


class Module(State):
    """A piece of a network: parameters, buffers and modules, and a `forward` that computes."""

    # Class attributes for modules without hooks, and for the error before __init__.
    _call_hooks: CallHooks | None = None
    forward: Callable[..., Any] = _no_forward

    def __init__(self) -> None:
        own = self.__dict__
        own["training"] = True
        own[PARAMETERS] = {}
        own[BUFFERS] = {}
        own["_non_persistent_buffers_set"] = set()
        own[MODULES] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if _is_ours(cls):
            name_wrong_types_of(cls)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run forward, with the hooks around it."""
        if _captures:
            _watch(self)
        try:
            if self._call_hooks:
                return self._call_hooks.run(self, args, kwargs)
            return self.forward(*args, **kwargs)
        except Exception as error:
            _locate(error, self)
            if isinstance(error, AttributeError | TypeError) and _is_ours(type(self)):
                explain(error, type(self).__name__, self.forward, args, kwargs)
            raise

    # ---- registration ----

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter, or None as the place of one."""
        self._check_name(name, PARAMETERS)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(_refused(self, name, PARAMETERS, param))
        if param is not None and not param.is_leaf:
            raise ValueError(
                f"[{type(self).__name__}] expected a leaf as parameter {name!r}; got a result of "
                "ops: compute it in forward()"
            )
        self._put(name, param, PARAMETERS)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that belongs to the state and is not trained, or None as its place."""
        self._check_name(name, BUFFERS)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(_refused(self, name, BUFFERS, tensor))
        self._put(name, tensor, BUFFERS)
        change = set.discard if persistent else set.add
        change(self._non_persistent_buffers_set, name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a module below this one, or None as its place."""
        self._check_name(name, MODULES)
        if module is not None and not isinstance(module, Module):
            raise TypeError(_refused(self, name, MODULES, module))
        self._put(name, module, MODULES)

    def register_module(self, name: str, module: Module | None) -> None:
        """Do the same as `add_module`."""
        self.add_module(name, module)

    def _check_name(self, name: str, table: str) -> None:
        kind, own = KINDS[table], type(self).__name__
        if table not in self.__dict__:
            raise AttributeError(_too_early(self, name, table))
        if not isinstance(name, str):
            raise TypeError(
                f"[{own}] expected a string as the name of a {kind}; got {type(name).__name__}"
            )
        if not name or "." in name:
            raise KeyError(f"[{own}] expected a name without dots for a {kind}; got {name!r}")
        if name not in self.__dict__[table] and hasattr(self, name):
            raise KeyError(f"[{own}] attribute {name!r} already exists")

    def _put(self, name: str, value: Any, table: str) -> None:
        own = self.__dict__
        own[table][name] = None
        own[name] = value

    # ---- attributes ----

    if TYPE_CHECKING:  # attributes need no help to be found, but type checkers do

        def __getattr__(self, name: str) -> Any: ...

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            self._make_room(name, PARAMETERS)
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            self._make_room(name, MODULES)
            self._put(name, value, MODULES)
        elif isinstance(value, Buffer):
            self._make_room(name, BUFFERS)
            self.register_buffer(name, value, value.persistent)
        else:
            self._check_kind(name, value)
            object.__setattr__(self, name, value)

    def _check_kind(self, name: str, value: Any) -> None:
        """Refuse what cannot stand in place of a member."""
        if isinstance(value, compiling.CompiledModule):
            raise TypeError(
                f"[{type(self).__name__}] {name!r} cannot be a compiled module, whose parameters "
                "it would not know: assign the module itself and compile the whole"
            )
        own = self.__dict__
        for table in KINDS:
            fits = value is None or (table == BUFFERS and isinstance(value, Tensor))
            if name in own.get(table, ()) and not fits:
                raise TypeError(_refused(self, name, table, value))

    def _make_room(self, name: str, table: str) -> None:
        """Forget an attribute of the same name that is of another kind."""
        own = self.__dict__
        if table not in own:
            raise AttributeError(_too_early(self, name, table))
        if name not in own[table]:
            own.pop(name, None)
            for other in KINDS:
                own[other].pop(name, None)
            self._non_persistent_buffers_set.discard(name)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        for table in KINDS:
            self.__dict__.get(table, {}).pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name[0].isdigit()]

    # ---- hooks ----

    def _hooks(self) -> CallHooks:
        if self._call_hooks is None:
            self._call_hooks = CallHooks()
        return self._call_hooks

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args)` before forward; what it returns replaces the arguments."""
        return attach(self._hooks().forward_pre, PreHook(hook, with_kwargs), prepend)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Call `hook(module, args, output)` after forward; what it returns replaces the output."""
        hooks = self._hooks()
        handle = attach(hooks.forward, ForwardHook(hook, with_kwargs), prepend)
        if always_call:
            hooks.always.add(handle.id)
        return handle

    def register_full_backward_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, grad_output)` when the gradients of the outputs are there."""
        return attach(self._hooks().backward_pre, hook, prepend)

    def register_full_backward_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` when those of the inputs are there."""
        return attach(self._hooks().backward, hook, prepend)

    def register_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Do as `register_full_backward_hook`: PyTorch's former hooks saw parts of gradients."""
        return self.register_full_backward_hook(hook)

    # ---- text ----

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """Return what stands in the parentheses of `repr(module)`; one line or several."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        below = members(self, MODULES)
        if len(lines) > 1 or below:
            for name, module in below:
                lines.append(f"({name}): " + repr(module).replace("\n", "\n  "))
            return f"{self._get_name()}(\n  " + "\n  ".join(lines) + "\n)"
        return f"{self._get_name()}({extra})"


def _watch(module: Module) -> None:
    """Have the step that is captured now notice changes of this module and of those below."""
    for each in module.modules():
        compiling.watch(each.__dict__)
        if each._call_hooks is not None:
            for table in each._call_hooks.tables():
                compiling.watch(table)


def _too_early(module: Module, name: str, table: str) -> str:
    return (
        f"cannot assign {KINDS[table]} {name!r} before Module.__init__() call: begin "
        f"{type(module).__name__}.__init__ with super().__init__()"
    )


def _refused(module: Module, name: str, table: str, value: Any) -> str:
    return (
        f"[{type(module).__name__}] cannot assign {type(value).__name__!r} as {KINDS[table]} "
        f"{name!r} (expected a {_EXPECTED[table]} or None)"
    )


def _is_ours(cls: type) -> bool:
    return cls.__module__.startswith("lamina.")


def _locate(error: Exception, module: Module) -> None:
    """Say in the text of an op's error which layer it was in, from the module outwards."""
    text = error.args[0] if error.args else None
    if not isinstance(text, str) or not text.startswith("["):
        return
    place = getattr(error, "_lamina_place", None)
    if place is None:
        plain, inner, path, name = text, module, "", type(module).__name__
    else:
        plain, inner, path, name = place
        found = (at for at, child in module.named_modules() if child is inner)
        above = next(found, None)
        if above is None:  # held in a plain list: the path begins below it
            return
        path = ".".join(filter(None, (above, path)))
    error._lamina_place = (plain, module, path, name)  # type: ignore[attr-defined]
    error.args = (f"{plain} (in {path + ', ' if path else ''}{name})", *error.args[1:])
