"""Claim 6: momentum damps a narrow valley's zig-zag; Adagrad stalls, RMSprop and Adam do not."""

from __future__ import annotations

import numpy as np
from figures import panels, show

import lamina as lm

START, STEEPNESS = (-9.0, 1.0), 40.0
STEPS = 90


def bowl(x: lm.Tensor) -> lm.Tensor:
    """A valley forty times as steep across as along."""
    return 0.5 * (x[0] ** 2 + STEEPNESS * x[1] ** 2)


def path(optimizer: type[lm.optim.Optimizer], **options: float) -> np.ndarray:
    """Descend from the start; return all places on the way."""
    x = lm.tensor(START, requires_grad=True)
    descent = optimizer([x], **options)
    places = [x.detach().numpy().copy()]
    for _ in range(STEPS):
        descent.zero_grad()
        bowl(x).backward()
        descent.step()
        places.append(x.detach().numpy().copy())
    return np.array(places)


def sideways(places: np.ndarray) -> float:
    """Return how far a path goes across the valley, to and fro."""
    return float(abs(np.diff(places[:, 1])).sum())


def main() -> None:
    optim = lm.optim
    plain = {
        "plain": path(optim.SGD, lr=0.045),
        "momentum": path(optim.SGD, lr=0.02, momentum=0.7),
        "Nesterov": path(optim.SGD, lr=0.02, momentum=0.7, nesterov=True),
    }
    scaled = {
        "Adagrad": path(optim.Adagrad, lr=0.15),
        "RMSprop": path(optim.RMSprop, lr=0.15, alpha=0.9),
        "Adam": path(optim.Adam, lr=0.15),
    }
    axes = panels("one rate for all directions", "a rate for each direction", width=5.5)
    across, up = np.meshgrid(np.linspace(-10, 3, 200), np.linspace(-1.2, 1.2, 200))
    height = 0.5 * (across**2 + STEEPNESS * up**2)
    for ax, paths in zip(axes, (plain, scaled), strict=True):
        ax.contour(across, up, height, np.geomspace(0.3, 80, 9), colors="#cccccc", linewidths=0.8)
        for name, places in paths.items():
            ax.plot(*places.T, "o-", markersize=2.5, linewidth=1, label=name)
        ax.grid(False)
        ax.legend(loc="lower right")

    way = {name: sideways(places) for name, places in plain.items()}
    left = {name: float(bowl(lm.tensor(places[-1]))) for name, places in (plain | scaled).items()}
    for name in ("momentum", "Nesterov"):
        assert way[name] < 0.7 * way["plain"]
        assert left[name] < 0.1 * left["plain"]
    assert left["Adagrad"] > 20 * max(left["RMSprop"], left["Adam"])
    show(
        f"across the valley plain descent goes {way['plain']:.1f} to and fro, with momentum "
        f"{way['momentum']:.1f}, Nesterov's {way['Nesterov']:.1f}; after {STEPS} steps the loss "
        f"is {left['Adagrad']:.0f} with Adagrad, {left['RMSprop']:.2f} with RMSprop, "
        f"{left['Adam']:.2f} with Adam",
        axes[0],
    )


if __name__ == "__main__":
    main()
