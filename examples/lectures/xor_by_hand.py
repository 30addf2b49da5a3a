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


def learn(model: nn.Sequential, x: lm.Tensor, y: lm.Tensor) -> None:
    optimizer = lm.optim.Adam(model.parameters(), lr=0.05)
    criterion = nn.BCELoss()

    @lm.compile
    def step() -> lm.Tensor:
        optimizer.zero_grad()
        loss = criterion(model(x).squeeze(1), y.float())
        loss.backward()
        optimizer.step()
        return loss

    for _ in range(STEPS):
        step()


def main() -> None:
    lm.manual_seed(1)  # two hidden units are the fewest there can be: not every start succeeds
    x, y = datasets.xor()
    axes = panels("set by hand", "learned", width=3.8, height=3.4)
    by_hand, learned = network(), network()
    set_by_hand(by_hand)
    learn(learned, x, y)
    for ax, model in zip(axes, (by_hand, learned), strict=True):
        with lm.no_grad():
            error = (model(x).squeeze(1) - y).abs().max().item()
        assert error < 0.05
        lm.plot.decision_boundary(model, x, y, ax, threshold=0.5)
    show("two hidden sigmoids compute XOR, with weights set by hand and with learned ones", axes[0])


if __name__ == "__main__":
    main()
