"""Claim 3: zero and constant weights never break symmetry: the hidden units stay one unit."""

from __future__ import annotations

from figures import panels, show

import lamina as lm
from lamina import datasets, nn

UNITS, STEPS = 8, 500


def network(start: str) -> nn.Sequential:
    model = nn.Sequential(nn.Linear(2, UNITS), nn.Tanh(), nn.Linear(UNITS, 1))
    for parameter in model.parameters():
        if start != "random":
            nn.init.constant_(parameter, float(start))
    return model


def learn(model: nn.Module, x: lm.Tensor, y: lm.Tensor) -> float:
    """Train on all points at once; return the share told apart in the end."""
    optimizer = lm.optim.Adam(model.parameters(), lr=0.02)
    criterion = nn.BCEWithLogitsLoss()

    @lm.compile
    def step() -> None:
        optimizer.zero_grad()
        criterion(model(x).squeeze(1), y.float()).backward()
        optimizer.step()

    for _ in range(STEPS):
        step()
    with lm.no_grad():
        return ((model(x).squeeze(1) > 0) == y.bool()).float().mean().item()


def different_units(model: nn.Sequential) -> int:
    """Count hidden units that differ by more than rounding."""
    rows = (model[0].weight.detach() * 1000).round()
    return len({tuple(row) for row in rows.tolist()})


def main() -> None:
    lm.manual_seed(0)
    x, y = datasets.moons(300, noise=0.1)
    models = {"all zero": network("0"), "all 0.5": network("0.5"), "random": network("random")}
    axes = panels(*(f"weights {name} at first" for name in models), width=3.8, height=3.4)
    accuracy, units = [], []
    for ax, model in zip(axes, models.values(), strict=True):
        accuracy.append(learn(model, x, y))
        units.append(different_units(model))
        lm.plot.decision_boundary(model, x, y, ax)
        ax.set_xlabel(f"{units[-1]} different hidden unit{'s' * (units[-1] > 1)}")
    assert units == [1, 1, UNITS]
    assert accuracy[0] == 0.5  # nothing was learned but the bias
    assert accuracy[2] > max(accuracy[:2]) + 0.05
    show(
        f"eight hidden units that start alike stay one ({accuracy[0]:.0%} and {accuracy[1]:.0%} "
        f"of the moons right); eight that start at random get {accuracy[2]:.0%}",
        axes[0],
    )


if __name__ == "__main__":
    main()
