"""Online learning: one sample at a time, each seen once, while what is right drifts."""

from __future__ import annotations

import math

from figures import panels, show

import lamina as lm
from lamina import nn

SAMPLES, TURN = 6000, 2 * math.pi  # while the samples come, the border turns once round
WINDOW = 200


def border(number: int) -> tuple[float, float]:
    angle = TURN * number / SAMPLES
    return math.cos(angle), math.sin(angle)


def main() -> None:
    lm.manual_seed(0)
    model, frozen = nn.Linear(2, 1), nn.Linear(2, 1)
    optimizer = lm.optim.SGD(model.parameters(), lr=0.3)

    @lm.compile
    def partial_fit(x: lm.Tensor, y: lm.Tensor) -> lm.Tensor:
        """Predict first, then learn: every prediction is of a sample never seen."""
        optimizer.zero_grad()
        logit = model(x)
        nn.functional.binary_cross_entropy_with_logits(logit, y).backward()
        optimizer.step()
        return ((logit.detach() > 0) == (y > 0)).float().sum()

    learning, standing = [], []
    for number in range(SAMPLES):
        a, b = border(number)
        x = lm.randn(2)
        y = (a * x[:1] + b * x[1:] > 0).float()
        with lm.no_grad():
            standing.append(float((frozen(x) > 0) == (y > 0)))
        learning.append(partial_fit(x, y).item())
        if number == WINDOW:
            frozen.load_state_dict(model.state_dict())  # it learns no more

    def recent(right: list[float]) -> list[float]:
        return [sum(right[i : i + WINDOW]) / WINDOW for i in range(0, SAMPLES, WINDOW)]

    shares = [sum(right) / SAMPLES for right in (learning, standing)]
    assert shares[0] > 0.9
    assert shares[1] < 0.7
    (ax,) = panels("accuracy while the border turns once round", width=6, height=3.6)
    places = range(WINDOW, SAMPLES + 1, WINDOW)
    ax.plot(places, recent(learning), label="learns from every sample")
    ax.plot(places, recent(standing), label=f"stopped learning after {WINDOW}")
    ax.set(xlabel="samples", ylabel="right", ylim=(-0.03, 1.03))
    ax.legend(loc="lower right")
    show(
        f"learning from each sample as it comes, {shares[0]:.0%} of the predictions are right "
        f"while the border turns; of a unit that stopped learning {shares[1]:.0%}",
        ax,
    )


if __name__ == "__main__":
    main()
