"""A perceptron with a sigmoid is logistic regression: it finds scikit-learn's coefficients."""

from __future__ import annotations

import numpy as np
from figures import panels, show
from sklearn.linear_model import LogisticRegression

import lamina as lm
from lamina import datasets, nn

LEAST_PROBABILITY, MOST_PROBABILITY = 0.1, 0.9


def main() -> None:
    x, y = datasets.moons(300, noise=0.3, generator=lm.Generator().manual_seed(0))
    unit = nn.Linear(2, 1)
    nn.init.zeros_(unit.weight)
    nn.init.zeros_(unit.bias)
    criterion = nn.BCEWithLogitsLoss()
    optimizer = lm.optim.LBFGS(unit.parameters(), max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> lm.Tensor:
        optimizer.zero_grad()
        loss = criterion(unit(x).squeeze(1), y.float())
        loss.backward()
        return loss

    optimizer.step(closure)
    ours = [*unit.weight.detach().flatten().tolist(), unit.bias.item()]
    peer = LogisticRegression(C=np.inf, tol=1e-6).fit(x.numpy(), y.numpy())
    theirs = [*peer.coef_[0], peer.intercept_[0]]
    assert np.allclose(ours, theirs, rtol=1e-2), (ours, theirs)

    accuracy = ((unit(x).squeeze(1) > 0) == y.bool()).float().mean().item()
    (ax,) = panels("where the unit says 10, 50 and 90 %", width=5, height=4)
    lm.plot.decision_boundary(unit, x, y, ax)
    weights, bias = np.array(ours[:2]), ours[2]
    across = np.array(ax.get_xlim())
    for probability in (LEAST_PROBABILITY, MOST_PROBABILITY):
        logit = np.log(probability / (1 - probability))
        ax.plot(across, (logit - bias - weights[0] * across) / weights[1], "--", color="#555555")
    ax.set(xlim=ax.get_xlim(), ylim=(-1.5, 2))
    show(
        f"logistic regression: weights {ours[0]:.2f} and {ours[1]:.2f}, bias {ours[2]:.2f}, "
        f"scikit-learn's to 1 %; {accuracy:.0%} of the moons told apart",
        ax,
    )


if __name__ == "__main__":
    main()
