"""A module's state as a dictionary, out and in; files are not known here."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from lamina import _core
from lamina._core import Tensor
from lamina.autograd import no_grad
from lamina.nn._hooks import RemovableHandle, attach
from lamina.nn._members import BUFFERS, MODULES, PARAMETERS, members
from lamina.nn._tree import Tree
from lamina.nn.parameter import Parameter, is_lazy

_EXTRA_STATE = "_extra_state"
_NONE: Mapping[int, Callable[..., Any]] = MappingProxyType({})


class _Lists(NamedTuple):
    missing_keys: list[str]
    unexpected_keys: list[str]


class _IncompatibleKeys(_Lists):
    """What `load_state_dict` did not find, and what it did not know."""

    __slots__ = ()

    def __repr__(self) -> str:
        return super().__repr__() if any(self) else "<All keys matched successfully>"


class State(Tree):
    """A node whose state can be saved and loaded."""

    _version: int = 1  # of the layout of the state; saved with it

    # Made when the first hook is registered: most modules have none.
    _state_dict_pre_hooks: Mapping[int, Callable[..., Any]] = _NONE
    _state_dict_hooks: Mapping[int, Callable[..., Any]] = _NONE
    _load_state_dict_pre_hooks: Mapping[int, Callable[..., Any]] = _NONE
    _load_state_dict_post_hooks: Mapping[int, Callable[..., Any]] = _NONE

    # ---- out ----

    def state_dict(
        self, *, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Any]:
        """Return parameters and persistent buffers by path; they share the module's memory.

        With `keep_vars` they are the parameters themselves, not detached.
        """
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in members(self, MODULES):
            if module is not None:
                path = f"{prefix}{name}."
                module.state_dict(destination=destination, prefix=path, keep_vars=keep_vars)
        for hook in self._state_dict_hooks.values():
            destination = _or(hook(self, destination, prefix, metadata), destination)
        state: dict[str, Any] = destination
        return state

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        """Add this module's own state, without that of the modules below."""
        for name, value in self._own_state().items():
            whole = keep_vars or is_lazy(value)
            destination[prefix + name] = value if whole else value.detach()
        if type(self).get_extra_state is not State.get_extra_state:
            destination[prefix + _EXTRA_STATE] = self.get_extra_state()

    def _own_state(self) -> dict[str, Tensor]:
        transient = self._non_persistent_buffers_set
        state = members(self, PARAMETERS)
        state += [(name, x) for name, x in members(self, BUFFERS) if name not in transient]
        return {name: value for name, value in state if value is not None}

    def get_extra_state(self) -> Any:
        """Return what else belongs to the state; define it together with `set_extra_state`."""
        raise RuntimeError("[get_extra_state] a subclass must define it")

    def set_extra_state(self, state: Any) -> None:
        """Take what `get_extra_state` returned."""
        raise RuntimeError("[set_extra_state] a subclass must define it")

    # ---- in ----

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> _IncompatibleKeys:
        """Copy tensors or NumPy arrays into parameters and buffers of the same paths.

        Unless `strict`, keys may be missing or unknown. With `assign` the module takes the
        tensors themselves.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(
                f"[load_state_dict] expected a mapping of names; got {type(state_dict).__name__}"
            )
        loading = _Loading(getattr(state_dict, "_metadata", None) or {}, strict, assign)
        loading.load(self, dict(state_dict), "")
        problems = loading.problems()
        if problems:
            raise RuntimeError(
                f"[load_state_dict] Error(s) in loading state_dict for {type(self).__name__}:\n\t"
                + "\n\t".join(problems)
            )
        return loading.keys

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Take this module's own state, without that of the modules below."""
        report = (missing_keys, unexpected_keys, error_msgs)
        for hook in self._load_state_dict_pre_hooks.values():
            hook(state_dict, prefix, local_metadata, strict, *report)
        own = self._own_state()
        known = list(own)
        if type(self).set_extra_state is not State.set_extra_state:
            known.append(_EXTRA_STATE)
        missing_keys += [
            prefix + name for name in known if strict and prefix + name not in state_dict
        ]
        unexpected_keys += self._unknown(state_dict, prefix, known) if strict else []
        assign = local_metadata.get("assign_to_params_buffers", False)
        for name in known:
            key = prefix + name
            if key not in state_dict:
                continue
            if name not in own:
                self.set_extra_state(state_dict[key])
                continue
            problem = self._take(name, own[name], state_dict[key], assign)
            if problem:
                error_msgs.append(problem.format(key))

    def _unknown(self, state_dict: dict[str, Any], prefix: str, known: list[str]) -> list[str]:
        """Keys that begin with `prefix` and belong to nothing in this module or below."""
        found = []
        for key in state_dict:
            first, dot, _ = key[len(prefix) :].partition(".")
            place = self._modules if dot else known
            if key.startswith(prefix) and first not in place:
                found.append(key)
        return found

    def _take(self, name: str, own: Tensor, given: Any, assign: bool) -> str | None:
        """Copy or assign one value; return what is wrong with it, {} standing for its key."""
        if not isinstance(given, Tensor):
            if not hasattr(given, "__array__"):
                return f"wrong type for {{}}: expected a tensor; got {type(given).__name__}"
            given = _core.as_tensor(np.asarray(given))
        if is_lazy(own) and is_lazy(given):
            return None
        if own.shape == () and given.shape == (1,):
            given = given[0]
        if given.shape != own.shape:
            return (
                f"size mismatch for {{}}: expected shape {tuple(own.shape)}; the state dict has "
                f"{tuple(given.shape)}"
            )
        with no_grad():
            if not assign:
                own.copy_(given)
            elif isinstance(own, Parameter) and not isinstance(given, Parameter):
                setattr(self, name, Parameter(given, own.requires_grad))
            else:
                setattr(self, name, given.requires_grad_(own.requires_grad))
        return None

    # ---- hooks ----

    def _attach(self, table: str, hook: Callable[..., Any]) -> RemovableHandle:
        return attach(self.__dict__.setdefault(table, {}), hook)

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, prefix, keep_vars)` before `state_dict` collects."""
        return self._attach("_state_dict_pre_hooks", hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, local_metadata)` after `state_dict`."""
        return self._attach("_state_dict_hooks", _PostHook(hook))

    def _register_state_dict_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call a hook as above, which may also return another state dict."""
        return self._attach("_state_dict_hooks", hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, ...)` with what `_load_from_state_dict` gets, before that."""
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def _register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], with_module: bool = False
    ) -> RemovableHandle:
        bound = _BoundHook(hook, self) if with_module else hook
        return self._attach("_load_state_dict_pre_hooks", bound)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, incompatible_keys)` after loading; it may change the two lists."""
        return self._attach("_load_state_dict_post_hooks", hook)


class _Loading:
    """One call of load_state_dict, over all modules."""

    def __init__(self, metadata: Mapping[str, dict[str, Any]], strict: bool, assign: bool) -> None:
        self.metadata = metadata
        self.strict = strict
        self.assign = assign
        self.keys = _IncompatibleKeys([], [])
        self.errors: list[str] = []

    def load(self, module: State, state: dict[str, Any], prefix: str) -> None:
        """Load one module and those below it, each from the keys under its own path."""
        local = dict(self.metadata.get(prefix[:-1], {}))
        if self.assign:
            local["assign_to_params_buffers"] = True
        module._load_from_state_dict(state, prefix, local, True, *self.keys, self.errors)
        for name, below in members(module, MODULES):
            path = f"{prefix}{name}."
            if below is not None:
                part = {key: value for key, value in state.items() if key.startswith(path)}
                self.load(below, part, path)
        for hook in module._load_state_dict_post_hooks.values():
            if hook(module, self.keys) is not None:
                raise RuntimeError(
                    "[register_load_state_dict_post_hook] expected None of a hook; to change "
                    "the keys, change the lists"
                )

    def problems(self) -> list[str]:
        """All that makes the state dict unfit."""
        found = []
        if self.strict:
            for kind, keys in zip(("Missing", "Unexpected"), self.keys, strict=True):
                if keys:
                    listed = ", ".join(f'"{key}"' for key in keys)
                    found.append(f"{kind} key(s) in state_dict: {listed}.")
        return found + self.errors


class _PostHook:
    """A public hook: what it returns is not taken."""

    def __init__(self, hook: Callable[..., Any]) -> None:
        self.hook = hook

    def __call__(self, *arguments: Any) -> None:
        if self.hook(*arguments) is not None:
            raise RuntimeError("[register_state_dict_post_hook] expected None of a hook")


class _BoundHook:
    """A hook with its module, which stays with the module's copies."""

    def __init__(self, hook: Callable[..., Any], module: State) -> None:
        self.hook = hook
        self.module = module

    def __call__(self, *arguments: Any) -> Any:
        return self.hook(self.module, *arguments)


def _or(value: Any, otherwise: Any) -> Any:
    return otherwise if value is None else value
