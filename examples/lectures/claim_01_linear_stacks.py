"""Claim 1: a stack of linear layers has a linear boundary however deep; a non-linear one bends."""

from __future__ import annotations

from figures import panels, show

import lamina as lm
from lamina import datasets, nn

WIDTH, STEPS = 16, 400


def stack(depth: int, activation: type[nn.Module]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for number in range(depth):
        layers += [nn.Linear(WIDTH if number else 2, WIDTH), activation()]
    return nn.Sequential(*layers, nn.Linear(WIDTH, 1))


def learn(model: nn.Module, x: lm.Tensor, y: lm.Tensor) -> float:
    """Train on all points at once; return the share told apart in the end."""
    optimizer = lm.optim.Adam(model.parameters(), lr=0.01)
    criterion = nn.BCEWithLogitsLoss()

    @lm.compile
    def step() -> None:
        optimizer.zero_grad()
        criterion(model(x).squeeze(1), y.float()).backward()
        optimizer.step()

    for _ in range(STEPS):
        step()
    with lm.no_grad():
        return ((model(x).squeeze(1) > 0) == y.bool()).float().mean().item()


def as_one_layer(model: nn.Sequential) -> nn.Linear:
    """Multiply a stack's matrices into a single one."""
    weight, bias = lm.eye(2), lm.zeros(2)
    for layer in model:
        if isinstance(layer, nn.Linear):
            weight, bias = layer.weight @ weight, layer.weight @ bias + layer.bias
    one = nn.Linear(2, 1)
    one.load_state_dict({"weight": weight, "bias": bias})
    return one


def main() -> None:
    lm.manual_seed(0)
    x, y = datasets.moons(300, noise=0.1)
    kinds = {"1 linear layer": (0, nn.Identity), "6 linear layers": (5, nn.Identity)}
    kinds["5 tanh layers and a linear one"] = (5, nn.Tanh)
    models = {name: stack(*kind) for name, kind in kinds.items() if kind[0]}
    models = {"1 linear layer": nn.Sequential(nn.Linear(2, 1)), **models}
    axes = panels(*models, width=3.8, height=3.4)
    accuracy = [learn(model, x, y) for model in models.values()]
    for ax, model in zip(axes, models.values(), strict=True):
        lm.plot.decision_boundary(model, x, y, ax)

    deep = models["6 linear layers"]
    assert lm.allclose(as_one_layer(deep)(x), deep(x), atol=1e-3)
    assert max(accuracy[:2]) < 0.93
    assert accuracy[2] > 0.98
    show(
        f"one linear layer gets {accuracy[0]:.1%} of the moons right, six in a stack "
        f"{accuracy[1]:.1%}, and are one matrix; with tanh between them {accuracy[2]:.1%}",
        axes[0],
    )


if __name__ == "__main__":
    main()
