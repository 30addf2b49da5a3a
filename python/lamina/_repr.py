"""How tensors print, in PyTorch's layout; numbers alone are formatted here, nothing is computed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lamina import _core
from lamina._core import Tensor

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass
class _Options:
    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES: dict[str, dict[str, float]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}

_options = _Options()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors print.

    `precision` digits follow the point; a tensor of more than `threshold` elements shows the first
    and last `edgeitems` of each dimension; lines break at `linewidth`. `profile` is a set of these
    ("default", "short" or "full"). `sci_mode` turns exponents on or off; None decides by value
    """
    if profile is not None and profile not in _PROFILES:
        raise ValueError(f"[set_printoptions] expected one of {list(_PROFILES)}; got {profile!r}")
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    chosen = dict(_PROFILES[profile]) if profile is not None else {}
    chosen.update({name: value for name, value in given.items() if value is not None})
    for name, value in chosen.items():
        setattr(_options, name, value)
    _options.sci_mode = sci_mode


def text(tensor: Tensor, name: str | None = None) -> str:
    """Return what `repr(tensor)` shows; `name` stands there for the class."""
    prefix = (name or ("tensor" if type(tensor) is Tensor else type(tensor).__name__)) + "("
    values = tensor.numpy(force=True)
    body = "[]" if values.size == 0 else _layout(values, len(prefix), *_cell_format(values))
    lines = prefix + body
    room = _options.linewidth - len(lines.rpartition("\n")[2])
    for note in _notes(tensor):
        if len(note) + 2 <= room:
            lines += ", " + note
            room -= len(note) + 2
        else:
            lines += ",\n" + " " * len(prefix) + note
            room = _options.linewidth - len(prefix) - len(note)
    return lines + ")"


def formatted(tensor: Tensor, spec: str) -> str:
    """Return `format(tensor, spec)`: that of the value for a tensor without dimensions."""
    return format(tensor.item(), spec) if tensor.ndim == 0 else object.__format__(tensor, spec)


def _notes(tensor: Tensor) -> list[str]:
    """What the values do not show."""
    notes = []
    empty = tensor.numel() == 0
    if empty and tensor.ndim != 1:
        notes.append(f"size={tuple(tensor.shape)}")
    plain = {_core.get_default_dtype()} | (set() if empty else {_core.int64, _core.bool})
    if tensor.dtype not in plain:
        notes.append(f"dtype={tensor.dtype}")
    if tensor.grad_fn is not None:
        name = tensor.grad_fn.name()
        words = "".join(word.capitalize() for word in name.split("_"))
        notes.append(f"grad_fn=<{words}Backward>" if name.islower() else f"grad_fn=<{name}>")
    elif tensor.requires_grad:
        notes.append("requires_grad=True")
    return notes


def _summarized(values: Array) -> bool:
    return values.size > _options.threshold


def _edges(size: int) -> list[int]:
    """The indices that are shown where a dimension is cut short."""
    edge = _options.edgeitems
    shown = range(size)
    return [*shown] if size <= 2 * edge else [*shown[:edge], *shown[size - edge :]]


def _cell_format(values: Array) -> tuple[Callable[[Any], str], int]:
    """A function that formats any shown element, and the width of the widest that is finite."""
    shown = values
    if _summarized(values):
        shown = values[np.ix_(*map(_edges, values.shape))]
    plain: Callable[[Any], str] = str
    if values.dtype.kind == "f":
        plain, shown = _float_format(shown), shown[np.isfinite(shown) & (shown != 0)]
    width = max((len(plain(value)) for value in shown.ravel()), default=1)
    return lambda value: plain(value).rjust(width), width


def _float_format(shown: Array) -> Callable[[Any], str]:
    sizes = np.abs(shown[np.isfinite(shown) & (shown != 0)].astype(np.float64))
    whole = bool(np.all(sizes == np.floor(sizes)))
    exponents = _options.sci_mode
    if exponents is None and sizes.size:
        low, high = sizes.min(), sizes.max()
        exponents = high > 1000 * low or high > 1e8 or (not whole and low < 1e-4)
    if exponents:
        spec = f".{_options.precision}e"
    elif whole:
        return lambda value: f"{value:.0f}" + "." * math.isfinite(value)
    else:
        spec = f".{_options.precision}f"
    return lambda value: format(value, spec)


def _layout(values: Array, indent: int, cell: Callable[[Any], str], width: int) -> str:
    """Nested brackets, the elements aligned; `indent` columns stand before the first bracket."""
    if values.ndim == 0:
        return cell(values[()]).lstrip()
    return _nested(values, indent, cell, width, _summarized(values))


def _nested(
    values: Array, indent: int, cell: Callable[[Any], str], width: int, summarize: bool
) -> str:
    size = len(values)
    indices = _edges(size) if summarize else range(size)
    if values.ndim == 1:
        parts = [cell(values[i]) for i in indices]
        dots = " ..."
    else:
        parts = [_nested(values[i], indent + 1, cell, width, summarize) for i in indices]
        dots = "..."
    if len(parts) < size:
        parts.insert(_options.edgeitems, dots)
    margin = " " * (indent + 1)
    if values.ndim > 1:
        return "[" + ("," + "\n" * (values.ndim - 1) + margin).join(parts) + "]"
    per_line = max(1, (_options.linewidth - indent) // (width + 2))
    lines = [", ".join(parts[i : i + per_line]) for i in range(0, len(parts), per_line)]
    return "[" + (",\n" + margin).join(lines) + "]"
