"""A character LSTM learns a short text by heart and goes on writing from a few letters."""

from __future__ import annotations

import lamina as lm
from lamina import nn

TEXT = """
The perceptron adds what it is given, each input times a weight, and fires where the sum is large.
One such unit draws a straight line. It learns and, and it learns or, but no line makes xor.
Two lines do, and a third unit that reads the first two: so depth begins. What is wrong at the end
flows back, layer by layer, product by product, and every weight learns which way is down.
A small step, another batch, a small step more. The loss falls fast, then slowly, then stays.
"""
STREAMS, LENGTH = 8, 32  # of the text read side by side, and of a piece between two updates
HIDDEN, LAYERS = 128, 2
EPOCHS = 300
GOAL = 0.15  # nats a character


class CharLSTM(nn.Module):
    """Letters in, scores of the next letters out."""

    def __init__(self, letters: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(letters, 32)
        self.lstm = nn.LSTM(32, HIDDEN, num_layers=LAYERS, batch_first=True)
        self.head = nn.Linear(HIDDEN, letters)

    def forward(
        self, x: lm.Tensor, state: tuple[lm.Tensor, lm.Tensor] | None = None
    ) -> tuple[lm.Tensor, tuple[lm.Tensor, lm.Tensor]]:
        out, state = self.lstm(self.embedding(x), state)
        return self.head(out), state


def write(model: CharLSTM, letters: list[str], start: str, count: int) -> str:
    """Continue a text letter by letter, each drawn with a little warmth."""
    index = {letter: i for i, letter in enumerate(letters)}
    text, state = start, None
    x = lm.tensor([[index[letter] for letter in start]])
    model.eval()
    with lm.no_grad():
        for _ in range(count):
            logits, state = model(x, state)
            probs = lm.softmax(logits[:, -1] / 0.5, dim=-1)
            x = lm.multinomial(probs, 1)
            text += letters[x.item()]
    return text


def main() -> None:
    lm.manual_seed(0)
    letters = sorted(set(TEXT))
    index = {letter: i for i, letter in enumerate(letters)}
    # Round and round, so that every stream starts elsewhere and reads it all.
    shift = len(TEXT) // STREAMS
    streams = [TEXT[i * shift :] + TEXT[: i * shift] for i in range(STREAMS)]
    data = lm.tensor([[index[letter] for letter in stream] for stream in streams])
    model = CharLSTM(len(letters))
    criterion = nn.CrossEntropyLoss()
    optimizer = lm.optim.Adam(model.parameters(), lr=3e-3)
    pieces = (data.size(1) - 1) // LENGTH
    for epoch in range(1, EPOCHS + 1):
        state, total = None, 0.0
        for piece in range(pieces):
            at = piece * LENGTH
            x, target = data[:, at : at + LENGTH], data[:, at + 1 : at + LENGTH + 1]
            logits, state = model(x, state)
            loss = criterion(logits.reshape(-1, len(letters)), target.reshape(-1))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            # The memory is kept, its history is not.
            state = tuple(s.detach() for s in state)
            total += loss.item()
        print(f"epoch {epoch:3d}  loss {total / pieces:.3f}")
        if total / pieces < GOAL:
            break
    print(write(model, letters, "The perceptron ", 200))
    assert total / pieces < GOAL


if __name__ == "__main__":
    main()
