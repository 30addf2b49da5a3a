"""Claim 4: large rates and negative biases kill ReLUs for good; leaky ones come back."""

from __future__ import annotations

from figures import panels, show

import lamina as lm
from lamina import datasets, nn

UNITS, STEPS = 64, 500
BIAS = -1.5


def network(activation: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, UNITS), activation, nn.Linear(UNITS, 2))


def learn(
    model: nn.Sequential, optimizer: lm.optim.Optimizer, x: lm.Tensor, y: lm.Tensor
) -> list[float]:
    """Train; return at each step the share of hidden units that no point makes positive."""

    @lm.compile
    def step() -> lm.Tensor:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        return (model[0](x).detach() <= 0).all(0).float().mean()

    return [step().item() for _ in range(STEPS)]


def main() -> None:
    lm.manual_seed(1)
    x, y = datasets.moons(200)
    large, negative = panels("ReLUs at two rates", f"all biases {BIAS} at first")
    dead = {}
    for rate in (0.1, 20.0):
        model = network(nn.ReLU())
        line = learn(model, lm.optim.SGD(model.parameters(), lr=rate), x, y)
        large.plot(range(1, STEPS + 1), line, label=f"learning rate {rate:g}")
        dead[rate] = line
    for name, activation in (("ReLU", nn.ReLU()), ("leaky ReLU", nn.LeakyReLU(0.1))):
        model = network(activation)
        nn.init.constant_(model[0].bias, BIAS)
        line = learn(model, lm.optim.Adam(model.parameters(), lr=0.05), x, y)
        negative.plot(range(1, STEPS + 1), line, label=name)
        dead[name] = line
    for ax in (large, negative):
        ax.set(xlabel="step", ylabel="share of dead units", ylim=(-0.03, 1.03))
        ax.legend()

    assert dead[0.1][-1] < 0.3
    assert dead[20.0][-1] > 0.6
    assert dead["ReLU"][-1] >= dead["ReLU"][0] - 0.1
    assert dead["leaky ReLU"][-1] < dead["leaky ReLU"][0] - 0.15
    show(
        f"a rate of 20 kills {dead[20.0][-1]:.0%} of the ReLUs; of units with biases of {BIAS} "
        f"{dead['ReLU'][-1]:.0%} stay dead, of leaky ones {dead['leaky ReLU'][-1]:.0%}",
        large,
    )


if __name__ == "__main__":
    main()
