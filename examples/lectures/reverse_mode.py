"""Reverse-mode differentiation by hand and by the engine; a path that two ways share runs once."""

from __future__ import annotations

from figures import panels, show

import lamina as lm


class Counted(lm.autograd.Function):
    """A doubling that counts how often gradients pass it."""

    passes = 0

    @staticmethod
    def forward(ctx: lm.autograd.function.FunctionCtx, x: lm.Tensor) -> lm.Tensor:
        return 2 * x

    @staticmethod
    def backward(ctx: lm.autograd.function.FunctionCtx, grad: lm.Tensor) -> lm.Tensor:
        Counted.passes += 1
        return 2 * grad


def main() -> None:
    # f = (x + y) z: the sum passes its gradient on to both, the product swaps its factors.
    x, y, z = (lm.tensor(value, requires_grad=True) for value in (-2.0, 5.0, -4.0))
    ((x + y) * z).backward()
    assert [each.grad.item() for each in (x, y, z)] == [-4.0, -4.0, 3.0]

    # z = (3 (5 v - 2) - 2)^2: factor by factor from the outside, dz/dv = 2 (3 (5 v - 2) - 2) 3 5.
    v = lm.linspace(-0.5, 1.5, 101, dtype=lm.float64).requires_grad_()
    value = (3 * (5 * v - 2) - 2) ** 2
    value.sum().backward()
    by_hand = 2 * (3 * (5 * v - 2) - 2) * 3 * 5
    assert lm.allclose(v.grad, by_hand, rtol=1e-12)
    assert lm.autograd.gradcheck(lambda v: (3 * (5 * v - 2) - 2) ** 2, (v,))

    # w = 2u is used by a hundred sums: its gradients are added up first, and passed on once.
    u = lm.tensor(3.0, requires_grad=True)
    w = Counted.apply(u)
    sum(w * number for number in range(100)).backward()
    assert u.grad.item() == 2 * sum(range(100))
    assert Counted.passes == 1

    left, right = panels("z = (3 (5v - 2) - 2)²", "dz/dv: engine (line) and by hand (dots)")
    left.plot(v.detach().numpy(), value.detach().numpy())
    right.plot(v.detach().numpy(), v.grad.numpy())
    right.plot(v.detach().numpy()[::10], by_hand.detach().numpy()[::10], "o")
    for ax in (left, right):
        ax.set_xlabel("v")
    show(
        "the engine's gradients are those of the chain rule by hand; a value that is used a "
        f"hundred times passed its gradient on {Counted.passes} time",
        left,
    )


if __name__ == "__main__":
    main()
