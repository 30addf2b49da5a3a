"""Transforms one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lamina.nn import Module


class Compose(Module):
    """Calls transforms, which are modules or functions, one after the other."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        super().__init__()
        self.transforms = list(transforms)
        for number, transform in enumerate(self.transforms):
            if isinstance(transform, Module):  # which shall know of train and eval
                self.add_module(str(number), transform)

    def forward(self, images: Any) -> Any:
        """Apply all."""
        for transform in self.transforms:
            images = transform(images)
        return images

    def extra_repr(self) -> str:
        """Return the functions."""
        functions = [each for each in self.transforms if not isinstance(each, Module)]
        return f"functions={functions}" if functions else ""
