"""One benchmark: the same work for each contender, on data in its own memory, and its check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.timing import Contender


@dataclass
class Case:
    """`contenders[name]()` does the work and returns a result; all results must agree."""

    group: str
    name: str
    contenders: Mapping[str, Contender]
    flops: float = 0.0
    bytes: float = 0.0
    rtol: float = 1e-4
    atol: float = 1e-5
    to_numpy: Callable[[Any], np.ndarray] = field(default=lambda result: np.asarray(result))

    def check(self) -> None:
        """Fail unless all contenders compute the same."""
        results = {name: self.to_numpy(run()) for name, run in self.contenders.items()}
        expected = results.pop("numpy", None)
        for name, result in results.items():
            if expected is None:
                expected = result
            np.testing.assert_allclose(
                np.asarray(result, np.float64),
                np.asarray(expected, np.float64),
                rtol=self.rtol,
                atol=self.atol,
                err_msg=f"{self.group} {self.name}: {name}",
            )
