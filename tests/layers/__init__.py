"""The form of the tables of layers: one row per module says how to build and call it.

README.md says how to write one; what is tested of it stands in test_layers.py.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cases import Call, Failure


@dataclass(frozen=True)
class Sample:
    """The arguments of a constructor, and those of one call of what it makes."""

    build: Call
    call: Call


def layer(*args, inputs, call=None, **kwargs):
    """Build with `args` and `kwargs`; call with `inputs`, and `call` as keywords."""
    return Sample(Call(args, kwargs), Call(tuple(inputs), call or {}))


@dataclass(frozen=True, repr=False)
class LayerCase:
    name: str  # lm.nn.<name>
    samples: list[Sample]
    ref: Callable[..., Any] | None = None  # of the module and what it is called with
    errors: list[Failure] = field(default_factory=list)
    domain: tuple[float, float] = (-3, 3)  # of the inputs
    distinct: bool = False
    random: bool = False  # in train mode chance decides the values
    grad: bool = True
    torch: str | Callable[..., Any] | None = (
        ""  # its name in torch.nn if different; None: not there
    )
    large: list[Sample] = field(default_factory=list)  # enough work for several threads
    init: bool = True  # are the parameters drawn at first from PyTorch's distributions?
    tol: float = 1.0  # times the usual tolerance, with the reason in a comment
    torch_tol: float | dict[str, float] = 1.0  # or by dtype

    def __repr__(self):
        return self.name


def collect():
    """All rows of all tables."""
    modules = [importlib.import_module(f"layers.{m.name}") for m in pkgutil.iter_modules(__path__)]
    return [row for module in modules for row in module.LAYERS]
