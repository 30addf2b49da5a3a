"""Sequences with what follows each of their steps: waves and text."""

from __future__ import annotations

from math import pi

from lamina import _core
from lamina._core import Generator, Tensor
from lamina.datasets.points import check_counts


def sines(
    samples: int = 100, length: int = 50, noise: float = 0.0, generator: Generator | None = None
) -> tuple[Tensor, Tensor]:
    """Return waves and the same waves a step later, both float32 (samples, length, 1).

    A wave's period is 10 to 40 steps and its phase any; the noise is on both alike.
    """
    check_counts("sines", samples=samples, length=length)
    period = 10 + 30 * _core.rand(samples, 1, generator=generator)
    phase = _core.rand(samples, 1, generator=generator)
    waves = (2 * pi * (_core.arange(length + 1) / period + phase)).sin()
    if noise:
        waves = waves + noise * _core.randn(waves.shape, generator=generator)
    waves = waves.unsqueeze(2)
    return waves[:, :-1].contiguous(), waves[:, 1:].contiguous()


def characters(
    text: str, length: int, samples: int | None = None, generator: Generator | None = None
) -> tuple[Tensor, Tensor, str]:
    """Return pieces of a text, the same a character later, and the text's alphabet.

    Both are int64 (pieces, length): places in the alphabet, which is sorted. Without `samples`
    the pieces follow each other without overlap; with them, that many start at random places.
    """
    check_counts("characters", length=length)
    if len(text) <= length:
        raise ValueError(
            f"[characters] expected a text longer than {length} characters; got {len(text)}"
        )
    alphabet = "".join(sorted(set(text)))
    places = {character: place for place, character in enumerate(alphabet)}
    codes = _core.tensor([places[character] for character in text])
    starts = _core.arange(0, len(text) - length, length)
    if samples is not None:
        check_counts("characters", samples=samples)
        starts = _core.randint(len(text) - length, (samples,), generator=generator)
    window = starts.unsqueeze(1) + _core.arange(length)
    return codes[window], codes[window + 1], alphabet
