"""Three sigmoids with weights set by hand compute XOR; gradient descent finds others that do."""

from __future__ import annotations

from figures import panels, show

import lamina as lm
from lamina import datasets, nn

# Each unit: the weights of its two inputs, then its bias.
EITHER, NOT_BOTH, AND = (20, 20, -10), (-20, -20, 30), (20, 20, -30)
STEPS = 1000


def network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid())


def set_by_hand(model: nn.Sequential) -> None:
    with lm.no_grad():
        for layer, units in ((model[0], [EITHER, NOT_BOTH]), (model[2], [AND])):
            table = lm.tensor(units).float()
            layer.weight.copy_(table[:, :2])
            layer.bias.copy_(table[:, 2])


def learn(x: lm.Tensor, y: lm.Tensor) -> nn.Sequential:
    model = network()
    optimizer = lm.optim.Adam(model.parameters(), lr=0.05)
    criterion = nn.BCELoss()

    @lm.compile
    def step() -> None:
        optimizer.zero_grad()
        criterion(model(x).squeeze(1), y.float()).backward()
        optimizer.step()

    for _ in range(STEPS):
        step()
    return model


@lm.no_grad()
def error(model: nn.Sequential, x: lm.Tensor, y: lm.Tensor) -> float:
    """Return how far the worst output is from what it should be."""
    return (model(x).squeeze(1) - y).abs().max().item()


def main() -> None:
    lm.manual_seed(0)
    x, y = datasets.xor()
    by_hand, learned, starts = network(), learn(x, y), 1
    set_by_hand(by_hand)
    assert error(by_hand, x, y) < 0.001
    while error(learned, x, y) > 0.05:  # two hidden units are the fewest there can be: some starts
        learned, starts = learn(x, y), starts + 1  # end where three of four points are right
        assert starts < 50

    axes = panels("set by hand", "learned", width=3.8, height=3.4)
    for ax, model in zip(axes, (by_hand, learned), strict=True):
        lm.plot.decision_boundary(model, x, y, ax, threshold=0.5)
    show(f"two hidden sigmoids compute XOR by hand-set weights; start {starts} learned it", axes[0])


if __name__ == "__main__":
    main()
