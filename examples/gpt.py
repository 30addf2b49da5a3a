"""A small GPT learns to write sentences, a character at a time, as it would with PyTorch."""

from __future__ import annotations

import random

import lamina as lm
import lamina.nn.functional as F
from lamina import nn

CONTEXT = 64  # characters that the network looks back on
WIDTH, HEADS, LAYERS = 64, 4, 2
BATCH, STEPS, RATE = 16, 400, 3e-3
GOAL = 0.4  # nats a character; which words come is 4 log 6 a sentence, 0.18 a character

WHO = ["the cat", "the owl", "a sailor", "the miller", "my sister", "a small fox"]
DOES = ["sees", "follows", "paints", "dreams of", "waits for", "sings to"]
WHOM = ["the moon", "a red boat", "the old mill", "a silver fish", "the wind", "a friend"]
WHEN = ["at night", "in the morning", "every day", "when it rains", "by the sea", "in spring"]


def story(sentences: int) -> str:
    """Make up sentences such as 'the owl sings to the moon at night.'."""
    return " ".join(
        f"{' '.join(random.choice(words) for words in (WHO, DOES, WHOM, WHEN))}."
        for _ in range(sentences)
    )


class Block(nn.Module):
    """Attention to what came before, then a network for each character, both beside x itself."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH)
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH)
        self.mlp = nn.Sequential(
            nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH)
        )

    def attend(self, x: lm.Tensor) -> lm.Tensor:
        """Mix each character with those before it, in several heads."""
        batch, length, _ = x.shape
        q, k, v = (
            part.view(batch, length, HEADS, WIDTH // HEADS).transpose(1, 2)
            for part in self.qkv(x).chunk(3, dim=-1)
        )
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(1, 2).reshape(batch, length, WIDTH))

    def forward(self, x: lm.Tensor) -> lm.Tensor:
        """Map (batch, length, WIDTH) to the same."""
        x = x + self.attend(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    """Scores for the next character after each of a text."""

    def __init__(self, characters: int) -> None:
        super().__init__()
        self.token = nn.Embedding(characters, WIDTH)
        self.position = nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.Sequential(*(Block() for _ in range(LAYERS)))
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, characters, bias=False)

    def forward(self, index: lm.Tensor) -> lm.Tensor:
        """Map characters (batch, length) to scores (batch, length, characters)."""
        x = self.token(index) + self.position(lm.arange(index.shape[1]))
        return self.head(self.norm(self.blocks(x)))

    @lm.no_grad()
    def write(self, index: lm.Tensor, count: int) -> lm.Tensor:
        """Append `count` characters, each drawn from what the network expects."""
        for _ in range(count):
            scores = self(index[:, -CONTEXT:])[:, -1]
            chosen = lm.multinomial(F.softmax(scores, dim=-1), 1)
            index = lm.cat([index, chosen], dim=1)
        return index


def main() -> None:
    """Train, print the loss now and then, and let the network write."""
    random.seed(0)
    lm.manual_seed(0)
    text = story(2000)
    alphabet = sorted(set(text))
    number = {character: i for i, character in enumerate(alphabet)}
    data = lm.tensor([number[character] for character in text])

    model = GPT(len(alphabet))
    optimizer = lm.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.01)
    mean = 0.0
    for step in range(1, STEPS + 1):
        starts = lm.randint(0, len(data) - CONTEXT, (BATCH,)).tolist()
        x = lm.stack([data[i : i + CONTEXT] for i in starts])
        y = lm.stack([data[i + 1 : i + CONTEXT + 1] for i in starts])
        loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        mean += (loss.item() - mean) / min(step, 20)
        if step == 1 or step % 100 == 0:
            print(f"step {step:4d}  loss {mean:.3f}")

    model.eval()
    written = model.write(lm.tensor([[number["t"]]]), 150)[0].tolist()
    print("\n" + "".join(alphabet[i] for i in written))
    if mean > GOAL:
        raise SystemExit(f"the network did not learn: its loss is {mean:.3f}, not below {GOAL}")


if __name__ == "__main__":
    main()
