"""Health: watches the layers of a model while it trains; sums are statistics.py's."""

from __future__ import annotations

import math
from typing import Any

from lamina import _core, _programs, compiling
from lamina._core import Tensor
from lamina.autograd import no_grad
from lamina.diagnostics import statistics
from lamina.diagnostics.findings import Finding, findings
from lamina.diagnostics.statistics import LayerHealth, Statistics
from lamina.nn.module import Module
from lamina.nn.parameter import Parameter

__all__ = ["Health"]

_CHANNELS_FIRST = ("Conv", "BatchNorm", "InstanceNorm", "GroupNorm")


class Health:
    """Statistics of outputs, weights and gradients, layer by layer, from calls in training mode.

    As a context manager around a training loop, compiled or not; watching begins with the object
    and ends with `close()` or the `with` statement. Layers are the modules without others inside,
    and those with parameters of their own. `read()` gives the figures since the last `record()`,
    `findings()` what is wrong in words, and `str(health)` both.
    """

    def __init__(self, model: Module) -> None:
        if not isinstance(model, Module):
            raise TypeError(f"[Health] expected a Module; got {type(model).__name__}")
        self.history: list[list[LayerHealth]] = []
        self._step = _core.zeros(())
        self._seen: dict[Module, Statistics] = {}  # in the order of their first calls
        self._weighted: Module = model  # the last one called that has parameters
        self._paths = {
            module: path
            for path, module in model.named_modules()
            if _has_parameters(module) or not list(module.children())
        }
        self._handles: list[Any] = [model.register_forward_pre_hook(self._begin_step)]
        self._handles += [each.register_forward_hook(self._saw_output) for each in self._paths]

    def __enter__(self) -> Health:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Watch no longer; what was seen can still be read."""
        for handle in self._handles:
            handle.remove()

    def record(self) -> list[LayerHealth]:
        """Put the figures into `history` and begin anew, as at the end of an epoch."""
        self.history.append(self.read())
        for each in self._seen.values():
            each.reset()
        return self.history[-1]

    def table(self, figure: str = "gradient") -> dict[str, list[float]]:
        """Return a figure of each layer, record by record, as `lm.plot.health` draws them.

        `figure` is the name of an attribute of `LayerHealth`; those of weights are there for layers
        with parameters alone.
        """
        result: dict[str, list[float]] = {}
        of_weights = figure in ("weight", "gradient", "largest_gradient", "update")
        for i, layers in enumerate(self.history):
            for layer in layers:
                if layer.parameters or not of_weights:
                    line = result.setdefault(layer.name, [math.nan] * i)
                    line.append(float(getattr(layer, figure)))
        return result

    def read(self) -> list[LayerHealth]:
        """Return the figures of all layers that were called, in the order of their calls."""
        return [each.read() for each in self._seen.values()]

    def findings(self) -> list[Finding]:
        """Return what is wrong; nothing is a good sign."""
        return findings(self.read())

    def __str__(self) -> str:
        layers = self.read()
        head = ("layer", "mean", "std", "zeros", "weight", "gradient", "update")
        rows = [head, *map(_row, layers)]
        found = [f"- {each}" for each in findings(layers)]
        return "\n".join([_programs.table(rows, range(1, 7)), "", *(found or ["nothing amiss"])])

    # ---- hooks ----

    @no_grad()
    def _begin_step(self, module: Module, args: Any) -> None:
        if module.training:
            self._step += 1

    def _saw_output(self, module: Module, args: Any, result: Any) -> None:
        output = result[0] if isinstance(result, tuple | list) else result
        watchable = isinstance(output, Tensor) and output.is_floating_point() and output.numel()
        if not module.training or not watchable:
            return
        if _has_parameters(module):
            self._weighted = module
        if module not in self._seen:
            self._begin(module, output)
        self._seen[module].saw_output(output, self._step)

    def _begin(self, module: Module, output: Tensor) -> None:
        first = type(self._weighted).__name__.startswith(_CHANNELS_FIRST)
        dim = 1 if output.ndim > 1 and (first or output.ndim > 3) else -1
        layer = statistics.make(self._paths[module], module, output, dim)
        self._seen[module] = layer
        for parameter in layer.parameters:
            self._watch_gradient(layer, parameter)

    def _watch_gradient(self, layer: Statistics, parameter: Parameter) -> None:
        def saw(gradient: Tensor) -> None:
            layer.saw_gradient(parameter, gradient, self._step)

        with compiling.uncaptured():
            self._handles.append(parameter.register_hook(saw))


def _has_parameters(module: Module) -> bool:
    return next(module.parameters(recurse=False), None) is not None


def _row(layer: LayerHealth) -> tuple[str, ...]:
    row = (layer.name, f"{layer.mean:.3g}", f"{layer.std:.3g}", f"{layer.zeros:.0%}")
    if not layer.parameters:
        return (*row, "", "", "")
    return (*row, f"{layer.weight:.3g}", f"{layer.gradient:.2g}", f"{layer.update:.1e}")
