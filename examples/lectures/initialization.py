"""Initialization: how far a signal comes through thirty layers, by the law of their weights."""

from __future__ import annotations

from collections.abc import Callable

from figures import panels, show

import lamina as lm
from lamina import nn

WIDTH, DEPTH = 128, 30

LAWS = {
    "tanh": {
        "normal, 0.01": lambda w: nn.init.normal_(w, std=0.01),
        "normal, 1": lambda w: nn.init.normal_(w, std=1.0),
        "Xavier": nn.init.xavier_normal_,
    },
    "ReLU": {
        "normal, 0.01": lambda w: nn.init.normal_(w, std=0.01),
        "normal, 1": lambda w: nn.init.normal_(w, std=1.0),
        "Xavier": nn.init.xavier_normal_,
        "He": lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu"),
    },
}


def spreads(law: Callable[[lm.Tensor], object], activation: nn.Module) -> list[float]:
    """Return the root mean square of each layer's output, for inputs where that is 1."""
    signal, found = lm.randn(256, WIDTH), []
    with lm.no_grad():
        for _ in range(DEPTH):
            layer = nn.Linear(WIDTH, WIDTH, bias=False)
            law(layer.weight)
            signal = activation(layer(signal))
            found.append(signal.square().mean().sqrt().item())
    return found


def main() -> None:
    lm.manual_seed(0)
    ends = {}
    axes = panels("tanh", "ReLU", width=5)
    for ax, (name, activation) in zip(
        axes, {"tanh": nn.Tanh(), "ReLU": nn.ReLU()}.items(), strict=True
    ):
        for law, draw in LAWS[name].items():
            line = spreads(draw, activation)
            ends[name, law] = line[-1]
            ax.plot(range(1, DEPTH + 1), line, label=law)
        ax.set(xlabel="layer", ylabel="size of the signal", yscale="log", ylim=(1e-8, 1e8))
        ax.legend()
    assert max(ends["tanh", "normal, 0.01"], ends["ReLU", "normal, 0.01"]) < 1e-6
    assert ends["ReLU", "normal, 1"] > 1e6
    assert ends["tanh", "normal, 1"] > 0.9  # saturated: next to no slope is left
    assert 0.05 < ends["tanh", "Xavier"] < 0.5
    assert 0.3 < ends["ReLU", "He"] < 3
    assert ends["ReLU", "Xavier"] < 0.001
    show(
        f"of a signal of size 1, {DEPTH} layers of ReLUs leave {ends['ReLU', 'He']:.2f} with He's "
        f"weights, {ends['ReLU', 'Xavier']:.0e} with Xavier's, nothing with normal ones of "
        f"deviation 0.01, and {ends['ReLU', 'normal, 1']} with those of deviation 1",
        axes[0],
    )


if __name__ == "__main__":
    main()
