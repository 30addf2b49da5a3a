"""lamina.testing: assertions; comparisons that return values stand in functional/compare.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lamina import _core
from lamina._core import Tensor
from lamina.functional.compare import isclose

__all__ = ["assert_close"]

# rtol and atol; integers and truth values must be equal.
_TOLERANCES = {_core.float32: (1.3e-6, 1e-5), _core.float64: (1e-7, 1e-7)}

Message = str | Callable[[str], str] | None


@dataclass
class _Rules:
    rtol: float | None
    atol: float | None
    equal_nan: bool
    check_dtype: bool
    check_stride: bool

    def tolerances(self, *tensors: Tensor) -> tuple[float, float]:
        if self.rtol is not None and self.atol is not None:
            return self.rtol, self.atol
        defaults = [_TOLERANCES.get(tensor.dtype, (0.0, 0.0)) for tensor in tensors]
        return max(rtol for rtol, _ in defaults), max(atol for _, atol in defaults)


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: Message = None,
) -> None:
    """Raise an AssertionError unless `|actual - expected| <= atol + rtol * |expected|` everywhere.

    Compares tensors, arrays and numbers, and sequences and mappings of them. Without `rtol` and
    `atol`, which are given together, they follow from the dtype. `msg` replaces the message, or
    makes one of it.
    """
    if (rtol is None) != (atol is None):
        raise ValueError(f"[assert_close] expected both rtol and atol; got {rtol} and {atol}")
    rules = _Rules(rtol, atol, equal_nan, check_dtype, check_stride)
    if not allow_subclasses and type(actual) is not type(expected):
        problem: str | None = f"The types do not match: {type(actual)} != {type(expected)}."
    else:
        problem = _difference(actual, expected, rules, "")
    if problem is not None:
        raise AssertionError(msg(problem) if callable(msg) else msg or problem)


def _difference(actual: Any, expected: Any, rules: _Rules, where: str) -> str | None:
    """Say how two things differ; None if they do not."""
    kinds = (actual, expected)
    if all(isinstance(x, Mapping) for x in kinds):
        if actual.keys() != expected.keys():
            return _at(where, f"The keys do not match: {list(actual)} != {list(expected)}.")
        pairs = [(key, actual[key], expected[key]) for key in actual]
    elif all(isinstance(x, Sequence) and not isinstance(x, str) for x in kinds):
        if len(actual) != len(expected):
            return _at(where, f"The lengths do not match: {len(actual)} != {len(expected)}.")
        pairs = [(i, a, b) for i, (a, b) in enumerate(zip(actual, expected, strict=True))]
    elif actual is None or expected is None:
        return None if actual is expected else _at(where, f"{actual} is not {expected}.")
    else:
        return _leaf_difference(actual, expected, rules, where)
    differences = (_difference(a, b, rules, f"{where}[{key!r}]") for key, a, b in pairs)
    return next((found for found in differences if found is not None), None)


def _at(where: str, problem: str) -> str:
    return f"{problem}\n\nThe failure occurred for item {where}" if where else problem


def _leaf_difference(actual: Any, expected: Any, rules: _Rules, where: str) -> str | None:
    a, b = _tensor(actual), _tensor(expected)
    compared: dict[str, tuple[Any, Any]] = {"shape": (tuple(a.shape), tuple(b.shape))}
    compared |= {"dtype": (a.dtype, b.dtype)} if rules.check_dtype else {}
    compared |= {"stride()": (a.stride(), b.stride())} if rules.check_stride else {}
    for name, (of_a, of_b) in compared.items():
        if of_a != of_b:
            return _at(where, f"The values for attribute {name!r} do not match: {of_a} != {of_b}.")
    rtol, atol = rules.tolerances(a, b)
    dtype = _core.promote_types(a.dtype, b.dtype)
    a, b = a.to(dtype), b.to(dtype)
    close = isclose(a, b, rtol, atol, rules.equal_nan)
    return None if bool(close.all()) else _at(where, _report(a, b, close, rtol, atol))


def _tensor(value: Any) -> Tensor:
    if isinstance(value, float):  # which has more digits than the default dtype
        return _core.tensor(value, dtype=_core.float64)
    return _core.as_tensor(value).detach()


def _report(a: Tensor, b: Tensor, close: Tensor, rtol: float, atol: float) -> str:
    wrong = int((~close).sum())
    head = "Scalars" if a.ndim == 0 else "Tensor-likes"
    lines = [f"{head} are not {'close' if rtol or atol else 'equal'}!", ""]
    absolute = (a.double() - b.double()).abs()
    relative = absolute / b.double().abs()
    if a.ndim == 0:
        lines.append(f"Expected {b.item()} but got {a.item()}.")
    else:
        lines.append(f"Mismatched elements: {wrong} / {a.numel()} ({wrong / a.numel():.1%})")
    for name, differences, allowed in [("absolute", absolute, atol), ("relative", relative, rtol)]:
        largest, index = _largest(differences.masked_fill(close, 0))
        place = f" at index {index}" if a.ndim else ""
        lines.append(f"Greatest {name} difference: {largest}{place} (up to {allowed} allowed)")
    return "\n".join(lines)


def _largest(values: Tensor) -> tuple[float, tuple[int, ...]]:
    position = int(values.argmax())
    index = []
    for size in reversed(values.shape):
        position, here = divmod(position, size)
        index.append(here)
    index.reverse()
    return float(values[tuple(index)]), tuple(index)
