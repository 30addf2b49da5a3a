"""Claim 7: too small a rate crawls, too large a one diverges; a schedule combines both."""

from __future__ import annotations

import math

from figures import panels, show

import lamina as lm
from lamina import nn

SAMPLES, BATCH, EPOCHS = 256, 8, 60
NOISE = 0.3  # its square is the least error there can be
SMALL, GOOD, LARGE = 0.001, 0.1, 1.0


def network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 1))


def learn(x: lm.Tensor, y: lm.Tensor, rate: float, cosine: bool = False) -> list[float]:
    """Train in small batches; return the error over all samples before, and after each epoch."""
    model = network()
    optimizer = lm.optim.SGD(model.parameters(), lr=rate)
    scheduler = lm.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    criterion = nn.MSELoss()

    @lm.compile
    def step(x: lm.Tensor, y: lm.Tensor) -> None:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()

    @lm.no_grad()
    def error() -> float:
        found = criterion(model(x), y).item()
        return found if math.isfinite(found) else math.inf

    errors = [error()]
    for _ in range(EPOCHS):
        for index in lm.randperm(SAMPLES).split(BATCH):
            step(x[index], y[index])
        if cosine:
            scheduler.step()
        errors.append(error())
    return errors


def main() -> None:
    lm.manual_seed(0)
    x = 4 * lm.rand(SAMPLES, 1) - 2
    y = (2 * x).sin() + NOISE * lm.randn(SAMPLES, 1)
    lines = {
        f"{SMALL:g}: crawls": learn(x, y, SMALL),
        f"{LARGE:g}: diverges": learn(x, y, LARGE),
        f"{GOOD:g}: rattles": learn(x, y, GOOD),
        f"{GOOD:g} to 0: settles": learn(x, y, GOOD, cosine=True),
    }
    left, right = panels("error, by learning rate", "the schedule")
    for name, line in lines.items():
        left.plot([min(error, 100.0) for error in line], label=name)  # 100 is off the picture
    left.set(xlabel="epoch", ylabel="mean squared error", yscale="log", ylim=(0.07, 3))
    left.legend(loc="upper right")
    optimizer = lm.optim.SGD(network().parameters(), lr=GOOD)
    schedule = lm.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    lm.plot.learning_rates(schedule, EPOCHS, right)

    small, large, rattling, settled = (sum(line[-5:]) / 5 for line in lines.values())
    assert settled < min(0.95 * rattling, 0.5 * small)
    assert large == math.inf
    show(
        f"error after {EPOCHS} epochs: {small:.2f} at a rate of {SMALL:g}, {large} at {LARGE:g}, "
        f"{rattling:.3f} at {GOOD:g}, {settled:.3f} where that falls to 0 (noise: {NOISE**2:.2f})",
        left,
    )


if __name__ == "__main__":
    main()
