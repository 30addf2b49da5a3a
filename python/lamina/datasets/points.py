"""Points of a plane (or a space) in classes: float32 (samples, features), int64 (samples,).

Samples go round the classes, 0, 1, ..., 0, 1, ...; a generator decides all that is random.
"""

from __future__ import annotations

from math import pi

from lamina import _core
from lamina._core import Generator, Tensor

Points = tuple[Tensor, Tensor]

_ELEVEN = [
    (0.1, 0.95, 0), (0.2, 0.85, 0), (0.2, 0.9, 0), (0.3, 0.75, 1), (0.4, 0.65, 1), (0.4, 0.75, 1),
    (0.6, 0.45, 0), (0.8, 0.25, 0), (0.1, 0.65, 1), (0.2, 0.75, 1), (0.7, 0.2, 1),
]  # fmt: skip


def check_counts(name: str, **counts: int) -> None:
    """Raise an error unless all are positive."""
    for what, count in counts.items():
        if count <= 0:
            raise ValueError(f"[{name}] expected a positive number of {what}; got {count}")


def _labels(name: str, samples: int, classes: int) -> Tensor:
    check_counts(name, samples=samples, classes=classes)
    return _core.arange(samples) % classes


def _noisy(x: Tensor, noise: float, generator: Generator | None) -> Tensor:
    return x + noise * _core.randn(x.shape, generator=generator) if noise else x


def _circle(angle: Tensor) -> Tensor:
    return _core.stack([angle.cos(), angle.sin()], 1)


def eleven_points() -> Points:
    """Return eleven points in two classes, which one hidden layer separates and one unit cannot."""
    table = _core.tensor(_ELEVEN)
    return table[:, :2].contiguous(), table[:, 2].to(_core.int64)


def xor(samples: int = 4, noise: float = 0.0, generator: Generator | None = None) -> Points:
    """Return the corners of a square, again and again: class 1 where one coordinate is 1."""
    corner = _labels("xor", samples, 4)
    bits = _core.stack([corner // 2, corner % 2], 1)
    x = bits.to(_core.float32)
    return _noisy(x, noise, generator), bits.sum(1) % 2


def moons(samples: int = 100, noise: float = 0.1, generator: Generator | None = None) -> Points:
    """Return two half circles that reach into each other."""
    y = _labels("moons", samples, 2)
    upper = _circle(pi * _core.rand(samples, generator=generator))
    lower = _core.tensor([1.0, 0.5]) - upper
    return _noisy(_core.where(y.unsqueeze(1) == 0, upper, lower), noise, generator), y


def rings(
    samples: int = 100, classes: int = 2, noise: float = 0.05, generator: Generator | None = None
) -> Points:
    """Return circles about the origin, with radius 1 for class 0, 2 for class 1, and so on."""
    y = _labels("rings", samples, classes)
    circle = _circle(2 * pi * _core.rand(samples, generator=generator))
    return _noisy(circle * (y + 1).unsqueeze(1), noise, generator), y


def spirals(
    samples: int = 200,
    classes: int = 2,
    turns: float = 1.0,
    noise: float = 0.02,
    generator: Generator | None = None,
) -> Points:
    """Return arms that wind out from the origin, one a class, to radius 1."""
    y = _labels("spirals", samples, classes)
    radius = _core.rand(samples, generator=generator).sqrt()
    angle = 2 * pi * (turns * radius + y.to(_core.float32) / classes)
    return _noisy(_circle(angle) * radius.unsqueeze(1), noise, generator), y


def blobs(
    samples: int = 100,
    classes: int = 3,
    features: int = 2,
    spread: float = 1.0,
    generator: Generator | None = None,
) -> Points:
    """Return normal clouds of deviation `spread`, their centres uniform in -10..10."""
    check_counts("blobs", features=features)
    y = _labels("blobs", samples, classes)
    centres = 20 * _core.rand(classes, features, generator=generator) - 10
    return _noisy(centres.index_select(0, y), spread, generator), y
