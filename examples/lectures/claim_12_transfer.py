"""Claim 12: a network trained on one task and given a new head learns a second from little data.

It learns six arms of a spiral from many points, then from a few others that arms which lie opposite
each other belong together.
"""

from __future__ import annotations

from figures import panels, show

import lamina as lm
from lamina import datasets, nn

ARMS, MANY, FEW = 6, 1200, 24
WIDTH, STEPS = 64, 600


def network(classes: int) -> nn.Sequential:
    body = nn.Sequential()
    for width in (2, WIDTH, WIDTH):
        body.extend([nn.Linear(width, WIDTH), nn.Tanh()])
    return nn.Sequential(body, nn.Linear(WIDTH, classes))


def learn(model: nn.Sequential, x: lm.Tensor, y: lm.Tensor) -> None:
    """Train what is not frozen."""
    weights = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = lm.optim.Adam(weights, lr=0.005)

    @lm.compile
    def step() -> None:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

    for _ in range(STEPS):
        step()


def accuracy(model: nn.Module, x: lm.Tensor, y: lm.Tensor) -> float:
    with lm.no_grad():
        return (model(x).argmax(1) == y).float().mean().item()


def main() -> None:
    lm.manual_seed(0)
    first = network(ARMS)
    learn(first, *datasets.spirals(MANY, ARMS, turns=0.75))

    x, arm = datasets.spirals(FEW, ARMS, turns=0.75)
    test_x, test_arm = datasets.spirals(MANY, ARMS, turns=0.75)
    y, test_y = arm % 3, test_arm % 3
    scratch = network(3)
    learn(scratch, x, y)
    body, head = first[0], nn.Linear(WIDTH, 3)
    body.requires_grad_(False)  # frozen: only the new head learns
    transferred = nn.Sequential(body, head)
    learn(transferred, x, y)

    right = accuracy(scratch, test_x, test_y), accuracy(transferred, test_x, test_y)
    names = f"from scratch: {right[0]:.0%}", f"pre-trained, with a new head: {right[1]:.0%}"
    axes = panels(*names, width=4.2, height=3.8)
    for ax, model in zip(axes, (scratch, transferred), strict=True):
        lm.plot.decision_boundary(model, test_x[:400], test_y[:400], ax)
        ax.plot(*x.numpy().T, "o", color="black", zorder=4)
    assert right[1] > right[0] + 0.15
    show(
        f"of {FEW} points (black) a new network learns {right[0]:.0%} of the second task, the "
        f"head of a pre-trained one {right[1]:.0%}",
        axes[0],
    )


if __name__ == "__main__":
    main()
