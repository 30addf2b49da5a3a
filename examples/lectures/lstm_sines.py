"""An LSTM reads the beginning of a wave and goes on drawing it from its own predictions."""

from __future__ import annotations

from figures import panels, show

import lamina as lm
from lamina import datasets, nn

HIDDEN, LENGTH, SEEN = 32, 60, 40
STEPS, BATCH, RATE = 1500, 32, 0.01


class Forecaster(nn.Module):
    """Each step's value in, the next one's out."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(1, HIDDEN, batch_first=True)
        self.head = nn.Linear(HIDDEN, 1)

    def forward(
        self, x: lm.Tensor, state: tuple[lm.Tensor, lm.Tensor] | None = None
    ) -> tuple[lm.Tensor, tuple[lm.Tensor, lm.Tensor]]:
        out, state = self.lstm(x, state)
        return self.head(out), state


@lm.no_grad()
def go_on(model: Forecaster, x: lm.Tensor, count: int) -> lm.Tensor:
    """Continue waves (n, length, 1) by as many steps, each from the last prediction."""
    out, state = model(x)
    value, values = out[:, -1:], []
    for _ in range(count):
        values.append(value)
        value, state = model(value, state)
    return lm.cat(values, 1)


def main() -> None:
    lm.manual_seed(0)
    x, following = datasets.sines(1024, LENGTH)
    model = Forecaster()
    optimizer = lm.optim.Adam(model.parameters(), lr=RATE)
    scheduler = lm.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=STEPS)

    @lm.compile
    def step(x: lm.Tensor, following: lm.Tensor) -> None:
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x)[0], following).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    for _ in range(STEPS):
        index = lm.randint(len(x), (BATCH,))
        step(x[index], following[index])
        scheduler.step()
    waves, _ = datasets.sines(200, LENGTH)
    drawn = go_on(model, waves[:, :SEEN], LENGTH - SEEN)
    hidden = waves[:, SEEN:]
    unexplained = nn.functional.mse_loss(drawn, hidden).item() / hidden.square().mean().item()
    assert unexplained < 0.3

    axes = panels(*(f"wave {number}" for number in (1, 2, 3)), height=2.8)
    for ax, wave, tail in zip(axes, waves, drawn, strict=False):
        ax.plot(wave[:, 0].numpy(), color="#bbbbbb", linewidth=4)
        ax.plot(wave[:SEEN, 0].numpy(), label="seen")
        ax.plot(range(SEEN, LENGTH), tail[:, 0].numpy(), label="drawn")
        ax.set(xlabel="step", ylim=(-1.6, 1.6))
    axes[0].legend(loc="upper left", ncols=2)
    show(
        f"an LSTM that saw {SEEN} steps of a wave draws {LENGTH - SEEN} more; "
        f"{unexplained:.1%} of their variance is not in its drawing",
        axes[0],
    )


if __name__ == "__main__":
    main()
