"""Functions that users attach to the steps and the state dicts of optimizers."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeAlias

from lamina.nn._hooks import RemovableHandle, attach

Hooks: TypeAlias = dict[int, Callable[..., Any]]

_pre_hooks_of_all: Hooks = {}
_post_hooks_of_all: Hooks = {}


def register_optimizer_step_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Have `hook(optimizer, args, kwargs)` called before each step of every optimizer."""
    return attach(_pre_hooks_of_all, hook)


def register_optimizer_step_post_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Have `hook(optimizer, args, kwargs)` called after each step of every optimizer."""
    return attach(_post_hooks_of_all, hook)


def with_hooks(step: Callable[..., Any]) -> Callable[..., Any]:
    """Return a step that calls hooks, if there are any."""

    @functools.wraps(step)
    def hooked(self: Hooked, *args: Any, **kwargs: Any) -> Any:
        self._opt_called = True  # a schedule warns if it is stepped first
        before, after = self._optimizer_step_pre_hooks, self._optimizer_step_post_hooks
        if not (before or after or _pre_hooks_of_all or _post_hooks_of_all):
            return step(self, *args, **kwargs)
        given: tuple[Any, ...] = (self, *args)
        for hook in [*_pre_hooks_of_all.values(), *before.values()]:
            changed = hook(self, given, kwargs)
            if changed is None:
                continue
            if not (isinstance(changed, tuple) and len(changed) == 2):
                raise RuntimeError(self._text("expected a hook to return (args, kwargs)", changed))
            given, kwargs = changed
        result = step(*given, **kwargs)
        for hook in [*after.values(), *_post_hooks_of_all.values()]:
            hook(self, given, kwargs)
        return result

    return hooked


class Hooked:
    """What an optimizer has of hooks; a step that a subclass defines calls them."""

    _opt_called = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in vars(cls):
            setattr(cls, "step", with_hooks(vars(cls)["step"]))  # noqa: B010, the base has none

    def _make_hooks(self) -> None:
        self._optimizer_step_pre_hooks: Hooks = {}
        self._optimizer_step_post_hooks: Hooks = {}
        self._optimizer_state_dict_pre_hooks: Hooks = {}
        self._optimizer_state_dict_post_hooks: Hooks = {}
        self._optimizer_load_state_dict_pre_hooks: Hooks = {}
        self._optimizer_load_state_dict_post_hooks: Hooks = {}

    def _text(self, expected: str, got: object) -> str:
        return f"[{type(self).__name__}] {expected}; got {got}"

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Have `hook(optimizer, args, kwargs)` called before each step; it may return both anew."""
        return attach(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Have `hook(optimizer, args, kwargs)` called after each step."""
        return attach(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Have `hook(optimizer)` called before state_dict()."""
        return attach(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Have `hook(optimizer, state_dict)` called after state_dict(); it may return another."""
        return attach(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Have `hook(optimizer, state_dict)` called before loading; it may return another."""
        return attach(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Have `hook(optimizer)` called after loading."""
        return attach(self._optimizer_load_state_dict_post_hooks, hook, prepend)
