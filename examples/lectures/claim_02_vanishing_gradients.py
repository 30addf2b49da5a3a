"""Claim 2: sigmoids lose the gradient with depth: at most a quarter of it passes a layer.

ReLUs with He's weights keep it, too large weights make it explode, and clipping tames it.
"""

from __future__ import annotations

import copy
import math

from figures import panels, show

import lamina as lm
from lamina import datasets, nn

WIDTH, DEPTH, STEPS = 64, 20, 200


def network(activation: type[nn.Module], scale: float = 1.0) -> nn.Sequential:
    """Build a deep network, with weights drawn for its activation and multiplied by `scale`."""
    layers: list[nn.Module] = []
    for number in range(DEPTH):
        layer = nn.Linear(WIDTH if number else 2, WIDTH)
        draw = nn.init.kaiming_normal_ if activation is nn.ReLU else nn.init.xavier_normal_
        draw(layer.weight)
        nn.init.zeros_(layer.bias)
        with lm.no_grad():
            layer.weight *= scale
        layers += [layer, activation()]
    return nn.Sequential(*layers, nn.Linear(WIDTH, 2))


def gradient_norms(model: nn.Sequential, x: lm.Tensor, y: lm.Tensor) -> list[float]:
    """Return how large the gradients of the hidden layers' outputs are, first layer first."""
    outputs, value = [], x
    for layer in model:
        value = layer(value)
        if isinstance(layer, nn.Linear):
            value.retain_grad()
            outputs.append(value)
    nn.functional.cross_entropy(value, y).backward()
    return [output.grad.norm().item() for output in outputs[:-1]]


def losses(model: nn.Sequential, x: lm.Tensor, y: lm.Tensor, limit: float) -> list[float]:
    """Train with the gradients' norm clipped to a limit; return the losses."""
    optimizer = lm.optim.SGD(model.parameters(), lr=0.003)

    @lm.compile
    def step() -> lm.Tensor:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), limit)
        optimizer.step()
        return loss

    return [step().item() for _ in range(STEPS)]


def main() -> None:
    lm.manual_seed(0)
    x, y = datasets.moons(200)
    gradients, training = panels("gradients at the start", "training with too large weights")
    factors = {}
    for name, model in {
        "sigmoid": network(nn.Sigmoid),
        "ReLU, He": network(nn.ReLU),
        "ReLU, twice He": network(nn.ReLU, 2.0),
    }.items():
        line = gradient_norms(model, x, y)
        factors[name] = (line[0] / line[-1]) ** (1 / (DEPTH - 1))
        gradients.plot(range(1, DEPTH + 1), line, "o-", markersize=3, label=name)
    too_large = network(nn.ReLU, 1.4)
    free = losses(copy.deepcopy(too_large), x, y, math.inf)
    clipped = losses(too_large, x, y, 1.0)
    training.plot(clipped, label="clipped to norm 1")
    training.plot(free, label="not clipped")
    gradients.set(xlabel="layer, first to last", ylabel="gradient norm", yscale="log")
    training.set(xlabel="step", ylabel="loss", yscale="log", ylim=(0.1, 1e4))
    gradients.legend()
    training.legend()

    assert factors["sigmoid"] <= 0.25
    assert 0.8 < factors["ReLU, He"] < 1.25
    assert factors["ReLU, twice He"] > 1.6
    assert not math.isfinite(free[-1])
    lost = sum(map(math.isfinite, free))
    assert max(clipped[-20:]) < 0.1 * clipped[0]
    show(
        f"a layer back, the gradient is multiplied by {factors['sigmoid']:.2f} with sigmoids, "
        f"{factors['ReLU, He']:.2f} with ReLUs and He's weights, {factors['ReLU, twice He']:.1f} "
        f"with twice those; with 1.4 times those the loss is infinite after {lost} steps, or "
        f"clipped falls from {clipped[0]:.0f} to {clipped[-1]:.1f}",
        gradients,
    )


if __name__ == "__main__":
    main()
