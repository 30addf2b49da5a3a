"""Makes of a row's calls arrays, and of arrays the arguments of NumPy, lamina and PyTorch."""

import math
import zlib
from dataclasses import dataclass

import numpy as np
from cases import INTS, Argument, Call, DTypeName

import lamina as lm


@dataclass(frozen=True)
class Operand:
    """An array that will be a tensor, and how that lies in memory."""

    array: np.ndarray
    layout: str
    differentiable: bool


def substitute(value, replace):
    """Rebuild nested arguments with every leaf replaced."""
    if isinstance(value, Call):
        return Call(substitute(value.args, replace), substitute(value.kwargs, replace))
    if isinstance(value, dict):
        return {key: substitute(item, replace) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(substitute(item, replace) for item in value)
    return replace(value)


def leaves(value):
    """List the leaves of nested arguments or results."""
    if isinstance(value, Call):
        return leaves(value.args) + leaves(value.kwargs)
    if isinstance(value, dict):
        return leaves(list(value.values()))
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


def operands(call):
    return [leaf for leaf in leaves(call) if isinstance(leaf, Operand)]


def filled(row, argument, dtype, rng):
    name = argument.dtype or dtype
    if argument.values is not None:
        return np.array(argument.values, dtype=name)
    low, high = argument.domain or row.domain
    if name == "bool":
        return np.asarray(rng.random(argument.shape) < 0.5)
    if name in INTS:
        whole = np.asarray(rng.integers(math.ceil(low), math.ceil(high), argument.shape))
        return (abs(whole) if name == "uint8" else whole).astype(name)
    if row.distinct:
        even = np.linspace(low, high, int(np.prod(argument.shape)) + 2)[1:-1]
        return rng.permutation(even).reshape(argument.shape).astype(name)
    return np.asarray(rng.uniform(low, high, argument.shape), dtype=name)


def lay_out(array, layout):
    """Place the values in memory in another way."""
    if layout == "expanded" and array.ndim and len(array):
        return np.broadcast_to(array[:1], array.shape)
    if layout == "transposed":
        return array.T.copy().T
    if layout == "strided" and array.ndim:
        holder = np.zeros((*array.shape[:-1], 2 * array.shape[-1] + 1), array.dtype)
        holder[..., 1::2] = array
        return holder[..., 1::2]
    return array


def fill(row, call, dtype, layout="contiguous"):
    """Put an Operand in place of each Argument; the same values every time."""
    rng = np.random.default_rng(zlib.crc32(row.name.encode()))

    def replace(leaf):
        if not isinstance(leaf, Argument):
            return leaf
        array = filled(row, leaf, dtype, rng)
        return Operand(lay_out(array, layout), layout, leaf.grad and array.dtype.kind == "f")

    return substitute(call, replace)


def for_numpy(call):
    """Turn floats into float64, so that the reference is exact beside the result."""

    def replace(leaf):
        if isinstance(leaf, Operand):
            array = leaf.array
            return array.astype(np.float64) if array.dtype.kind == "f" else array
        return np.dtype(leaf.name).type if isinstance(leaf, DTypeName) else leaf

    return substitute(call, replace)


def tensor(operand):
    if operand.layout == "contiguous":
        return lm.tensor(operand.array)
    if operand.layout == "expanded" and operand.array.ndim and len(operand.array):
        return lm.tensor(operand.array[:1]).expand(operand.array.shape)
    return lm.from_numpy(operand.array)


def for_lamina(call, requires_grad=False):
    """Make tensors; with `requires_grad`, of the differentiable operands leaves."""

    def replace(leaf):
        if isinstance(leaf, DTypeName):
            return getattr(lm, leaf.name)
        if not isinstance(leaf, Operand):
            return leaf
        made = tensor(leaf)
        return made.requires_grad_() if requires_grad and leaf.differentiable else made

    return substitute(call, replace)


def for_torch(call, torch, requires_grad=False):
    def replace(leaf):
        if isinstance(leaf, DTypeName):
            return getattr(torch, leaf.name)
        if not isinstance(leaf, Operand):
            return leaf
        made = torch.tensor(leaf.array)
        return made.requires_grad_() if requires_grad and leaf.differentiable else made

    return substitute(call, replace)


def named(root, dotted):
    for part in dotted.split("."):
        root = getattr(root, part)
    return root


def function(row):
    return row.fn or named(lm, row.name) if row.fn or row.function else named(lm.Tensor, row.name)


def apply(function, call):
    """Call, and list the tensors, arrays or numbers that come back."""
    return leaves(function(*call.args, **call.kwargs))


def numpy_of(result):
    """The array of a tensor of either library, or of a number."""
    return np.asarray(result.detach().numpy(force=True) if hasattr(result, "detach") else result)
