"""The lectures' eleven points: one hidden layer separates them, a single unit cannot."""

from __future__ import annotations

from figures import panels, show

import lamina as lm
from lamina import datasets, nn

STEPS = 1500


def learn(model: nn.Module, x: lm.Tensor, y: lm.Tensor) -> int:
    """Train on all points at once; return how many are right in the end."""
    optimizer = lm.optim.Adam(model.parameters(), lr=0.05)
    criterion = nn.BCEWithLogitsLoss()

    @lm.compile
    def step() -> None:
        optimizer.zero_grad()
        criterion(model(x).squeeze(1), y.float()).backward()
        optimizer.step()

    for _ in range(STEPS):
        step()
    with lm.no_grad():
        return ((model(x).squeeze(1) > 0) == y.bool()).sum().item()


def main() -> None:
    lm.manual_seed(0)
    x, y = datasets.eleven_points()
    unit = nn.Linear(2, 1)
    network = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    axes = panels("a single unit", "one hidden layer", width=3.8, height=3.4)
    right = []
    for ax, model in zip(axes, (unit, network), strict=True):
        right.append(learn(model, x, y))
        lm.plot.decision_boundary(model, x, y, ax)
    assert right[0] < 11
    assert right[1] == 11
    show(f"of the eleven points a single unit gets {right[0]} right, a hidden layer all", axes[0])


if __name__ == "__main__":
    main()
