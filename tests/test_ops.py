"""Every row of the tables in cases/: values, forms, errors, threads. Not gradients."""

import numpy as np
import pytest
from cases import collect
from reference import compare
from samples import apply, fill, for_lamina, for_numpy, function, leaves, named, numpy_of

import lamina as lm

ROWS = collect()
REPEATABLE = [row for row in ROWS if not row.name.startswith(("empty", "new_empty"))]


def each(rows, *parts):
    """Parametrize a test by row and further parts, with ids such as exp-float32-transposed."""
    chosen = [(row, *rest) for row in rows for rest in expansions(row, parts)]
    named = [pytest.param(*key, id="-".join(map(str, key))) for key in chosen]
    return pytest.mark.parametrize(("row", *parts), named)


def expansions(row, parts):
    layouts = [name for name in row.layouts if name != "expanded" or not row.distinct]
    apart = [name for name in layouts if name != "expanded"]  # in memory: may be written
    choices = {"dtype": row.dtypes, "layout": layouts, "apart": apart}
    result = [()]
    for part in parts:
        result = [(*before, choice) for before in result for choice in choices[part]]
    return result


@each([row for row in ROWS if row.ref], "dtype", "layout")
def test_value(row, dtype, layout):
    for sample in row.samples:
        call = fill(row, sample, dtype, layout)
        with np.errstate(all="ignore"):
            reference = apply(row.ref, for_numpy(call))
        compare(row, call, apply(function(row), for_lamina(call)), reference)


def bits(results):
    return [(x.shape, x.dtype, x.tobytes()) for x in map(numpy_of, results)]


def run(row, target, call):
    lm.manual_seed(0)
    return bits(apply(target, for_lamina(call)))


@each([row for row in REPEATABLE if row.function and row.method and not row.fn])
def test_method_is_the_function(row):
    for sample in row.samples:
        call = fill(row, sample, row.dtypes[0])
        assert run(row, named(lm.Tensor, row.name), call) == run(row, function(row), call)


@pytest.mark.parametrize(
    ("row", "alias"), [(row, alias) for row in REPEATABLE for alias in row.aliases], ids=str
)
def test_alias_is_the_function(row, alias):
    for root, exists in [(lm, row.function), (lm.Tensor, row.method)]:
        for sample in row.samples if exists else []:
            call = fill(row, sample, row.dtypes[0])
            assert run(row, named(root, alias), call) == run(row, function(row), call)


@each([row for row in ROWS if row.inplace], "apart")
def test_inplace_is_the_function(row, apart):
    change = named(lm.Tensor, row.name + "_")
    for sample in row.samples:
        call = fill(row, sample, row.dtypes[0], apart)
        expected = run(row, function(row), call)
        target, *others = for_lamina(call).args
        if expected[0][0] != target.shape:
            continue  # the result does not fit
        lm.manual_seed(0)
        before = target._version
        assert change(target, *others, **for_lamina(call).kwargs) is target
        assert bits([target]) == expected
        assert target._version > before


@pytest.mark.parametrize(
    ("row", "failure"),
    [(row, failure) for row in ROWS for failure in row.errors],
    ids=lambda value: getattr(value, "name", getattr(value, "message", None)),
)
def test_error(row, failure):
    call = for_lamina(fill(row, failure.call, row.dtypes[0]))
    with pytest.raises(failure.error, match=failure.message) as caught:
        apply(function(row), call)
    name = row.name.split(".")[-1]
    assert str(caught.value).startswith((f"[{name}", f"{name}(): incompatible function arguments"))


@pytest.fixture
def thread_counts():
    before = lm.get_num_threads()
    yield (1, 2, 4)
    lm.set_num_threads(before)


def forward_and_backward(row, sample, dtype):
    lm.manual_seed(0)
    call = for_lamina(fill(row, sample, dtype), requires_grad=row.grad)
    results = apply(function(row), call)
    roots = [x for x in results if isinstance(x, lm.Tensor) and x.requires_grad]
    if roots:
        lm.autograd.backward(roots, [lm.cos(x.detach()) for x in roots])
    tensors = [x for x in leaves(call) if isinstance(x, lm.Tensor)]
    return bits([*results, *(x.grad for x in tensors if x.grad is not None)])


@each(REPEATABLE)
def test_equal_bits_on_any_number_of_threads(row, thread_counts):
    for sample in row.large or row.samples:
        seen = []
        for count in thread_counts:
            lm.set_num_threads(count)
            seen.append(forward_and_backward(row, sample, row.dtypes[0]))
        assert all(result == seen[0] for result in seen[1:])


def test_names_are_unique():
    names = [name for row in ROWS for name in (row.name, *row.aliases)]
    assert len(names) == len(set(names))
