"""Slices through the loss as a function of the weights: their values and their picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lamina import _core
from lamina._core import Generator, Tensor
from lamina.nn import Module
from lamina.plot._axes import COLORS, INK, axes_or_new, plain
from lamina.train.model import evaluating

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Loss = Callable[[Tensor, Tensor], Tensor]
Values = np.ndarray[Any, Any]
State = Mapping[str, Any]


def loss_values(
    model: Module,
    loss_fn: Loss,
    x: Tensor,
    y: Tensor,
    *,
    span: float = 1.0,
    steps: int = 25,
    generator: Generator | None = None,
) -> tuple[Values, Values]:
    """Return places from -span to span, and the losses (steps, steps) on a plane of weights.

    The plane goes through the model's weights along two random directions. Each filter of a
    direction has the length of the weights' filter, so that a step means the same whatever their
    scale; biases and the like stay. The model is evaluated, and left as it was.
    """
    weights = [weight.detach() for weight in model.parameters()]
    origin = [weight.clone() for weight in weights]
    right, up = (_direction(origin, generator) for _ in range(2))
    places = np.linspace(-span, span, steps)

    def at(across: float, along: float) -> list[Tensor]:
        moves = zip(origin, right, up, strict=True)
        return [o + across * r + along * u for o, r, u in moves]

    plane = [at(across, along) for along in places for across in places]
    return places, _losses(model, loss_fn, x, y, weights, plane).reshape(steps, steps)


def loss_surface(
    model: Module,
    loss_fn: Loss,
    x: Tensor,
    y: Tensor,
    ax: Axes | None = None,
    *,
    states: tuple[State, State] | None = None,
    span: float = 1.0,
    steps: int = 25,
    generator: Generator | None = None,
) -> Axes:
    """Draw the loss around a model's weights as `loss_values` finds it, or between two states.

    With `states`, two state dicts of the model, it is a line from the first, at 0, to the second,
    at 1, and `span` beyond either.
    """
    if states is not None:
        return _between(model, loss_fn, x, y, ax, states, span, steps)
    places, values = loss_values(model, loss_fn, x, y, span=span, steps=steps, generator=generator)
    ax = axes_or_new(ax, (5, 4.4))
    _contours(ax, places, values)
    ax.plot(0, 0, "+", color=INK, markersize=9, markeredgewidth=1.5)
    ax.set_xlabel("first direction")
    ax.set_ylabel("second direction")
    ax.set_aspect("equal")
    ax.grid(False)
    ax.locator_params(nbins=5)
    return ax


def _contours(ax: Axes, places: Values, values: Values) -> None:
    values = np.ma.masked_invalid(values)
    if not values.count() or values.min() == values.max():
        raise ValueError("[loss_surface] expected finite losses that differ from place to place")
    log = values.min() > 0  # nearly equal steps of a loss are lost where it explodes
    spaced = np.geomspace if log else np.linspace
    levels = spaced(values.min(), values.max(), 13)
    norm = "log" if log else "linear"
    ax.contourf(places, places, values, levels, cmap="viridis_r", norm=norm)
    lines = ax.contour(places, places, values, levels, colors="white", linewidths=0.6)
    ax.clabel(lines, levels[1::2], fontsize=7, fmt="%.2g")


def _between(
    model: Module,
    loss_fn: Loss,
    x: Tensor,
    y: Tensor,
    ax: Axes | None,
    states: tuple[State, State],
    span: float,
    steps: int,
) -> Axes:
    own = model.state_dict()
    for state in states:
        if state.keys() != own.keys():
            raise ValueError(
                "[loss_surface] expected two state dicts of the model; "
                f"these names differ: {', '.join(sorted(state.keys() ^ own.keys()))}"
            )
    names = [name for name, tensor in own.items() if tensor.is_floating_point()]
    first, second = ([state[name] for name in names] for state in states)
    places = np.linspace(-span, 1 + span, steps)
    line = [[a + t * (b - a) for a, b in zip(first, second, strict=True)] for t in places]
    values = _losses(model, loss_fn, x, y, [own[name] for name in names], line)
    ax = axes_or_new(ax)
    ax.plot(places, values, color=COLORS[0])
    ax.set_xticks([0, 1], ["first", "second"])
    ax.set_ylabel("loss")
    plain(ax)
    return ax


def _direction(weights: Sequence[Tensor], generator: Generator | None) -> list[Tensor]:
    """Return a random direction whose every filter is as long as the weights' filter."""
    direction = []
    for weight in weights:
        if weight.ndim < 2:
            direction.append(_core.zeros_like(weight))
            continue
        drawn = _core.randn(weight.shape, dtype=weight.dtype, generator=generator)
        inner = tuple(range(1, weight.ndim))
        lengths = [t.square().sum(inner, keepdim=True).sqrt() for t in (weight, drawn)]
        direction.append(drawn * lengths[0] / lengths[1])
    return direction


def _losses(
    model: Module,
    loss_fn: Loss,
    x: Tensor,
    y: Tensor,
    tensors: Sequence[Tensor],
    places: Sequence[Sequence[Tensor]],
) -> Values:
    """Return the loss with the tensors of the model at each place; then they are as they were."""
    if not callable(loss_fn):
        raise TypeError(f"[loss_surface] expected a function of output and target; got {loss_fn!r}")
    before = [tensor.detach().clone() for tensor in tensors]
    losses = []
    with evaluating(model):
        try:
            for place in places:
                _copy(tensors, place)
                losses.append(float(loss_fn(model(x), y)))
        finally:
            _copy(tensors, before)
    return np.array(losses)


def _copy(tensors: Sequence[Tensor], values: Sequence[Tensor]) -> None:
    for tensor, value in zip(tensors, values, strict=True):
        tensor.copy_(value)
