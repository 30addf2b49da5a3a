"""Sums of products over labelled dimensions: einsum and tensordot, on stacks of matrix products."""

from __future__ import annotations

import functools
import itertools
import math
import re
import string
from collections import Counter
from collections.abc import Container, Sequence
from typing import Any, NamedTuple, NoReturn, TypeAlias

from lamina import _core
from lamina._core import Tensor

__all__ = ["einsum", "tensordot"]
__methods__: list[str] = []

# A letter, or -1, -2, ... for the dimensions of an ellipsis, the last first.
Label: TypeAlias = str | int


class _Term(NamedTuple):
    """A tensor, and the sizes of its dimensions by their labels, all different."""

    tensor: Tensor
    sizes: dict[Label, int]

    def size(self, label: Label) -> int:
        return self.sizes.get(label, 1)

    def total(self, kept: Container[Label]) -> _Term:
        """Sum over all labels but `kept`."""
        dims = [d for d, label in enumerate(self.sizes) if label not in kept]
        if not dims:
            return self
        sizes = {label: size for label, size in self.sizes.items() if label in kept}
        return _Term(self.tensor.sum(dims, dtype=self.tensor.dtype), sizes)

    def arranged(self, labels: Sequence[Label]) -> Tensor:
        """Return the tensor with its dimensions in the order of `labels`."""
        order = list(self.sizes)
        if order == labels:
            return self.tensor
        return self.tensor.permute([order.index(label) for label in labels])

    def matrices(self, batch: list[Label], rows: list[Label], columns: list[Label]) -> Tensor:
        """Return a stack of matrices, the rows and columns numbered by all of their labels."""
        sizes = [self.sizes[label] for label in batch]
        sizes += [math.prod(self.sizes[label] for label in labels) for labels in (rows, columns)]
        return self.arranged(batch + rows + columns).reshape(sizes)


def einsum(equation: Any, *operands: Any) -> Tensor:
    """Sum products as an equation says: `einsum("ij,jk->ik", a, b)` is `a @ b`.

    Labels are letters; `...` stands for further dimensions, which broadcast. Without `->` the
    result has the labels that occur once, in alphabetical order. `einsum(a, [0, 1], b, [1, 2],
    [0, 2])` gives the labels as numbers instead.
    """
    text, tensors = _spelled(equation, operands)
    inputs, output = _parsed(text, tuple(tensor.ndim for tensor in tensors))
    terms = [_term(labels, x) for labels, x in zip(inputs, tensors, strict=True)]
    _check_sizes(terms)
    while len(terms) > 1:
        i, j = _cheapest_pair(terms, output)
        second, first = terms.pop(j), terms.pop(i)
        terms.append(_product(first, second, _kept(terms, output)))
    return terms[0].total(output).arranged(output)


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


@functools.lru_cache(maxsize=256)
def _parsed(text: str, ndims: tuple[int, ...]) -> tuple[list[list[Label]], list[Label]]:
    """Return the labels of each operand, and those of the result."""
    inputs, arrow, output = text.replace(" ", "").partition("->")
    subscripts = inputs.split(",")
    if len(subscripts) != len(ndims):
        _fail(f"expected {len(subscripts)} operands for {text!r}; got {len(ndims)}")
    labels = [_labels(*pair) for pair in zip(subscripts, ndims, strict=True)]
    present = {label for of_one in labels for label in of_one}
    further = sorted(label for label in present if isinstance(label, int))
    if not arrow:
        counts = Counter(inputs.replace(",", "").replace(".", ""))
        return labels, [*further, *sorted(x for x, count in counts.items() if count == 1)]
    head, dots, tail = _split(output)
    result: list[Label] = [*head, *(further if dots else ()), *tail]
    if len(set(result)) < len(result) or not present.issuperset(result):
        _fail(f"expected different labels of the operands in the output; got {output!r}")
    return labels, result


def _split(text: str) -> tuple[str, str, str]:
    if not re.fullmatch(r"[a-zA-Z]*(\.\.\.)?[a-zA-Z]*", text):
        _fail(f"expected letters and at most one ...; got {text!r}")
    return text.partition("...")


def _labels(text: str, ndim: int) -> list[Label]:
    head, dots, tail = _split(text)
    further = ndim - len(head) - len(tail)
    if further < 0 or (further and not dots):
        _fail(f"expected a tensor with dimensions {text!r}; got one of {ndim} dimensions")
    return [*head, *range(-further, 0), *tail]


def _term(labels: list[Label], tensor: Tensor) -> _Term:
    """Label the dimensions; where a label is repeated, take the diagonal."""
    sizes = dict(zip(labels, tensor.shape, strict=True))
    while len(sizes) < len(labels):
        label = next(label for label in labels if labels.count(label) > 1)
        first, second = [d for d, other in enumerate(labels) if other == label][:2]
        if tensor.size(first) != tensor.size(second):
            _fail(f"expected equal sizes for {label!r}; got shape {tuple(tensor.shape)}")
        tensor = _core.diagonal(tensor, 0, first, second)
        labels = [other for d, other in enumerate(labels) if d not in (first, second)] + [label]
        sizes = dict(zip(labels, tensor.shape, strict=True))
    return _Term(tensor, sizes)


def _check_sizes(terms: Sequence[_Term]) -> None:
    known: dict[Label, int] = {}
    for term in terms:
        for label, size in term.sizes.items():
            expected = known.get(label, 1)
            if size != expected and size != 1 and expected != 1:
                _fail(f"expected size {expected} or 1 for {label!r}; got {size}")
            known[label] = expected if size == 1 else size


# ---- products of two ----


def _kept(terms: Sequence[_Term], output: Sequence[Label]) -> set[Label]:
    """Return the labels that a product must keep: those of the result and of the other terms."""
    return {*output, *(label for term in terms for label in term.sizes)}


def _cheapest_pair(terms: Sequence[_Term], output: Sequence[Label]) -> tuple[int, int]:
    """Choose the two terms whose product is smallest."""

    def size(pair: tuple[int, int]) -> int:
        a, b = (terms[i] for i in pair)
        kept = _kept([term for i, term in enumerate(terms) if i not in pair], output)
        return math.prod(max(a.size(x), b.size(x)) for x in kept & {*a.sizes, *b.sizes})

    if len(terms) == 2:
        return 0, 1
    return min(itertools.combinations(range(len(terms)), 2), key=size)


def _product(a: _Term, b: _Term, kept: set[Label]) -> _Term:
    """Multiply, and sum over what is not kept."""
    summed = [x for x, n in a.sizes.items() if x not in kept and b.sizes.get(x) == n]
    a, b = a.total(kept.union(summed)), b.total(kept.union(summed))
    batch = [x for x in a.sizes if x in b.sizes and x in kept]
    rows = [x for x in a.sizes if x not in b.sizes]
    columns = [x for x in b.sizes if x not in a.sizes]
    left = a.matrices(batch, rows, summed)
    right = b.matrices(batch, summed, columns)
    product = left @ right if summed else left * right
    labels = batch + rows + columns
    sizes = [max(a.size(x), b.size(x)) if a.size(x) and b.size(x) else 0 for x in labels]
    return _Term(product.reshape(sizes), dict(zip(labels, sizes, strict=True)))


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
    left = _term([of_a.index(d) if d in of_a else f"a{d}" for d in range(a.ndim)], a)
    right = _term([of_b.index(d) if d in of_b else f"b{d}" for d in range(b.ndim)], b)
    free: set[Label] = {label for label in {**left.sizes, **right.sizes} if isinstance(label, str)}
    return _product(left, right, free).tensor


def _positions(dims: int | Sequence[int], tensor: Tensor) -> list[int]:
    numbers = [dims] if isinstance(dims, int) else list(dims)
    for number in numbers:
        if not -tensor.ndim <= number < tensor.ndim:
            raise IndexError(
                f"[tensordot] expected dimensions of a tensor of {tensor.ndim}; got {number}"
            )
    return [number % tensor.ndim for number in numbers]
