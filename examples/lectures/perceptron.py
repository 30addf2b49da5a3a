"""Rosenblatt's perceptron learns AND and OR in a few rounds; XOR it never learns."""

from __future__ import annotations

from figures import panels, show

import lamina as lm

POINTS = lm.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
TARGETS = {"and": [0, 0, 0, 1], "or": [0, 1, 1, 1], "xor": [0, 1, 1, 0]}
RATE, ROUNDS = 0.2, 200


class Perceptron:
    """A weighted sum that fires above a threshold."""

    def __init__(self) -> None:
        self.weights, self.threshold = lm.randn(2), lm.randn(())

    def __call__(self, x: lm.Tensor) -> lm.Tensor:
        return (x @ self.weights > self.threshold).long()

    def learn(self, x: lm.Tensor, target: int) -> int:
        """Move the weights towards an input that should fire and did not, or away; was it wrong?"""
        error = target - self(x).item()
        self.weights += RATE * error * x
        self.threshold -= RATE * error
        return abs(error)


def main() -> None:
    lm.manual_seed(0)
    axes = panels("AND", "OR", "XOR", width=3.4, height=3.2)
    rounds = {}
    for ax, (name, targets) in zip(axes, TARGETS.items(), strict=True):
        unit = Perceptron()
        for number in range(1, ROUNDS + 1):
            wrong = sum(unit.learn(x, target) for x, target in zip(POINTS, targets, strict=True))
            if wrong == 0:  # a whole round without a mistake: nothing will change any more
                rounds[name] = number
                break
        lm.plot.decision_boundary(unit, POINTS, targets, ax)
    assert set(rounds) == {"and", "or"}
    show(
        f"a perceptron learned AND in {rounds['and']} rounds and OR in {rounds['or']}; "
        f"after {ROUNDS} rounds it still errs on XOR",
        axes[0],
    )


if __name__ == "__main__":
    main()
