"""Gradient descent written out pattern by pattern, as on the blackboard, agrees with the engine.

A unit's output is V = g(sum w V' - theta); its delta is the error, passed back. After each
pattern w += eta * delta * V' and theta -= eta * delta.
"""

from __future__ import annotations

import numpy as np
from figures import panels, show

import lamina as lm
from lamina import datasets, nn

ETA, HIDDEN, ROUNDS = 0.05, 8, 400


def by_hand(
    weights: list[np.ndarray], thetas: list[np.ndarray], x: np.ndarray, target: float
) -> float:
    """Show the network one pattern and change it; return half its squared error before."""
    hidden = np.tanh(weights[0] @ x - thetas[0])
    output = np.tanh(weights[1] @ hidden - thetas[1])
    output_delta = (target - output) * (1 - output**2)
    hidden_delta = (weights[1].T @ output_delta) * (1 - hidden**2)
    for layer, (delta, inputs) in enumerate([(hidden_delta, x), (output_delta, hidden)]):
        weights[layer] += ETA * np.outer(delta, inputs)
        thetas[layer] -= ETA * delta
    return 0.5 * float(((target - output) ** 2).sum())


def by_engine(model: nn.Sequential, optimizer: lm.optim.SGD, x: lm.Tensor, target: float) -> float:
    """Do the same with gradients found by the engine."""
    optimizer.zero_grad()
    loss = 0.5 * (target - model(x)).square().sum()
    loss.backward()
    optimizer.step()
    return loss.item()


def main() -> None:
    lm.manual_seed(0)
    x, y = datasets.eleven_points()
    x, targets = 6 * x.double() - 3, (2 * y - 1).tolist()
    model = nn.Sequential(nn.Linear(2, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, 1), nn.Tanh()).double()
    optimizer = lm.optim.SGD(model.parameters(), lr=ETA)
    layers = model[0], model[2]
    weights = [layer.weight.detach().numpy().copy() for layer in layers]
    thetas = [-layer.bias.detach().numpy() for layer in layers]  # thresholds

    order, errors, furthest = np.random.default_rng(0), [], 0.0
    for _ in range(ROUNDS):
        total = 0.0
        for i in order.permutation(len(targets)):
            ours = by_hand(weights, thetas, x[i].numpy(), targets[i])
            engines = by_engine(model, optimizer, x[i], targets[i])
            furthest = max(furthest, abs(ours - engines))
            total += ours
        errors.append(total)
    for layer, weight, theta in zip(layers, weights, thetas, strict=True):
        assert np.allclose(weight, layer.weight.detach().numpy(), rtol=1e-8)
        assert np.allclose(-theta, layer.bias.detach().numpy(), rtol=1e-8)
    assert furthest < 1e-9

    left, right = panels("error of each round", "what it learned")
    left.plot(errors)
    left.set(xlabel="round", ylabel="sum of errors", yscale="log")
    lm.plot.decision_boundary(model, x, y, right)
    show(
        f"after {ROUNDS * len(targets):,} patterns the blackboard and the engine differ "
        f"by {furthest:.0e}",
        left,
    )


if __name__ == "__main__":
    main()
