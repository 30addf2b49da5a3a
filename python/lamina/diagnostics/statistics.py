"""What one layer shows while it trains: sums kept in tensors, so that compiled steps count too."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from lamina import _core, compiling, nn
from lamina._core import Tensor
from lamina.autograd import no_grad
from lamina.nn.module import Module
from lamina.nn.parameter import Parameter

RECTIFIERS = (nn.ReLU, nn.ReLU6)
# The outputs of these are flat near their limits; within a hundredth of the range counts as there.
SATURATING = {nn.Sigmoid: (0.01, 0.99), nn.Tanh: (-0.98, 0.98)}
_WITH_ROWS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)  # row i of the weight makes unit i
_NEVER = math.inf


@dataclass
class LayerHealth:
    """A layer over some steps; norms are those of all its own trained parameters together."""

    path: str
    kind: str
    calls: int  # in training
    mean: float  # of its outputs
    std: float  # within a batch
    zeros: float  # share of its outputs
    units: int = 0
    dead: int | None = None  # units of a rectifier whose output was always 0
    without_gradient: int | None = None  # units whose weights never had a gradient
    saturated: float | None = None  # share of the outputs of a sigmoid or tanh
    parameters: int = 0
    backwards: int = 0  # how often gradients came
    gradient: float = 0.0  # root mean square of the norm
    largest_gradient: float = 0.0  # of one parameter in one step
    weight: float = 0.0  # norm
    update: float = 0.0  # mean of norm(change) / norm(weight) over the steps that changed it
    symmetric: bool = False  # all units have equal weights
    bad_output: float = _NEVER  # the first step with NaN or infinity
    bad_gradient: float = _NEVER

    @property
    def name(self) -> str:
        """Path and kind, as in `0.conv (Conv2d)`."""
        return f"{self.path} ({self.kind})" if self.path else self.kind

    @property
    def gradient_size(self) -> float:
        """Root mean square of one element of the gradient."""
        return self.gradient / math.sqrt(max(self.parameters, 1))


class Statistics:
    """Sums over the calls of one layer since the last `reset`."""

    def __init__(self, path: str, module: Module, output: Tensor, units_dim: int) -> None:
        self.path = path
        self.module = module
        self.units_dim = units_dim % output.ndim if output.ndim else 0
        self.units = output.shape[units_dim] if output.ndim else 1
        self.parameters: list[Parameter] = [
            each for each in module.parameters(recurse=False) if each.requires_grad
        ]
        self.before = [each.detach().clone() for each in self.parameters]
        names = "calls mean variance zeros saturated updates update backwards gradient largest"
        self.sums = {name: _core.zeros(()) for name in names.split()}
        self.bad = {name: _core.full((), _NEVER) for name in ("output", "gradient")}
        self.fired = _core.zeros(self.units)
        self.row_gradient = _core.zeros(self.units)

    def reset(self) -> None:
        """Begin anew; which step had the first NaN is kept."""
        for each in (*self.sums.values(), self.fired, self.row_gradient):
            each.zero_()

    @no_grad()
    def saw_output(self, output: Tensor, step: Tensor) -> None:
        """Take up the outputs of one call, and what happened to the weights since the last."""
        sums, output = self.sums, output.detach()
        sums["calls"] += 1
        sums["mean"] += output.mean()
        sums["variance"] += output.var(correction=0)
        sums["zeros"] += 1 - _core.count_nonzero(output) / output.numel()
        self._note_bad("output", output, step)
        if isinstance(self.module, RECTIFIERS):
            self.fired.copy_(_core.maximum(self.fired, self._peaks(output, self.units_dim)))
        for kind, (low, high) in SATURATING.items():
            if isinstance(self.module, kind):
                sums["saturated"] += ((output < low) | (output > high)).float().mean()
        if self.parameters:
            self._saw_update()

    def _saw_update(self) -> None:
        change, weight = _core.zeros(()), _core.zeros(())
        for parameter, before in zip(self.parameters, self.before, strict=True):
            change += (parameter - before).square().sum()
            weight += before.square().sum()
            before.copy_(parameter)
        self.sums["updates"] += (change > 0).float()
        self.sums["update"] += (change / weight.clamp(1e-30)).sqrt()

    @no_grad()
    def saw_gradient(self, parameter: Parameter, gradient: Tensor, step: Tensor) -> None:
        """Take up the gradient of one parameter, from one backward pass."""
        sums, gradient = self.sums, gradient.detach()
        square = gradient.square().sum()
        if parameter is self.parameters[0]:
            sums["backwards"] += 1
        sums["gradient"] += square
        sums["largest"].copy_(_core.maximum(sums["largest"], square.sqrt()))
        self._note_bad("gradient", gradient, step)
        if self._has_rows(parameter):
            rows = self._peaks(gradient.abs(), 0)
            self.row_gradient.copy_(_core.maximum(self.row_gradient, rows))

    def _note_bad(self, where: str, values: Tensor, step: Tensor) -> None:
        first, finite = self.bad[where], values.abs().amax().isfinite()
        first.copy_(_core.where(finite, first, _core.minimum(first, step)))

    def _has_rows(self, parameter: Parameter) -> bool:
        return isinstance(self.module, _WITH_ROWS) and parameter is self.module.weight

    @staticmethod
    def _peaks(values: Tensor, dim: int) -> Tensor:
        others = [i for i in range(values.ndim) if i != dim]
        return values.amax(others) if others else values

    @no_grad()
    def read(self) -> LayerHealth:
        """Return what was seen since the last reset."""
        sums = {name: each.item() for name, each in self.sums.items()}
        calls, backwards = max(sums["calls"], 1), max(sums["backwards"], 1)
        health = LayerHealth(
            self.path,
            type(self.module).__name__,
            calls=int(sums["calls"]),
            mean=sums["mean"] / calls,
            std=math.sqrt(sums["variance"] / calls),
            zeros=sums["zeros"] / calls,
            units=self.units,
            parameters=sum(each.numel() for each in self.parameters),
            backwards=int(sums["backwards"]),
            gradient=math.sqrt(sums["gradient"] / backwards),
            largest_gradient=sums["largest"],
            weight=math.sqrt(sum(each.square().sum().item() for each in self.parameters)),
            update=sums["update"] / max(sums["updates"], 1),
            bad_output=self.bad["output"].item(),
            bad_gradient=self.bad["gradient"].item(),
        )
        if isinstance(self.module, RECTIFIERS):
            health.dead = int((self.fired == 0).sum().item())
        if type(self.module) in SATURATING:
            health.saturated = sums["saturated"] / calls
        if isinstance(self.module, _WITH_ROWS):
            weight: Any = self.module.weight
            health.without_gradient = int((self.row_gradient == 0).sum().item())
            health.symmetric = len(weight) > 1 and bool((weight == weight[:1]).all().item())
        return health


def make(path: str, module: Module, output: Tensor, units_dim: int) -> Statistics:
    """Return the sums of a layer whose first output this is, outside of any capture."""
    with compiling.uncaptured(), no_grad():
        return Statistics(path, module, output, units_dim)
