"""Claim 9: L1 makes weights exactly zero, and those that matter stay; L2 only makes them small.

The penalty's part of a step is taken exactly, as its gradient jumps at zero: each weight moves
towards zero by the same length, and stops there.
"""

from __future__ import annotations

from figures import panels, show

import lamina as lm
from lamina import nn

FEATURES, USED, SAMPLES = 40, 5, 80
RATE, STEPS = 0.05, 1000


def learn(x: lm.Tensor, y: lm.Tensor, l1: float = 0.0, l2: float = 0.0) -> lm.Tensor:
    """Fit a linear model; return its weights."""
    model = nn.Linear(FEATURES, 1, bias=False)
    optimizer = lm.optim.SGD(model.parameters(), lr=RATE, weight_decay=l2)

    @lm.compile
    def step() -> None:
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
        with lm.no_grad():
            shrunk = (model.weight.abs() - RATE * l1).clamp(min=0)
            model.weight.copy_(model.weight.sign() * shrunk)

    for _ in range(STEPS):
        step()
    return model.weight.detach()[0]


def main() -> None:
    lm.manual_seed(0)
    truth = lm.zeros(FEATURES)
    truth[:USED] = lm.tensor([2.0, -1.5, 1.0, -1.0, 1.5])
    x = lm.randn(SAMPLES, FEATURES)
    y = (x @ truth + 0.5 * lm.randn(SAMPLES)).unsqueeze(1)
    found = {
        "no penalty": learn(x, y),
        "L2": learn(x, y, l2=0.3),
        "L1": learn(x, y, l1=0.3),
    }
    axes = panels(*found, width=4, height=3)
    zeros = {}
    for ax, (name, weights) in zip(axes, found.items(), strict=True):
        zeros[name] = int((weights == 0).sum())
        ax.plot(truth.numpy(), "o", markersize=7, markerfacecolor="none", color="#999999")
        kept = weights != 0
        ax.plot(lm.arange(FEATURES)[kept].numpy(), weights[kept].numpy(), "o", markersize=3.5)
        ax.set_xlabel(f"weight ({zeros[name]} of {FEATURES} are exactly zero)")
    assert zeros["no penalty"] == zeros["L2"] == 0
    assert zeros["L1"] > 0.6 * (FEATURES - USED)
    assert (found["L1"][:USED] != 0).all()
    show(
        f"L1 makes {zeros['L1']} of {FEATURES} weights exactly zero, none of the {USED} that "
        f"matter; L2 makes {zeros['L2']}",
        axes[0],
    )


if __name__ == "__main__":
    main()
