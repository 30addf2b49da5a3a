"""Claim 10: depth buys richer boundaries than width for the same number of weights.

Each layer of four ReLUs folds the plane in the middle of either side, so every layer doubles the
squares on a side of the board. A single layer of n units can turn a line at most n times.
"""

from __future__ import annotations

import numpy as np
from figures import panels, show

import lamina as lm
from lamina import nn

FOLDS = 3
SIDE = 2**FOLDS  # squares on a side of the board
STEPS = 1000


def board(points: int) -> tuple[lm.Tensor, lm.Tensor]:
    """Return points of the unit square, in a grid, and the colours of their squares."""
    places = (lm.arange(points) + 0.5) / points
    x = lm.stack([place.flatten() for place in lm.meshgrid(places, places, indexing="ij")], 1)
    return x, (x * SIDE + 0.5).long().sum(1) % 2


def folding() -> nn.Sequential:
    """Set a deep network's weights by hand: fold, fold, fold; are both halves the same?"""
    halves = lm.tensor([[1.0, 0], [-1, 0], [0, 1], [0, -1]])  # of either coordinate, x - 1/2
    joined = lm.tensor([[2.0, 2, 0, 0], [0, 0, 2, 2]])  # 2 |x - 1/2|: both ends of a side at 1
    layers: list[nn.Module] = []
    for number in range(FOLDS):
        layer = nn.Linear(4 if number else 2, 4)
        reads = joined if number else lm.eye(2)
        set_to(layer, halves @ reads, halves.sum(1) * -0.5)
        layers += [layer, nn.ReLU()]
    diagonals = lm.tensor([[1.0, 1], [-1, -1], [1, -1], [-1, 1]])
    first, last = nn.Linear(4, 4), nn.Linear(4, 1)
    set_to(first, diagonals @ joined, -0.5 * diagonals.sum(1))
    set_to(last, lm.tensor([[-1.0, -1, 1, 1]]), lm.zeros(1))  # |u - v| - |u + v|
    return nn.Sequential(*layers, first, nn.ReLU(), last)


def set_to(layer: nn.Linear, weight: lm.Tensor, bias: lm.Tensor) -> None:
    layer.load_state_dict({"weight": weight, "bias": bias})


def learned(units: int, x: lm.Tensor, y: lm.Tensor) -> nn.Sequential:
    """Train one wide layer."""
    model = nn.Sequential(nn.Linear(2, units), nn.ReLU(), nn.Linear(units, 1))
    optimizer = lm.optim.Adam(model.parameters(), lr=0.01)

    @lm.compile
    def step() -> None:
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(model(x).squeeze(1), y.float())
        loss.backward()
        optimizer.step()

    for _ in range(STEPS):
        step()
    return model


def turns(model: nn.Module) -> int:
    """Count how often the class changes along a side of the board."""
    line = lm.stack([lm.linspace(0.001, 0.999, 2000), lm.full((2000,), 0.51)], 1)
    with lm.no_grad():
        classes = (model(line).squeeze(1) > 0).numpy()
    return int((classes[1:] != classes[:-1]).sum())


def main() -> None:
    lm.manual_seed(0)
    x, y = board(6 * SIDE)
    deep = folding()
    weights = sum(parameter.numel() for parameter in deep.parameters())
    models = {f"{FOLDS + 1} layers, {weights} weights": deep}
    for times in (1, 4):
        units = (times * weights - 1) // 4
        model = learned(units, x, y)
        count = sum(parameter.numel() for parameter in model.parameters())
        models[f"1 layer, {count} weights"] = model
    axes = panels(*models, width=3.8, height=3.6)
    right, changes = [], []
    shown = lm.randperm(len(x))[:150]
    for ax, model in zip(axes, models.values(), strict=True):
        with lm.no_grad():
            right.append(np.mean((model(x).squeeze(1) > 0).numpy() == y.bool().numpy()))
        changes.append(turns(model))
        lm.plot.decision_boundary(model, x[shown], y[shown], ax, resolution=300)
        ax.set_xlabel(f"{right[-1]:.0%} right")
    assert right[0] == 1
    assert changes[0] == SIDE
    assert max(right[1:]) < 0.75
    show(
        f"{weights} weights in {FOLDS + 1} layers paint a board of {SIDE} x {SIDE} squares; in one "
        f"layer they get {right[1]:.0%} of it right, four times as many {right[2]:.0%}",
        axes[0],
    )


if __name__ == "__main__":
    main()
