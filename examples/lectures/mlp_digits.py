"""A multi-layer perceptron reads scikit-learn's digits: rows of 64 numbers, one hidden layer."""

from __future__ import annotations

import numpy as np
from figures import panels, show
from sklearn.datasets import load_digits

import lamina as lm
from lamina import nn
from lamina.utils.data import DataLoader, TensorDataset, random_split

EPOCHS, BATCH = 30, 32


def main() -> None:
    lm.manual_seed(0)
    digits = load_digits()
    x, y = (digits.data / 16).astype(np.float32), digits.target.astype(np.int64)
    train, test = random_split(TensorDataset(x, y), [0.8, 0.2])
    test_x, test_y = test[:]

    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 10))
    optimizer = lm.optim.Adam(model.parameters(), lr=0.002)

    @lm.compile
    def step(x: lm.Tensor, y: lm.Tensor) -> lm.Tensor:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    history: dict[str, list[float]] = {"loss": [], "val_loss": []}
    for _ in range(EPOCHS):
        model.train()
        losses = [step(xb, yb).item() for xb, yb in DataLoader(train, BATCH, shuffle=True)]
        history["loss"].append(float(np.mean(losses)))
        model.eval()
        with lm.no_grad():
            scores = model(test_x)
        history["val_loss"].append(nn.functional.cross_entropy(scores, test_y).item())
    accuracy = (scores.argmax(1) == test_y).float().mean().item()
    assert accuracy > 0.95

    left, right = panels("", f"{accuracy:.1%} of {len(test)} test images right", height=4)
    lm.plot.history(history, ax=left)
    lm.plot.confusion_matrix(test_y, scores, ax=right)
    show(f"one hidden layer reads {accuracy:.1%} of the digits it never saw", left)


if __name__ == "__main__":
    main()
