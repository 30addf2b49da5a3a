"""A multi-layer perceptron learns XOR from the core alone: tensors, gradients, a compiled step."""

from __future__ import annotations

import lamina as lm

INPUTS = lm.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
TARGETS = lm.tensor([[0.0], [1.0], [1.0], [0.0]])
RATE = 1.0
STEPS = 1000


def main() -> None:
    """Train a 2-8-1 network and print its loss and its truth table."""
    lm.manual_seed(0)
    hidden, output = lm.randn(2, 8), lm.randn(8, 1)
    hidden_bias, output_bias = lm.zeros(8), lm.zeros(1)
    parameters = [hidden, hidden_bias, output, output_bias]
    for parameter in parameters:
        parameter.requires_grad_()

    def logits(x: lm.Tensor) -> lm.Tensor:
        return lm.tanh(x @ hidden + hidden_bias) @ output + output_bias

    @lm.compile
    def step(x: lm.Tensor, target: lm.Tensor) -> lm.Tensor:
        z = logits(x)
        loss = (lm.logaddexp(z, lm.zeros_like(z)) - z * target).mean()  # binary cross-entropy
        loss.backward()
        with lm.no_grad():
            for parameter in parameters:
                parameter -= RATE * parameter.grad
                parameter.grad = None
        return loss

    for number in range(1, STEPS + 1):
        loss = step(INPUTS, TARGETS)
        if number == 1 or number % 200 == 0:
            print(f"step {number:4d}  loss {loss.item():.4f}")

    with lm.no_grad():
        probabilities = lm.sigmoid(logits(INPUTS))
    print("\n a  b   P(a xor b)")
    for (a, b), (probability,) in zip(INPUTS.tolist(), probabilities.tolist(), strict=True):
        print(f" {a:.0f}  {b:.0f}   {probability:.3f}")
    learned = (probabilities > 0.5).float()
    if not lm.equal(learned, TARGETS):
        raise SystemExit("the network did not learn XOR")


if __name__ == "__main__":
    main()
