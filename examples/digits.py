"""A convolutional network learns scikit-learn's digits; it is saved, loaded, and asked again.

Writes `digits.safetensors`, the weights, and `digits.png`, a picture of the training and of the
mistakes, into the folder given on the command line, or else into `figures`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import lamina as lm
from lamina import nn

EPOCHS, BATCH, RATE = 12, 32, 0.004
GOAL = 0.985


def network() -> nn.Sequential:
    return nn.Sequential(
        *(nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU()),
        *(nn.Conv2d(32, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Dropout(0.4), nn.Linear(64 * 2 * 2, 10)),
    )


def picture(history: lm.train.History, x: np.ndarray, y: np.ndarray, scores: np.ndarray) -> None:
    """Draw the training, and what was taken for what."""
    _, (loss, accuracy, table, mistakes) = plt.subplots(
        1, 4, figsize=(17, 3.8), layout="constrained"
    )
    lm.plot.history(history, ["loss", "accuracy"], (loss, accuracy))
    lm.plot.confusion_matrix(y, scores, ax=table)
    read = scores.argmax(1)
    wrong = read != y
    names = [f"{true}, not {guess}" for true, guess in zip(y[wrong], read[wrong], strict=True)]
    mistakes.set_title("mistakes")
    lm.plot.images(x[wrong], names, mistakes)


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "figures")
    folder.mkdir(parents=True, exist_ok=True)
    lm.manual_seed(0)
    digits = load_digits()
    images = (digits.images / 16).astype(np.float32)[:, None]
    x, test_x, y, test_y = train_test_split(
        images, digits.target, test_size=0.2, stratify=digits.target, random_state=0
    )

    model = network()
    optimizer = lm.optim.Adam(model.parameters(), lr=RATE)
    schedule = lm.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    trainer = lm.Trainer(
        model, loss="cross_entropy", optimizer=optimizer, metrics=["accuracy"], scheduler=schedule
    )
    history = trainer.fit(x, y, epochs=EPOCHS, batch_size=BATCH, validation_data=(test_x, test_y))

    lm.save(model.state_dict(), folder / "digits.safetensors")
    loaded = network()
    loaded.load_state_dict(lm.load(folder / "digits.safetensors"))
    scores = lm.Trainer(loaded).predict(test_x)
    assert np.array_equal(scores, trainer.predict(test_x))
    accuracy = (np.asarray(scores).argmax(1) == test_y).mean()

    picture(history, test_x, test_y, np.asarray(scores))
    plt.savefig(folder / "digits.png", dpi=120)
    print(f"test accuracy {accuracy:.2%}; weights and picture are in {folder}/")
    assert accuracy >= GOAL


if __name__ == "__main__":
    main()
