"""Sums of products over labelled dimensions: einsum and tensordot, on stacks of matrix products."""

from __future__ import annotations

import itertools
import math
import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias

from lamina import _core
from lamina._core import Tensor

__all__ = ["einsum", "tensordot"]
__methods__: list[str] = []

# A letter, or -1, -2, ... for the dimensions of an ellipsis, the last first.
Label: TypeAlias = str | int


@dataclass
class _Term:
    """A tensor with a label for each dimension, all different."""

    tensor: Tensor
    labels: list[Label]

    def size(self, label: Label) -> int:
        return self.tensor.size(self.labels.index(label)) if label in self.labels else 1

    def total(self, labels: Iterable[Label]) -> _Term:
        """Sum over `labels`."""
        dims = [self.labels.index(label) for label in labels]
        if not dims:
            return self
        kept = [label for d, label in enumerate(self.labels) if d not in dims]
        return _Term(self.tensor.sum(dims, dtype=self.tensor.dtype), kept)

    def arranged(self, labels: Sequence[Label]) -> Tensor:
        """Return the tensor with its dimensions in the order of `labels`."""
        return self.tensor.permute([self.labels.index(label) for label in labels])

    def matrices(self, batch: list[Label], rows: list[Label], columns: list[Label]) -> Tensor:
        """Return a stack of matrices, the rows and columns numbered by all of their labels."""
        sizes = [self.size(label) for label in batch]
        sizes += [math.prod(self.size(label) for label in labels) for labels in (rows, columns)]
        return self.arranged(batch + rows + columns).reshape(sizes)


def einsum(equation: Any, *operands: Any) -> Tensor:
    """Sum products as an equation says: `einsum("ij,jk->ik", a, b)` is `a @ b`.

    Labels are letters; `...` stands for further dimensions, which broadcast. Without `->` the
    result has the labels that occur once, in alphabetical order. `einsum(a, [0, 1], b, [1, 2],
    [0, 2])` gives the labels as numbers instead.
    """
    text, tensors = _spelled(equation, operands)
    inputs, arrow, output = text.replace(" ", "").partition("->")
    subscripts = inputs.split(",")
    if len(subscripts) != len(tensors):
        _fail(f"expected {len(subscripts)} operands for {text!r}; got {len(tensors)}")
    terms = [_term(labels, x) for labels, x in zip(subscripts, tensors, strict=True)]
    _check_sizes(terms)
    labels = _output_labels(output if arrow else None, subscripts, terms)
    while len(terms) > 1:
        pairs = itertools.combinations(range(len(terms)), 2)
        i, j = min(pairs, key=lambda pair: _result_size(terms, pair, labels))
        second, first = terms.pop(j), terms.pop(i)
        terms.append(_product(first, second, _kept(terms, labels)))
    result = terms[0].total(label for label in terms[0].labels if label not in labels)
    return result.arranged(labels)


# ---- reading the equation ----


def _fail(message: str) -> NoReturn:
    raise ValueError(f"[einsum] {message}")


def _spelled(equation: Any, operands: tuple[Any, ...]) -> tuple[str, Sequence[Tensor]]:
    """Return the equation as text, and the tensors."""
    if isinstance(equation, str):
        listed = len(operands) == 1 and isinstance(operands[0], (list, tuple))
        return equation, operands[0] if listed else operands
    given = (equation, *operands)
    pairs = len(given) // 2
    text = ",".join(_letters(given[2 * i + 1]) for i in range(pairs))
    if len(given) % 2:
        text += "->" + _letters(given[-1])
    return text, given[: 2 * pairs : 2]


def _letters(numbers: Sequence[Any]) -> str:
    letters = string.ascii_uppercase + string.ascii_lowercase
    return "".join("..." if number is ... else letters[number] for number in numbers)


def _split(text: str) -> tuple[str, str, str]:
    if not re.fullmatch(r"[a-zA-Z]*(\.\.\.)?[a-zA-Z]*", text):
        _fail(f"expected letters and at most one ...; got {text!r}")
    return text.partition("...")


def _term(text: str, tensor: Tensor) -> _Term:
    head, dots, tail = _split(text)
    further = tensor.ndim - len(head) - len(tail)
    if further < 0 or (further and not dots):
        _fail(f"expected a tensor with dimensions {text!r}; got shape {tuple(tensor.shape)}")
    labels: list[Label] = [*head, *range(-further, 0), *tail]
    for label, count in Counter(labels).items():
        for _ in range(count - 1):
            tensor, labels = _diagonal(tensor, labels, label)
    return _Term(tensor, labels)


def _diagonal(tensor: Tensor, labels: list[Label], label: Label) -> tuple[Tensor, list[Label]]:
    """Make one dimension, the last, of the first two that have the same label."""
    first = labels.index(label)
    second = labels.index(label, first + 1)
    if tensor.size(first) != tensor.size(second):
        shape = tuple(tensor.shape)
        _fail(f"expected dimensions {first} and {second}, both {label!r}, to agree; got {shape}")
    others = [other for d, other in enumerate(labels) if d not in (first, second)]
    return _core.diagonal(tensor, 0, first, second), [*others, label]


def _check_sizes(terms: Sequence[_Term]) -> None:
    sizes: dict[Label, int] = {}
    for term in terms:
        for label in term.labels:
            size, known = term.size(label), sizes.get(label, 1)
            if 1 not in (size, known) and size != known:
                _fail(f"expected size {known} or 1 for {label!r}; got {size}")
            sizes[label] = known if size == 1 else size


def _output_labels(
    output: str | None, subscripts: Sequence[str], terms: Sequence[_Term]
) -> list[Label]:
    present = {label for term in terms for label in term.labels}
    further = sorted(label for label in present if isinstance(label, int))
    if output is None:
        counts = Counter("".join(subscripts).replace(".", ""))
        return [*further, *sorted(letter for letter, count in counts.items() if count == 1)]
    head, dots, tail = _split(output)
    labels: list[Label] = [*head, *(further if dots else ()), *tail]
    if len(set(labels)) < len(labels) or not present.issuperset(labels):
        _fail(f"expected different labels of the operands in the output; got {output!r}")
    return labels


# ---- products of two ----


def _kept(terms: Sequence[_Term], labels: Sequence[Label]) -> set[Label]:
    """Return the labels that a product must keep: those of the output and of the other terms."""
    return {*labels, *(label for term in terms for label in term.labels)}


def _result_size(terms: Sequence[_Term], pair: tuple[int, int], labels: Sequence[Label]) -> int:
    a, b = (terms[i] for i in pair)
    kept = _kept([term for i, term in enumerate(terms) if i not in pair], labels)
    return math.prod(max(a.size(x), b.size(x)) for x in kept.intersection(a.labels + b.labels))


def _product(a: _Term, b: _Term, kept: set[Label]) -> _Term:
    """Multiply, and sum over what is not kept."""
    summed = [x for x in a.labels if x in b.labels and x not in kept and a.size(x) == b.size(x)]
    a, b = (
        term.total(x for x in term.labels if x not in kept and x not in summed) for term in (a, b)
    )
    batch = [x for x in a.labels if x in b.labels and x in kept]
    rows = [x for x in a.labels if x not in b.labels]
    columns = [x for x in b.labels if x not in a.labels]
    left = a.matrices(batch, rows, summed)
    right = b.matrices(batch, summed, columns)
    product = left @ right if summed else left * right
    sizes = [a.size(x) for x in rows] + [b.size(x) for x in columns]
    return _Term(product.reshape([*product.shape[:-2], *sizes]), batch + rows + columns)


# ---- tensordot ----


def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """Sum products over dimensions: the last and first `dims`, or lists for each tensor."""
    if isinstance(dims, int):
        dims = (range(-dims, 0), range(dims))
    of_a, of_b = _positions(dims[0], a), _positions(dims[1], b)
    if [a.size(d) for d in of_a] != [b.size(d) for d in of_b]:
        raise ValueError(
            "[tensordot] expected dimensions of equal sizes; "
            f"got {tuple(a.shape)} along {of_a} and {tuple(b.shape)} along {of_b}"
        )
    left = _Term(a, [f"a{d}" if d not in of_a else of_a.index(d) for d in range(a.ndim)])
    right = _Term(b, [f"b{d}" if d not in of_b else of_b.index(d) for d in range(b.ndim)])
    free = [label for label in left.labels + right.labels if isinstance(label, str)]
    return _product(left, right, set(free)).tensor


def _positions(dims: int | Sequence[int], tensor: Tensor) -> list[int]:
    numbers = [dims] if isinstance(dims, int) else list(dims)
    for number in numbers:
        if not -tensor.ndim <= number < tensor.ndim:
            raise IndexError(
                f"[tensordot] expected dimensions of a tensor of {tensor.ndim}; got {number}"
            )
    return [number % tensor.ndim for number in numbers]
