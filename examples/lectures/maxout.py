"""Maxout units, max(W1 x, W2 x) + b, learn their own activation, as one of them shows."""

from __future__ import annotations

from figures import panels, show

import lamina as lm
from lamina import datasets, nn

STEPS = 500


def learn(model: nn.Module, loss: nn.Module, x: lm.Tensor, y: lm.Tensor) -> float:
    optimizer = lm.optim.Adam(model.parameters(), lr=0.02)

    @lm.compile
    def step() -> lm.Tensor:
        optimizer.zero_grad()
        error = loss(model(x), y)
        error.backward()
        optimizer.step()
        return error

    return [step().item() for _ in range(STEPS)][-1]


def main() -> None:
    lm.manual_seed(0)
    unit = nn.Maxout(1, 1, 4)
    line = lm.linspace(-2, 2, 200).unsqueeze(1)
    error = learn(unit, nn.MSELoss(), line, line.square())

    x, y = datasets.rings(300, classes=3)
    network = nn.Sequential(nn.Maxout(2, 8, 2), nn.Maxout(8, 8, 2), nn.Linear(8, 3))
    learn(network, nn.CrossEntropyLoss(), x, y)
    with lm.no_grad():
        right = (network(x).argmax(1) == y).float().mean().item()
    assert error < 0.15
    assert right > 0.98
    left, rings = panels("one unit of four pieces learns a parabola", "two layers of eight units")
    left.plot(line.numpy(), line.square().numpy(), color="#bbbbbb", linewidth=4)
    left.plot(line.numpy(), unit(line).detach().numpy())
    lm.plot.decision_boundary(network, x, y, rings)
    show(
        f"a maxout unit of four pieces fits a parabola with an error of {error:.3f}; sixteen of "
        f"two pieces tell {right:.0%} of three rings apart",
        left,
    )


if __name__ == "__main__":
    main()
