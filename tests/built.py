"""Makes of a row of layers modules with random parameters, and calls them."""

import copy
import zlib

import numpy as np
from cases import Call
from samples import Operand, apply, fill, for_lamina, leaves, numpy_of, operands, substitute

import lamina as lm
from lamina import nn


def filled(row, sample, dtype):
    """Put an Operand in place of each tensor of a sample: for the constructor, for the call."""
    both = fill(row, Call((sample.build, sample.call), {}), dtype)
    return both.args


def construct(row, build):
    return getattr(nn, row.name)(*build.args, **build.kwargs)


def built(row, sample, dtype, seed=0):
    """Return the module, its parameters random, and the arguments of its call."""
    build, call = filled(row, sample, dtype)
    lm.manual_seed(seed)
    module = construct(row, for_lamina(build)).to(getattr(lm, dtype))
    awake(module, for_lamina(call), nn)
    rng = np.random.default_rng(zlib.crc32(row.name.encode()) + seed)
    with lm.no_grad():
        for parameter in module.parameters():
            parameter.copy_(lm.tensor(rng.uniform(-1, 1, tuple(parameter.shape))))
    return module, call


def awake(module, call, library):
    """Call a lazy module once, so that its parameters have shapes."""
    if any(map(library.parameter.is_lazy, [*module.parameters(), *module.buffers()])):
        module(*call.args, **call.kwargs)
    return module


def run(module, call):
    """Call, always with the same draws, and list the tensors that come back."""
    lm.manual_seed(0)
    return [x for x in apply(module, call) if x is not None]


def floating(tensors):
    return [x for x in tensors if isinstance(x, lm.Tensor) and x.dtype.is_floating_point]


def differentiable(module, call):
    """Leaves of a call, made by for_lamina(..., requires_grad=True), and the parameters."""
    inputs = [x for x in leaves(call) if isinstance(x, lm.Tensor) and x.requires_grad]
    return [*inputs, *(p for p in module.parameters() if p.requires_grad)]


def bits(results):
    return [(x.shape, x.dtype, x.tobytes()) for x in map(numpy_of, results)]


def widened(call):
    """The arguments of a call in float64, for the reference."""

    def replace(leaf):
        if isinstance(leaf, Operand) and leaf.array.dtype.kind == "f":
            return Operand(leaf.array.astype(np.float64), leaf.layout, leaf.differentiable)
        return leaf

    return for_lamina(substitute(call, replace))


def moved(module, call, step):
    """A copy of both, with one array of `step` added to each input and parameter."""
    steps = iter(step)

    def replace(leaf):
        if isinstance(leaf, Operand) and leaf.differentiable:
            return Operand(leaf.array + next(steps), "contiguous", True)
        return leaf

    place, there = substitute(call, replace), copy.deepcopy(module)
    with lm.no_grad():
        for parameter in there.parameters():
            if parameter.requires_grad:
                parameter.add_(lm.tensor(next(steps)))
    return there, place


def size_of(module, call):
    """How many numbers may be summed into one result."""
    parameters = sum(p.numel() for p in module.parameters())
    return 16 + parameters + sum(operand.array.size for operand in operands(call))
