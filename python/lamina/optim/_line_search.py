"""The search for a distance along a direction at which the strong Wolfe conditions hold."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from lamina._core import Tensor

DECREASE = 1e-4  # the loss must fall by this part of what its slope promises
CURVATURE = 0.9  # the slope must flatten to this part
TOLERANCE = 1e-9


@dataclass
class Point:
    """A distance, and the loss, gradient and slope there."""

    t: float
    loss: float
    grad: Tensor
    slope: float


def cubic_minimum(a: Point, b: Point, bounds: tuple[float, float] | None = None) -> float:
    """Return where the cubic through two points with their slopes is lowest, within bounds."""
    low, high = bounds or (min(a.t, b.t), max(a.t, b.t))
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1**2 - a.slope * b.slope
    if not square >= 0:
        return (low + high) / 2
    d2 = math.sqrt(square)
    left, right = (a, b) if a.t <= b.t else (b, a)
    t = right.t - (right.t - left.t) * (
        (right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2)
    )
    return min(max(t, low), high)


def strong_wolfe(
    look: Callable[[float], tuple[float, Tensor]],
    t: float,
    direction: Tensor,
    loss: float,
    grad: Tensor,
    slope: float,
    allowed: int,
) -> tuple[float, Tensor, float, int]:
    """Return loss, gradient, distance, and how often `look` was called, about `allowed` times."""
    start = Point(0.0, loss, grad, slope)

    def seen(distance: float) -> Point:
        value, gradient = look(distance)
        return Point(distance, value, gradient, gradient.dot(direction).item())

    def too_high(point: Point) -> bool:
        return point.loss > start.loss + DECREASE * point.t * start.slope

    def flat(point: Point) -> bool:
        return abs(point.slope) <= -CURVATURE * start.slope

    # Go on until a point is good or there is a minimum between two.
    previous, point = start, seen(t)
    looks = 0
    while looks < allowed:
        if too_high(point) or (looks > 1 and point.loss >= previous.loss):
            break
        if flat(point):
            return point.loss, point.grad, point.t, looks + 1
        if point.slope >= 0:
            break
        bounds = (point.t + 0.01 * (point.t - previous.t), point.t * 10)
        t = cubic_minimum(previous, point, bounds)
        previous, point = point, seen(t)
        looks += 1
    else:
        previous = start

    # Narrow the bracket until a point in it is good.
    low, high = (previous, point) if previous.loss <= point.loss else (point, previous)
    size = direction.abs().max().item()
    stuck = False
    while looks < allowed and abs(high.t - low.t) * size >= TOLERANCE:
        t, stuck = _inside(low, high, stuck)
        point = seen(t)
        looks += 1
        if too_high(point) or point.loss >= low.loss:
            low, high = (low, point) if low.loss <= point.loss else (point, low)
            continue
        if flat(point):
            return point.loss, point.grad, point.t, looks + 1
        if point.slope * (high.t - low.t) >= 0:
            high = low
        low = point
    return low.loss, low.grad, low.t, looks + 1


def _inside(a: Point, b: Point, stuck: bool) -> tuple[float, bool]:
    """Return a distance between two points, and whether it is close to one of them.

    Close twice in a row is no progress: then it is kept a tenth of the way off.
    """
    t = cubic_minimum(a, b)
    first, last = min(a.t, b.t), max(a.t, b.t)
    margin = 0.1 * (last - first)
    if min(last - t, t - first) >= margin:
        return t, False
    if not (stuck or t >= last or t <= first):
        return t, True
    return (last - margin if last - t < t - first else first + margin), False
