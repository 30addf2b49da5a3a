"""One benchmark: the same work for each contender, on data in its own memory, and its check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Contender = Callable[[], object]


@dataclass(frozen=True)
class About:
    """What is known of a case without running it; `flops` and `bytes` are those of one call."""

    group: str
    name: str
    flops: float = 0.0
    bytes: float = 0.0
    rtol: float = 1e-4
    atol: float = 1e-5


@dataclass(frozen=True)
class Case:
    """`prepare()[name]()` does the work; the name begins with the library's."""

    about: About
    prepare: Callable[[], Mapping[str, Contender]]
    to_numpy: Callable[[Any], np.ndarray] = field(default=lambda result: np.asarray(result))


def check(about: About, results: Mapping[str, np.ndarray]) -> None:
    """Fail unless all contenders computed the same."""
    first = "numpy" if "numpy" in results else next(iter(results))
    for name, result in results.items():
        np.testing.assert_allclose(
            np.asarray(result, np.float64),
            np.asarray(results[first], np.float64),
            rtol=about.rtol,
            atol=about.atol,
            err_msg=f"{about.group} {about.name}: {name} beside {first}",
        )
