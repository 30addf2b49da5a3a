"""The form of the tables: one row per op says how to call it and what NumPy answers.

README.md says how to write one; what is tested of it stands in test_ops.py and test_properties.py.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

FLOATS = ("float32", "float64")
INTS = ("int64", "int32", "uint8")
NUMBERS = FLOATS + INTS
ALL = (*NUMBERS, "bool")


@dataclass(frozen=True)
class Argument:
    """A tensor among the arguments; what is None here, the row or the test decides."""

    shape: tuple[int, ...]
    dtype: str | None = None
    domain: tuple[float, float] | None = None
    values: Any = None
    grad: bool = True


@dataclass(frozen=True)
class Call:
    """The arguments of one call."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    torch: bool = True  # does PyTorch answer it, and differentiate its answer?


@dataclass(frozen=True)
class Failure:
    """A call that must raise, and what the message must say."""

    message: str
    call: Call
    error: type[Exception]


@dataclass(frozen=True)
class DTypeName:
    """A dtype among the arguments, of whichever library is called."""

    name: str


def t(*shape, dtype=None, domain=None, grad=True):
    """Stand for a tensor of this shape, filled at random."""
    return Argument(shape, dtype, domain, None, grad)


def values(nested, dtype=None, grad=True):
    """Stand for a tensor of these values."""
    return Argument((), dtype, None, nested, grad)


def dtype(name):
    return DTypeName(name)


def call(*args, **kwargs):
    return Call(args, kwargs)


def ours_alone(*args, **kwargs):
    """A call that crashes PyTorch, or whose result it does not differentiate."""
    return Call(args, kwargs, torch=False)


def fails(message, *args, error=ValueError, **kwargs):
    """Expect a call to raise `error`, with the regular expression `message` found in its text."""
    return Failure(message, Call(args, kwargs), error)


@dataclass(frozen=True, repr=False)
class OpCase:
    name: str  # lm.<name> and Tensor.<name>; dotted where the function is not in lm itself
    ref: Callable[..., Any] | None  # on NumPy arrays; None if chance decides the values
    samples: list[Call]
    errors: list[Failure] = field(default_factory=list)
    fn: Callable[..., Any] | None = None  # the call itself, where it is more than lm.<name>
    aliases: tuple[str, ...] = ()  # other names of the very same op
    torch: str | Callable[..., Any] | None = ""  # its name in PyTorch if different; None: not there
    function: bool = True
    method: bool = True
    inplace: bool = False
    result: str | None = None  # the dtype of the result, where README's rule does not give it
    grad: bool | None = False  # None: it has a gradient, but differences cannot show it
    gradgrad: bool = False
    dtypes: tuple[str, ...] = FLOATS
    domain: tuple[float, float] = (-3, 3)  # integers: the end excluded
    distinct: bool = False  # no two values of a tensor alike or very close
    layouts: tuple[str, ...] = ("contiguous", "transposed", "strided", "expanded")
    large: list[Call] = field(default_factory=list)  # enough work for several threads
    terms: Callable[..., int] | None = None  # summed into one result; None: inputs per output
    tol: float = 1.0  # times the usual tolerance, with the reason in a comment
    torch_tol: float | dict[str, float] = 1.0  # or by dtype
    same_errors: bool = True  # does `ref` raise exactly where the op must?
    fuzz: bool = True  # may shapes and numbers of the samples be replaced at random?

    def __repr__(self):
        return self.name

    def _repr_pretty_(self, printer, cycle):
        printer.text(self.name)


def axis(function):
    """Give a NumPy function PyTorch's names of arguments: dim, keepdim."""

    def with_dim(*args, dim=None, keepdim=None, **kwargs):
        if dim is not None:
            kwargs["axis"] = tuple(dim) if isinstance(dim, list) else dim
        if keepdim is not None:
            kwargs["keepdims"] = keepdim
        return function(*args, **kwargs)

    return with_dim


def unary_calls(*args, **kwargs):
    """Calls of an elementwise op of one tensor: 0-d, zero-size, vectors with a tail, 3-d."""
    shapes = [(), (1,), (0,), (2, 0, 3), (37,), (3, 5), (2, 3, 4), (1037,)]
    return [call(t(*shape), *args, **kwargs) for shape in shapes]


def binary_calls(*args, **kwargs):
    """Calls of an elementwise op of two tensors: equal shapes, and every way to broadcast."""
    pairs = [
        ((), ()),
        ((37,), (37,)),
        ((3, 5), (3, 5)),
        ((3, 5), (5,)),
        ((3, 1), (1, 5)),
        ((2, 3, 4), (3, 1)),
        ((), (4, 2)),
        ((4, 2), ()),
        ((0, 3), (3,)),
        ((2, 1, 3), (2, 0, 3)),
        ((1037,), (1,)),
    ]
    return [call(t(*a), t(*b), *args, **kwargs) for a, b in pairs]


def collect():
    """All rows of all tables."""
    modules = [importlib.import_module(f"cases.{m.name}") for m in pkgutil.iter_modules(__path__)]
    return [row for module in modules for row in module.CASES]
