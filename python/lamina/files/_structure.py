"""Takes nested values apart into named arrays and a tree in JSON, and puts them together again.

A tree's node is a JSON value that stands for itself, a list, or an object that names its kind:
`{"tensor": entry}`, perhaps with `"view": [offset, size, stride]`; `{"array": entry}`,
`{"scalar": entry}`, `{"bytes": entry}`, `{"float": "nan"}`, `{"tuple": [...]}`, and
`{"dict": [[key, value], ...]}` with its two relatives.
"""

from __future__ import annotations

import itertools
import json
import math
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from lamina import _core
from lamina._core import Tensor
from lamina.files import _shared
from lamina.files._reader import ARRAY_TYPES, Array

_KEY = "lamina"
_VERSION = 1
_MAPPINGS: dict[str, type] = {"dict": dict, "OrderedDict": OrderedDict, "Counter": Counter}
_FORMAT = {"format": "pt"}  # which some readers insist on


def take_apart(value: Any) -> tuple[dict[str, Array], dict[str, str]]:
    """Return arrays by name, and the metadata that say what they were."""
    parts = _Parts()
    try:
        tree = parts.node(value, ())
        parts.arrays.update(_shared.arrays(parts.tensors))
        text = json.dumps({"version": _VERSION, "tree": tree})
    except RecursionError:
        raise ValueError("[save] expected values that end; got some that hold themselves") from None
    return parts.arrays, {**_FORMAT, _KEY: text}


class _Parts:
    """What has been taken apart so far."""

    def __init__(self) -> None:
        self.arrays: dict[str, Array] = {}
        self.tensors: list[_shared.Use] = []
        self.names = {"__metadata__"}

    def node(self, value: Any, path: tuple[str, ...]) -> Any:
        """Return the node of a value; `path` says where it stands."""
        kind = type(value)
        if value is None or kind in (bool, int, str):
            return value
        if kind is float:
            return value if math.isfinite(value) else {"float": repr(value)}
        if isinstance(value, Tensor):
            use = _shared.Use(self.name(path), value)
            self.tensors.append(use)
            return use.node
        if kind is list:
            return self.members(value, path)
        if kind in (tuple, _core.Size):
            return {"tuple": self.members(value, path)}
        if kind.__name__ in _MAPPINGS and kind is _MAPPINGS[kind.__name__]:
            return {kind.__name__: self.pairs(value, path)}
        return self.other(value, path)

    def members(self, values: Iterable[Any], path: tuple[str, ...]) -> list[Any]:
        """Return the nodes of what a sequence holds."""
        return [self.node(item, (*path, str(i))) for i, item in enumerate(values)]

    def pairs(self, values: Mapping[Any, Any], path: tuple[str, ...]) -> list[Any]:
        """Return the nodes of keys and values."""
        return [
            [self.node(key, (*path, "key")), self.node(item, (*path, str(key)))]
            for key, item in values.items()
        ]

    def other(self, value: Any, path: tuple[str, ...]) -> Any:
        """Return the node of what is kept as an array though it is no tensor."""
        for kind, found in (("array", np.ndarray), ("scalar", np.generic), ("bytes", bytes)):
            if type(value) is found or (kind == "scalar" and isinstance(value, found)):
                array = np.frombuffer(value, np.uint8) if kind == "bytes" else np.asarray(value)
                if array.dtype.name in ARRAY_TYPES.values():
                    name = self.name(path)
                    native = array.astype(array.dtype.newbyteorder("="), order="C", copy=False)
                    self.arrays[name] = native
                    return {kind: name}
        what = (
            f"an array of {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__
        )
        raise TypeError(
            "[save] expected tensors, arrays of numbers, None, bool, int, float, str, bytes, and "
            f"dicts, lists and tuples of them; got {what} at {'.'.join(path) or 'the top'}"
            + ": save its state_dict()"
            * hasattr(value, "state_dict")
        )

    def name(self, path: tuple[str, ...]) -> str:
        """Return the path as the name of an entry, changed until it is a new one."""
        wanted = ".".join(path).encode("utf-8", "replace").decode() or "value"
        name = wanted
        for number in itertools.count(2):
            if name not in self.names:
                break
            name = f"{wanted}#{number}"
        self.names.add(name)
        return name


def put_together(entries: dict[str, Tensor | Array], metadata: dict[str, Any], name: str) -> Any:
    """Return the value that was taken apart, or a dict of tensors if another wrote the file."""
    if _KEY not in metadata:
        for entry, values in entries.items():
            if not isinstance(values, Tensor):
                raise ValueError(
                    f"[load] {name}: {entry!r} is of dtype {values.dtype}, which tensors lack"
                )
        return entries
    try:
        content = json.loads(metadata[_KEY])
        version = content["version"]
        if version == _VERSION:
            return _value(content["tree"], entries)
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise ValueError(f"[load] {name}: expected metadata as save writes them") from error
    raise ValueError(f"[load] {name}: expected version {_VERSION} of the format; got {version!r}")


def _value(node: Any, entries: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_value(item, entries) for item in node]
    if not isinstance(node, dict):
        return node
    first: tuple[str, Any] = next(iter(node.items()), ("", None))
    kind, content = first
    if kind == "tensor":
        return _tensor(entries[content], node.get("view"))
    if kind == "float":
        return float(content)
    if kind == "tuple":
        return tuple(_value(item, entries) for item in content)
    if kind in _MAPPINGS:
        pairs = [(_value(key, entries), _value(item, entries)) for key, item in content]
        return _MAPPINGS[kind](pairs) if kind != "Counter" else Counter(dict(pairs))
    found = entries[content]
    array = found.numpy() if isinstance(found, Tensor) else found
    if kind == "array":
        return array
    if kind == "scalar":
        return array[()]
    if kind == "bytes":
        return array.tobytes()
    raise ValueError(f"{kind!r} is no kind of node")


def _tensor(entry: Any, view: Any) -> Tensor:
    if not isinstance(entry, Tensor):
        raise TypeError("a tensor's entry has another type")
    if view is None:
        return entry.detach()  # another tensor on the same memory for each that was saved
    offset, size, stride = view
    return entry.as_strided(size, stride, offset)
