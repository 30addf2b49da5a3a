"""A residual network reads digits: blocks of two convolutions with a way past them."""

from __future__ import annotations

import numpy as np
from figures import panels, show
from sklearn.datasets import load_digits

import lamina as lm
from lamina import nn
from lamina.utils.data import DataLoader, TensorDataset, random_split

EPOCHS, BATCH = 8, 64


class Block(nn.Module):
    """x + F(x); where the size changes, a 1x1 convolution brings x to it."""

    def __init__(self, channels_in: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        same = channels_in == channels and stride == 1
        self.past = nn.Identity() if same else nn.Conv2d(channels_in, channels, 1, stride)

    def forward(self, x: lm.Tensor) -> lm.Tensor:
        out = self.bn1(self.conv1(x)).relu()
        return (self.bn2(self.conv2(out)) + self.past(x)).relu()


def main() -> None:
    lm.manual_seed(0)
    digits = load_digits()
    x = (digits.images / 16).astype(np.float32)[:, None]
    train, test = random_split(TensorDataset(x, digits.target), [0.8, 0.2])
    test_x, test_y = test[:]

    model = nn.Sequential(
        *(Block(1, 16), Block(16, 16), Block(16, 32, stride=2), Block(32, 32)),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10)),
    )
    steps = EPOCHS * -(-len(train) // BATCH)
    optimizer = lm.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
    scheduler = lm.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=steps)
    curve, schedule, mistakes = panels("loss of each batch", "one cycle of the rate", "mistakes")
    lm.plot.learning_rates(scheduler, steps, schedule)

    @lm.compile
    def step(x: lm.Tensor, y: lm.Tensor) -> lm.Tensor:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    losses = []
    for _ in range(EPOCHS):
        for xb, yb in DataLoader(train, BATCH, shuffle=True):
            losses.append(step(xb, yb).item())
            scheduler.step()
    model.eval()
    with lm.no_grad():
        taken_for = model(test_x).argmax(1)
    wrong = taken_for != test_y
    accuracy = 1 - wrong.float().mean().item()
    assert accuracy > 0.97

    curve.plot(losses)
    curve.set(xlabel="step", ylabel="loss", yscale="log")
    pairs = zip(test_y[wrong].tolist(), taken_for[wrong].tolist(), strict=True)
    lm.plot.images(test_x[wrong], [f"{true}, not {read}" for true, read in pairs], mistakes)
    show(f"a residual network reads {accuracy:.1%} of the digits it never saw", curve)


if __name__ == "__main__":
    main()
