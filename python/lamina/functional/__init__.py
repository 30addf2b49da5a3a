"""Functions of tensors made of others, a module an area; what needs a kernel lives in the core."""

# ruff: noqa: F403
from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from lamina._wrong_types import name_wrong_types
from lamina.functional.aliases import *
from lamina.functional.compare import *
from lamina.functional.contraction import *
from lamina.functional.conversion import *
from lamina.functional.creation import *
from lamina.functional.distance import *
from lamina.functional.elementwise import *
from lamina.functional.inplace import *
from lamina.functional.linear_algebra import *
from lamina.functional.protocols import *
from lamina.functional.select import *
from lamina.functional.shape import *
from lamina.functional.solvers import *
from lamina.functional.statistics import *
from lamina.functional.types import *

# Each lists its functions in __all__, and in __methods__ what becomes a method of tensors.
AREAS = [module for name, module in sys.modules.items() if name.startswith(f"{__name__}.")]

if not TYPE_CHECKING:  # type checkers follow the imports above
    for area in AREAS:
        name_wrong_types(area)
        globals().update({name: getattr(area, name) for name in area.__all__})
    __all__ = [name for area in AREAS for name in area.__all__]
