"""Construction of modules whose first values do not matter."""

from __future__ import annotations

import inspect
from typing import Any

from lamina.nn.module import Module

__all__ = ["skip_init"]


def skip_init(module_cls: type[Module], *args: Any, **kwargs: Any) -> Module:
    """Return a module whose parameters and buffers hold any values, and need no drawing."""
    if not issubclass(module_cls, Module):
        raise RuntimeError(f"[skip_init] expected a class of modules; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError(f"[skip_init] {module_cls.__name__} takes no device")
    return module_cls(*args, **kwargs)
