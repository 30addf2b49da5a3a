"""Claim 11: skip connections smooth the loss surface; a slice of it is drawn."""

from __future__ import annotations

import numpy as np
from figures import panels, show

import lamina as lm
from lamina import datasets, nn

WIDTH, BLOCKS, STEPS = 16, 20, 150


class Block(nn.Module):
    """Two layers, and perhaps a way past them."""

    def __init__(self, skip: bool) -> None:
        super().__init__()
        self.skip = skip
        self.first, self.second = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x: lm.Tensor) -> lm.Tensor:
        out = self.second(nn.functional.relu(self.first(x)))
        return nn.functional.relu(x + out if self.skip else out)


def network(skip: bool) -> nn.Sequential:
    blocks = [Block(skip) for _ in range(BLOCKS)]
    model = nn.Sequential(nn.Linear(2, WIDTH), nn.ReLU(), *blocks, nn.Linear(WIDTH, 2))
    for block in blocks:
        nn.init.kaiming_normal_(block.first.weight)
        nn.init.kaiming_normal_(block.second.weight)
        if skip:  # else each block would double what comes in
            with lm.no_grad():
                block.second.weight /= BLOCKS**0.5
    return model


def learn(model: nn.Module, x: lm.Tensor, y: lm.Tensor) -> None:
    optimizer = lm.optim.Adam(model.parameters(), lr=0.003)

    @lm.compile
    def step() -> None:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

    for _ in range(STEPS):
        step()


def roughness(values: np.ndarray) -> float:
    """Return how much the slope of the loss's logarithm changes from place to place."""
    log = np.log(values)
    return float(abs(np.diff(log, 2, axis=0)).mean() + abs(np.diff(log, 2, axis=1)).mean())


def main() -> None:
    lm.manual_seed(0)
    x, y = datasets.moons(200, noise=0.25)
    axes = panels(f"{2 * BLOCKS + 2} layers", "with skip connections", width=4.6, height=4)
    rough = []
    for ax, skip in zip(axes, (False, True), strict=True):
        model = network(skip)
        learn(model, x, y)
        loss, plane = nn.functional.cross_entropy, lm.Generator()
        plane.manual_seed(1)
        _, values = lm.plot.loss_values(model, loss, x, y, span=0.6, generator=plane)
        plane.manual_seed(1)  # the same plane once more
        lm.plot.loss_surface(model, loss, x, y, ax, span=0.6, generator=plane)
        rough.append(roughness(values))
        ax.set_title(f"{ax.get_title()}: roughness {rough[-1]:.2f}", fontsize=11)
    assert rough[1] < 0.6 * rough[0]
    show(
        f"the loss of a network of {2 * BLOCKS + 2} layers is {rough[0] / rough[1]:.1f} times as "
        "rough without skip connections as with them",
        axes[0],
    )


if __name__ == "__main__":
    main()
