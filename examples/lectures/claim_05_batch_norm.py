"""Claim 5: batch normalization permits higher learning rates."""

from __future__ import annotations

from figures import panels, show

import lamina as lm
from lamina import datasets, nn

WIDTH, DEPTH, STEPS = 32, 4, 200
RATES = [0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0]


def network(normalized: bool) -> nn.Sequential:
    layers: list[nn.Module] = []
    for number in range(DEPTH):
        layers.append(nn.Linear(WIDTH if number else 2, WIDTH))
        nn.init.kaiming_normal_(layers[-1].weight)
        if normalized:
            layers.append(nn.BatchNorm1d(WIDTH))
        layers.append(nn.ReLU())
    return nn.Sequential(*layers, nn.Linear(WIDTH, 3))


def accuracy(model: nn.Module, x: lm.Tensor, y: lm.Tensor, rate: float) -> float:
    """Train by plain gradient descent; return the share of points that are right in the end."""
    optimizer = lm.optim.SGD(model.parameters(), lr=rate)

    @lm.compile
    def step() -> lm.Tensor:
        optimizer.zero_grad()
        output = model(x)
        nn.functional.cross_entropy(output, y).backward()
        optimizer.step()
        return (output.detach().argmax(1) == y).float().mean()

    return [step().item() for _ in range(STEPS)][-1]


def main() -> None:
    lm.manual_seed(0)
    x, y = datasets.spirals(300, classes=3, turns=0.75)
    (ax,) = panels(f"after {STEPS} steps of plain gradient descent", width=5.5, height=3.8)
    highest = {}
    for name, normalized in (("with batch normalization", True), ("without", False)):
        shares = [accuracy(network(normalized), x, y, rate) for rate in RATES]
        highest[name] = max(rate for rate, share in zip(RATES, shares, strict=True) if share > 0.95)
        ax.plot(RATES, shares, "o-", label=name)
    ax.set(xlabel="learning rate", ylabel="accuracy", xscale="log")
    ax.legend()
    assert highest["with batch normalization"] >= 3 * highest["without"]
    show(
        f"the highest rate that learns is {highest['with batch normalization']:g} with batch "
        f"normalization, {highest['without']:g} without",
        ax,
    )


if __name__ == "__main__":
    main()
