"""Makes methods of functions of lamina.functional; defines none itself."""

from __future__ import annotations

from typing import Any

from lamina._core import Tensor
from lamina.functional import AREAS


def export_methods() -> None:
    """Give Tensor the methods that the areas list."""
    for area in AREAS:
        for name in area.__methods__:
            setattr(Tensor, name, _method(getattr(area, name)))


def _method(function: Any) -> Any:
    # A function of the core takes no self; the method of the same name does.
    return function if hasattr(function, "__get__") else vars(Tensor)[function.__name__]
