"""Every op that lamina exports stands in a table of cases, or below with the file that tests it."""

import inspect

import pytest
from cases import collect
from samples import function

import lamina as lm

ROWS = collect()
IN_TABLES = {name for row in ROWS for name in (row.name, *row.aliases)}

# Names that are no ops of tensors, by the file that tests them.
TESTED_ELSEWHERE = {
    "test_autograd.py": """
        backward detach detach_ grad_fn is_grad_enabled is_anomaly_enabled register_hook
        requires_grad_ retain_grad no_grad enable_grad inference_mode set_grad_enabled
    """,
    "test_package.py": "config isa set_isa get_default_device set_default_device device",
    "test_threads.py": "get_num_threads set_num_threads",
    "test_errors.py": "item",
    "test_properties.py": "result_type promote_types get_default_dtype set_default_dtype can_cast",
}


def listed(name):
    return name in IN_TABLES or any(name in names.split() for names in TESTED_ELSEWHERE.values())


def public(root):
    return [
        name
        for name in sorted(dir(root))
        if not name.startswith("_")
        and callable(getattr(root, name))
        and not inspect.ismodule(getattr(root, name))
        and not inspect.isclass(getattr(root, name))
    ]


@pytest.mark.parametrize("name", public(lm))
def test_function_has_a_row(name):
    assert listed(name)


@pytest.mark.parametrize("name", public(lm.Tensor))
def test_method_has_a_row(name):
    if name.endswith("_") and any(row.name == name[:-1] for row in ROWS):
        assert all(row.inplace for row in ROWS if row.name == name[:-1])
    else:
        assert listed(name) or f"Tensor.{name}" in IN_TABLES


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_row_is_of_something(row):
    assert callable(function(row))
