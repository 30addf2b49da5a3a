"""Activations and their slopes, drawn; all of them are finite from -10,000 to 10,000."""

from __future__ import annotations

import matplotlib.pyplot as plt
from figures import show

import lamina as lm
from lamina import nn

ACTIVATIONS = {
    "step": nn.Step(),
    "sigmoid": nn.Sigmoid(),
    "tanh": nn.Tanh(),
    "ReLU": nn.ReLU(),
    "leaky ReLU": nn.LeakyReLU(0.01),
    "PReLU": nn.PReLU(),
    "ELU": nn.ELU(),
    "SELU": nn.SELU(),
    "GELU": nn.GELU(),
    "SiLU": nn.SiLU(),
    "Mish": nn.Mish(),
    "softplus": nn.Softplus(),
}


def main() -> None:
    _, axes = plt.subplots(2, 6, figsize=(15, 5), sharex=True, sharey=True, layout="constrained")
    steepest = {}
    for ax, (name, activation) in zip(axes.flat, ACTIVATIONS.items(), strict=True):
        x = lm.linspace(-4, 4, 401).requires_grad_()
        y = activation(x)
        ax.plot(x.detach().numpy(), y.detach().numpy())
        if y.requires_grad:
            y.sum().backward()
            steepest[name] = x.grad.abs().max().item()
            ax.plot(x.detach().numpy(), x.grad.numpy(), linewidth=1)
        ax.set(title=name, ylim=(-1.8, 3))

        far = lm.tensor([-1e4, -100.0, 0.0, 100.0, 1e4]).requires_grad_()
        out = activation(far)
        assert out.isfinite().all(), name
        if out.requires_grad:
            out.sum().backward()
            assert far.grad.isfinite().all(), name
    axes.flat[0].legend(["value", "slope"], loc="upper left")
    assert steepest["sigmoid"] == 0.25
    assert steepest["tanh"] == steepest["ReLU"] == 1
    show(
        f"{len(ACTIVATIONS)} activations are finite at ±10,000, and so are their slopes; a "
        f"sigmoid's is {steepest['sigmoid']} at most, a tanh's {steepest['tanh']:.0f}",
        axes.flat[0],
    )


if __name__ == "__main__":
    main()
