"""`summary`: a model's layers, their sizes and their work, as a table."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lamina import _core, _programs, compiling
from lamina._core import Tensor, dtype
from lamina.autograd import no_grad
from lamina.diagnostics.tensors import tensors_in
from lamina.nn.module import Module
from lamina.nn.parameter import is_lazy

__all__ = ["Layer", "Summary", "summary"]

Shape = tuple[int, ...]


@dataclass
class Layer:
    """One call of a module; what stands in modules that it calls is counted there."""

    path: str
    kind: str
    output: list[Shape]
    output_bytes: int = 0
    parameters: int = 0
    trainable: int = 0
    buffers: int = 0
    repeated: bool = False  # its parameters are counted with an earlier call
    calls_others: bool = False
    multiply_adds: int | None = 0  # None where they could not be counted


@dataclass
class Summary:
    """What `summary` found; `str` is the table."""

    layers: list[Layer]
    parameters: int
    trainable: int
    buffers: int
    parameter_bytes: int
    buffer_bytes: int
    ran: bool

    @property
    def frozen(self) -> int:
        """How many numbers in parameters are not trained."""
        return self.parameters - self.trainable

    @property
    def output_bytes(self) -> int:
        """Memory of the results of all layers that call no others."""
        return sum(layer.output_bytes for layer in self.layers if not layer.calls_others)

    @property
    def multiply_adds(self) -> int:
        """Multiplications with additions in products and convolutions, as far as counted."""
        return sum(layer.multiply_adds or 0 for layer in self.layers)

    def __str__(self) -> str:
        head = ("layer", "type", "output", "parameters", "trainable", "multiply-adds")
        rows = [head, *map(_row, self.layers)]
        if not self.ran:
            rows = [(*row[:2], *row[3:5]) for row in rows]
        numbers = range(3, 6) if self.ran else range(2, 4)
        lines = [_programs.table(rows, numbers), ""]
        lines.append(
            f"{self.parameters:,} parameters: {self.trainable:,} trainable, {self.frozen:,} "
            f"frozen; {self.buffers:,} in buffers"
        )
        memory = f"memory: parameters {_size(self.parameter_bytes)}"
        memory += f", buffers {_size(self.buffer_bytes)}"
        if self.ran:
            uncounted = any(layer.multiply_adds is None for layer in self.layers)
            memory += f", outputs {_size(self.output_bytes)}"
            lines.append(f"{'at least ' * uncounted}{self.multiply_adds:,} multiply-adds")
        return "\n".join([*lines, memory])

    __repr__ = __str__


def summary(
    model: Module,
    input_shape: int | Sequence[int] | Sequence[Sequence[int]] | None = None,
    *,
    input_data: Any = None,
    batch_size: int = 1,
    dtype: dtype | Sequence[dtype] | None = None,
) -> Summary:
    """Return a table of the layers of a model, from one run in evaluation mode on a copy of it.

    `input_shape` is that of one sample, without the batch (or with None for it), or a list of
    shapes for several inputs; zeros of `dtype` (one, or one per input; that of the model unless
    given) go in. `input_data` is the input itself: an array, a list of them or, for keyword
    arguments, a dict. Without either the model is not run, and the table has parameters alone.
    """
    if not isinstance(model, Module):
        raise TypeError(f"[summary] expected a Module; got {type(model).__name__}")
    trial = copy.deepcopy(model)
    if input_shape is None and input_data is None:
        layers = [Layer(path, type(each).__name__, []) for path, each in trial.named_modules()]
    else:
        if input_data is None:
            input_data = _zeros(trial, input_shape, batch_size, dtype)
        elif input_shape is not None:
            raise ValueError("[summary] expected input_shape or input_data; got both")
        layers = _run(trial, input_data)
    _count_members(trial, layers)
    buffers = [each for each in trial.buffers() if not is_lazy(each)]
    return Summary(
        layers,
        parameters=sum(layer.parameters for layer in layers),
        trainable=sum(layer.trainable for layer in layers),
        buffers=sum(layer.buffers for layer in layers),
        parameter_bytes=sum(map(_bytes, trial.parameters())),
        buffer_bytes=sum(map(_bytes, buffers)),
        ran=input_data is not None,
    )


def _zeros(model: Module, shape: Any, batch_size: int, dtypes: Any) -> list[Tensor]:
    several = not isinstance(shape, int) and shape and isinstance(shape[0], Sequence)
    shapes = [_sample(each) for each in (shape if several else [shape])]
    if dtypes is None:
        own = (each.dtype for each in model.parameters() if each.is_floating_point())
        dtypes = next(own, None)
    if not isinstance(dtypes, Sequence):
        dtypes = [dtypes] * len(shapes)
    if len(dtypes) != len(shapes):
        raise ValueError(
            f"[summary] expected one dtype or one per input ({len(shapes)}); got {len(dtypes)}"
        )
    return [
        _core.zeros(batch_size, *size, dtype=kind)
        for size, kind in zip(shapes, dtypes, strict=True)
    ]


def _sample(shape: Any) -> Sequence[int]:
    """Return the shape of a sample; Keras' None for the batch may stand before it."""
    sizes = [shape] if isinstance(shape, int) else list(shape)
    if sizes and sizes[0] is None:
        del sizes[0]
    if not all(isinstance(size, int) for size in sizes):
        raise ValueError(f"[summary] expected input_shape of whole numbers; got {shape}")
    return sizes


# ---- the run ----


class _Trace:
    """Hooks that note every call of a module, in order."""

    def __init__(self, model: Module) -> None:
        self.layers: list[Layer] = []
        self.paths = {module: path for path, module in model.named_modules()}
        self.open: list[tuple[Layer, list[int | None]]] = []  # with the work of what they call
        for module in self.paths:
            module.register_forward_pre_hook(self.enter, prepend=True)
            module.register_forward_hook(self.leave, with_kwargs=True)

    def enter(self, module: Module, args: Any) -> None:
        if compiling.capturing():  # by _count_work, to which all below is one
            return
        path = self.paths[module]
        layer = Layer(path, "", [], repeated=any(path == each.path for each in self.layers))
        self.layers.append(layer)
        self.open.append((layer, []))

    def leave(self, module: Module, args: Any, kwargs: Any, result: Any) -> None:
        if compiling.capturing():
            return
        layer, below = self.open.pop()
        layer.kind = type(module).__name__  # now, as lazy modules have become others
        outputs = list(tensors_in(result))
        layer.output = [tuple(each.shape) for each in outputs]
        layer.output_bytes = sum(map(_bytes, outputs))
        layer.calls_others = bool(below)
        work = _count_work(module, args, kwargs)
        if self.open:
            self.open[-1][1].append(work)
        known = [each for each in below if each is not None]
        counted = work is not None and len(known) == len(below)
        layer.multiply_adds = (work or 0) - sum(known) if counted else None


def _run(model: Module, data: Any) -> list[Layer]:
    trace = _Trace(model.eval())
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = {}
    if isinstance(data, Mapping):
        kwargs = {name: _as_tensors(each) for name, each in data.items()}
    else:
        args = _as_tensors(data if isinstance(data, list | tuple) else [data])
    state = _core.get_rng_state()
    try:
        with no_grad():
            model(*args, **kwargs)
    finally:
        _core.set_rng_state(state)
    return trace.layers


def _as_tensors(value: Any) -> Any:
    """Return arrays as tensors, in tuples and lists too; flags and the like stay."""
    if isinstance(value, list | tuple):
        return tuple(map(_as_tensors, value))
    return _core.as_tensor(value) if hasattr(value, "__array__") else value


def _count_work(module: Module, args: Any, kwargs: Any) -> int | None:
    """Return the multiply-adds of a call, or None if it reads values and cannot be captured."""
    step = compiling.CompiledFunction(module.forward, inference=True)
    try:
        step(*args, **kwargs)
    except RuntimeError:
        return None
    return sum(map(_programs.flops, step.programs()[0]["launches"])) // 2


# ---- counting and writing ----


def _count_members(model: Module, layers: Sequence[Layer]) -> None:
    """Give each parameter to the innermost layer that was called and holds it."""
    first = {layer.path: layer for layer in reversed(layers)}

    def owner(path: str) -> Layer:
        while path not in first:
            path = path.rpartition(".")[0]
        return first[path]

    for name, parameter in model.named_parameters():
        layer = owner(name)
        if not is_lazy(parameter):
            layer.parameters += parameter.numel()
            layer.trainable += parameter.numel() * parameter.requires_grad
    for name, buffer in model.named_buffers():
        if not is_lazy(buffer):
            owner(name).buffers += buffer.numel()


def _bytes(tensor: Tensor) -> int:
    return 0 if is_lazy(tensor) else tensor.numel() * tensor.element_size()


def _row(layer: Layer) -> tuple[str, ...]:
    shapes = ", ".join(map(str, layer.output[:3])) + ", ..." * (len(layer.output) > 3)
    work = "?" if layer.multiply_adds is None else f"{layer.multiply_adds:,}"
    counts = (f"{layer.parameters:,}", f"{layer.trainable:,}")
    if layer.repeated:
        counts = ("again", "")
    return (layer.path or "(model)", layer.kind, shapes, *counts, work)


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"
