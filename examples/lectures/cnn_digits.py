"""A convolutional network reads digits: its filters, and what they make of one image."""

from __future__ import annotations

import numpy as np
from figures import panels, show
from sklearn.datasets import load_digits

import lamina as lm
from lamina import nn
from lamina.utils.data import DataLoader, TensorDataset, random_split

EPOCHS, BATCH = 15, 32


def main() -> None:
    lm.manual_seed(0)
    digits = load_digits()
    x = (digits.images / 16).astype(np.float32)[:, None]
    train, test = random_split(TensorDataset(x, digits.target), [0.8, 0.2])
    test_x, test_y = test[:]

    model = nn.Sequential(
        *(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Dropout(0.3), nn.Linear(32 * 4 * 4, 10)),
    )
    optimizer = lm.optim.Adam(model.parameters(), lr=0.002)

    @lm.compile
    def step(x: lm.Tensor, y: lm.Tensor) -> None:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

    for _ in range(EPOCHS):
        for xb, yb in DataLoader(train, BATCH, shuffle=True):
            step(xb, yb)
    model.eval()
    with lm.no_grad():
        accuracy = (model(test_x).argmax(1) == test_y).float().mean().item()
    assert accuracy > 0.97

    images, filters, first, second = panels(
        "images of the test",
        "filters of the first layer",
        "what they make of the first image",
        "and the second layer of that",
    )
    lm.plot.images(test_x[:12], test_y[:12], images, columns=4)
    lm.plot.filters(model[0], filters)
    lm.plot.feature_maps(model, test_x[:1], "1", first)
    lm.plot.feature_maps(model, test_x[:1], "3", second)
    show(f"two convolutional layers read {accuracy:.1%} of the digits they never saw", images)


if __name__ == "__main__":
    main()
