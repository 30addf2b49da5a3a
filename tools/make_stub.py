"""Makes python/lamina/_core.pyi: types of the core, and of the methods Python adds to its tensors.

They are read from pybind11's docstrings and Python's annotations; help() has the documentation.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lamina import _core
from lamina._core import Tensor

STUB = Path(__file__).parents[1] / "python" / "lamina" / "_core.pyi"
HEADER = "# Made by tools/make_stub.py."

BINARY = "(self, other: Any) -> Tensor"
ARITHMETIC = [
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "matmul",
    "and",
    "or",
    "xor",
]
SLOTS = {
    **{f"__{side}{name}__": BINARY for name in ARITHMETIC for side in ("", "r", "i")},
    **{f"__{name}__": BINARY for name in ("lt", "le", "gt", "ge")},
    # Those of every other class return bool.
    **{f"__{name}__": f"{BINARY}  # type: ignore[override]" for name in ("eq", "ne")},
    **{f"__{name}__": "(self) -> Tensor" for name in ("neg", "pos", "abs", "invert")},
    **{f"__{name}__": "(self) -> int" for name in ("int", "index", "len", "hash")},
    "__bool__": "(self) -> bool",
    "__float__": "(self) -> float",
    "__getitem__": "(self, index: Any) -> Tensor",
    "__setitem__": "(self, index: Any, value: Any) -> None",
}
ATTRIBUTES = {
    "shape": "Size",
    "dtype": "dtype",
    "ndim": "int",
    "requires_grad": "bool",
    "is_leaf": "bool",
    "grad": "Tensor | None",
    "data": "Tensor",
    "itemsize": "int",
    "_version": "int",
}

# As pybind11 writes them, and as a stub says it.
SPELLINGS = [
    (r"typing\.SupportsInt \| typing\.SupportsIndex", "int"),
    (r"typing\.SupportsFloat \| typing\.SupportsIndex", "float"),
    (r"\blamina\.(_core\.)?(?=[A-Za-z]\w*\b(?!\.))", ""),
    (r"\bobject\b", "Any"),
    (r"(\*\w+)(?=[,)])", r"\1: Any"),
    (r"(\w+: [\w.]+) = None", r"\1 | None = None"),
    # The core and its classes have attributes of these names.
    (r"(?<![\w.])(bool|int|float|type)\b(?!:)", r"builtins.\1"),
    (r"(?<=: )dtype\b", "_DType"),
    (r"(?<=-> )dtype\b", "_DType"),
]


def spelled(text: str) -> str:
    """Say types as a stub does."""
    for pattern, replacement in SPELLINGS:
        text = re.sub(pattern, replacement, text)
    return text


def documented(name: str, function: Any) -> list[str]:
    """Read the signatures, one an overload, that stand in a docstring."""
    head = re.escape(name) if name else ""
    found = re.findall(rf"^(?:\d+\. )?{head}(\(.*\) -> .*)$", function.__doc__ or "", re.M)
    return [text for text in found if not text.startswith("(*args, **kwargs)\n")]


def annotated(function: types.FunctionType) -> str:
    """Write the signature of a Python function, its annotations evaluated."""
    text = str(inspect.signature(function, eval_str=True))
    return re.sub(r"<.*?>", "...", text)


def signatures(name: str, member: Any) -> list[str]:
    """Return the signatures of a function or method, one an overload."""
    original = inspect.unwrap(member)
    if isinstance(original, types.FunctionType):
        return [annotated(original)]
    return documented(original.__name__, original)


def method(owner: type, name: str, member: Any) -> Iterator[str]:
    """Write a method, with `self` first."""
    given = [SLOTS[name]] if name in SLOTS and owner is Tensor else signatures(name, member)
    if not name.startswith("__"):  # methods that take the Python object return it
        given = [
            re.sub(r"^(\(self: object\b.*) -> object$", r"\1 -> Tensor", text) for text in given
        ]
    found = {re.sub(r"^\(\w+(: [^,)]*)?", "(self", text): None for text in given}
    for text in found:
        if len(found) > 1:
            yield "    @typing.overload"
        yield f"    def {name}{body(text)}"


def body(text: str) -> str:
    """Write what follows the name; a comment stays last."""
    text, comment, ignored = spelled(text).partition("  #")
    return f"{text}: ...{comment}{ignored}"


def attribute(name: str, member: property) -> Iterator[str]:
    """Write a property."""
    (text,) = signatures(name, member.fget) or documented("", member.fget)
    yield "    @property"
    yield f"    def {name}{body('(self)' + text[text.index(' ->') :])}"


def class_lines(owner: type) -> Iterator[str]:
    """Write a class."""
    bases = "(tuple[builtins.int, ...])" if issubclass(owner, tuple) else ""
    yield f"class {owner.__name__}{bases}:"
    for name, member in sorted(vars(owner).items()):
        if isinstance(member, property):
            yield from attribute(name, member)
        elif isinstance(member, types.GetSetDescriptorType):
            if name in ATTRIBUTES:
                yield f"    {spelled(f'{name}: {ATTRIBUTES[name]}')}"
        elif callable(member) and not name.startswith("_pybind11"):
            yield from method(owner, name, member)
    if owner is Tensor:
        yield "    def __new__(cls, *args: Any, device: Any = None) -> Self: ..."


def function_lines(name: str, function: Any) -> Iterator[str]:
    """Write a function of the module."""
    found = signatures(name, function)
    for text in found:
        if len(found) > 1:
            yield "@typing.overload"
        yield f"def {name}{body(text)}"


def submodule_lines(name: str, module: types.ModuleType) -> Iterator[str]:
    """Write a module inside the module, as the class that its uses cannot tell from it."""
    yield f"class {name}:"
    functions = [(key, value) for key, value in sorted(vars(module).items()) if callable(value)]
    for key, value in functions:
        found = signatures(key, value)
        for text in found:
            if len(found) > 1:
                yield "    @typing.overload"
            yield "    @staticmethod"
            yield f"    def {key}{body(text)}"
    if not functions:
        yield "    pass"


def stub() -> str:
    """Write the whole file."""
    for name in ("_nn", "_optim"):  # bound when first asked for
        getattr(_core, name)
    members = [(name, value) for name, value in sorted(vars(_core).items()) if name[:2] != "__"]
    lines: list[str] = []
    for name, value in members:
        if isinstance(value, type):
            lines += [*class_lines(value), ""]
        elif isinstance(value, types.ModuleType):
            lines += [*submodule_lines(name, value), ""]
        elif callable(value):
            lines += function_lines(name, value)
        else:
            lines.append(f"{name}: {type(value).__name__}".replace(": dtype", ": _DType"))
    text = "\n".join(lines)
    modules = sorted(
        {*re.findall(r"\b(lamina(?:\.\w+)+)\.\w+", text), "builtins", "collections.abc", "typing"}
    )
    imports = [*(f"import {module}" for module in modules), "from typing import Any"]
    imports.append("from typing_extensions import Self")
    imports += ["", "_DType: typing.TypeAlias = dtype"]
    return "\n".join([HEADER, *imports, "", text, ""])


def main() -> None:
    """Write it to --output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=STUB)
    output = parser.parse_args().output
    text = stub()
    ast.parse(text)
    output.write_text(text)


if __name__ == "__main__":
    main()
