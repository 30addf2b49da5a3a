"""What ails a network, in words, from the figures of its layers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lamina.diagnostics.statistics import LayerHealth

# Sigmoids lose a factor of 4 or more a layer; healthy networks stay far within this.
_GRADIENT_RATIO = 1000.0
_LARGE_GRADIENT = 1000.0
_SATURATED = 0.5
_FAST, _SLOW = 0.1, 1e-6  # a hundredth to a thousandth of the weights a step is usual


@dataclass
class Finding:
    """One ailment: its kind, the path of the layer that shows it, and a text with the remedy."""

    kind: str
    layer: str
    text: str

    def __str__(self) -> str:
        return self.text


def findings(layers: Sequence[LayerHealth]) -> list[Finding]:
    """Return what ails a network whose layers are given in the order of their calls."""
    bad = list(_not_finite(layers))
    if bad:  # all other figures are spoiled
        return bad
    checks = (_gradients, _dead, _saturated, _symmetric, _updates)
    return [each for check in checks for each in check(layers)]


def _not_finite(layers: Sequence[LayerHealth]) -> Iterator[Finding]:
    """Name where it began: in a step outputs come first, then gradients from the last layer on."""
    outputs = [(each.bad_output, 0, i) for i, each in enumerate(layers)]
    gradients = [(each.bad_gradient, 1, -i) for i, each in enumerate(layers)]
    places = [place for place in outputs + gradients if place[0] < math.inf]
    if places:
        step, backward, i = min(places)
        layer = layers[abs(i)]
        what = "the gradient" if backward else "the output"
        yield Finding(
            "not finite",
            layer.path,
            f"NaN or infinity: first in {what} of {layer.name}, in step {step:.0f}",
        )


def _gradients(layers: Sequence[LayerHealth]) -> Iterator[Finding]:
    trained = [each for each in layers if each.parameters]
    if not any(each.backwards for each in trained):
        return
    for layer in trained:
        if layer.gradient == 0:
            text = f"no gradient reaches {layer.name}: the loss does not depend on it, or all that"
            yield Finding("vanishing", layer.path, f"{text} follows is flat or zero")
    reached = [each for each in trained if each.gradient > 0]
    if not reached:
        return
    last = reached[-1]
    least = min(reached, key=lambda each: each.gradient_size)
    most = max(reached, key=lambda each: each.gradient_size)
    if last.gradient_size > _GRADIENT_RATIO * least.gradient_size:
        yield Finding(
            "vanishing",
            least.path,
            f"vanishing gradients: {last.gradient_size:.1e} in {last.name}, "
            f"{least.gradient_size:.1e} in {least.name}; ReLU with He initialization, "
            "normalization or skip connections keep them",
        )
    grown = most.gradient_size > _GRADIENT_RATIO * last.gradient_size
    largest = max(reached, key=lambda each: each.largest_gradient)
    if grown or largest.largest_gradient > _LARGE_GRADIENT:
        worst = most if grown else largest
        yield Finding(
            "exploding",
            worst.path,
            f"exploding gradients: norms of up to {worst.largest_gradient:.1e} in {worst.name}; "
            "smaller first weights, a smaller rate or clip_grad_norm_ tame them",
        )


def _dead(layers: Sequence[LayerHealth]) -> Iterator[Finding]:
    # Before a layer that tells of its units itself, those without a gradient are the same ones.
    told = [*(each.dead is not None or each.saturated is not None for each in layers[1:]), False]
    for layer, after in zip(layers, told, strict=True):
        if layer.dead:
            text = f"dead units: {layer.dead} of {layer.units} of {layer.name} never fire"
        elif layer.without_gradient and not after and layer.gradient > 0:
            text = f"dead units: {layer.without_gradient} of {layer.units} of {layer.name} never "
            text += "get a gradient"
        else:
            continue
        text += "; a smaller rate, no negative biases or LeakyReLU revive them"
        yield Finding("dead", layer.path, text)


def _saturated(layers: Sequence[LayerHealth]) -> Iterator[Finding]:
    for layer in layers:
        if layer.saturated is not None and layer.saturated > _SATURATED:
            yield Finding(
                "saturated",
                layer.path,
                f"saturated units: {layer.saturated:.0%} of the outputs of {layer.name} are at "
                "their limits, where the gradient is close to 0; scale the inputs, or start from "
                "smaller weights",
            )


def _symmetric(layers: Sequence[LayerHealth]) -> Iterator[Finding]:
    for layer in layers:
        if layer.symmetric:
            yield Finding(
                "symmetric",
                layer.path,
                f"symmetric units: all {layer.units} of {layer.name} have equal weights and will "
                "learn the same; draw the first weights at random",
            )


def _updates(layers: Sequence[LayerHealth]) -> Iterator[Finding]:
    for layer in layers:
        if layer.update > _FAST:
            yield Finding(
                "fast",
                layer.path,
                f"large steps: {layer.name} changes by {layer.update:.0%} of its weights a step; "
                "lower the learning rate",
            )
    quickest = max(layers, key=lambda each: each.update, default=None)
    if quickest and 0 < quickest.update < _SLOW:
        yield Finding(
            "slow",
            quickest.path,
            f"small steps: no layer changes by more than {quickest.update:.1e} of its weights a "
            "step; raise the learning rate",
        )
