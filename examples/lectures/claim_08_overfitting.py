"""Claim 8: dropout, L2 and early stopping close the gap between training and test."""

from __future__ import annotations

import copy

from figures import panels, show

import lamina as lm
from lamina import datasets, nn

WIDTH, STEPS, EVERY = 128, 600, 10
PATIENCE = 10  # looks at the validation loss without a new best one

Data = list[tuple[lm.Tensor, lm.Tensor]]  # for training, validation and test


def network(dropout: float) -> nn.Sequential:
    return nn.Sequential(
        *(nn.Linear(2, WIDTH), nn.ReLU(), nn.Dropout(dropout)),
        *(nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Dropout(dropout)),
        nn.Linear(WIDTH, 2),
    )


def learn(
    data: Data, dropout: float = 0.0, l2: float = 0.0, stop_early: bool = False
) -> tuple[list[float], list[float]]:
    """Train; return the training and the test losses, whose last ones are the kept model's."""
    model = network(dropout)
    optimizer = lm.optim.Adam(model.parameters(), lr=0.003, weight_decay=l2)

    @lm.compile
    def step(x: lm.Tensor, y: lm.Tensor) -> None:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

    def losses() -> list[float]:
        model.eval()
        with lm.no_grad():
            return [nn.functional.cross_entropy(model(x), y).item() for x, y in data]

    history, best, kept, waited = [losses()], float("inf"), model.state_dict(), 0
    for number in range(1, STEPS + 1):
        model.train()
        step(*data[0])
        if number % EVERY:
            continue
        history.append(losses())
        if stop_early:
            waited += 1
            if history[-1][1] < best:
                best, kept, waited = history[-1][1], copy.deepcopy(model.state_dict()), 0
            if waited == PATIENCE:
                model.load_state_dict(kept)
                history.append(losses())
                break
    return [line[0] for line in history], [line[2] for line in history]


def main() -> None:
    lm.manual_seed(0)
    data = [datasets.moons(samples, noise=0.35) for samples in (100, 200, 2000)]
    runs = {
        "nothing against it": learn(data),
        "dropout": learn(data, dropout=0.7),
        "L2": learn(data, l2=0.03),
        "early stopping": learn(data, stop_early=True),
    }
    axes = panels(*runs, width=3.2, height=3.2)
    gaps = []
    for ax, (training, test) in zip(axes, runs.values(), strict=True):
        steps = [EVERY * i for i in range(len(test))]
        ax.plot(steps, training, label="training")
        ax.plot(steps, test, label="test")
        ax.set(xlabel="step", ylim=(0, 1.5), xlim=(0, STEPS))
        gaps.append(test[-1] - training[-1])
    axes[0].set_ylabel("loss")
    axes[0].legend()
    assert max(gaps[1:]) < 0.5 * gaps[0]
    assert max(test[-1] for _, test in list(runs.values())[1:]) < runs["nothing against it"][1][-1]
    show(
        "test loss above training loss: "
        + ", ".join(f"{gap:.2f} with {name}" for name, gap in zip(runs, gaps, strict=True)),
        axes[0],
    )


if __name__ == "__main__":
    main()
