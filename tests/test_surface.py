"""The promised names exist; public classes and functions have PyTorch's signatures."""

import importlib
import inspect
import operator

import pytest
from surface import ABSENT, MODULE_METHODS, NAMES, SIGNATURES

import lamina as lm


def area_of(library, area):
    return importlib.import_module(f"{library}.{area}")


@pytest.mark.parametrize(
    ("area", "name"), [(area, name) for area, names in NAMES.items() for name in names]
)
def test_promised_names_exist(area, name):
    assert operator.attrgetter(name)(area_of("lamina", area)) is not None


@pytest.mark.parametrize("name", MODULE_METHODS)
def test_methods_of_modules_exist(name):
    assert callable(getattr(lm.nn.Module, name))


@pytest.mark.parametrize("area", ABSENT)
def test_names_are_not_both_promised_and_absent(area):
    assert not set(ABSENT[area]) & set(NAMES[area])


# ---- beside PyTorch ----


def public(area):
    """PyTorch's own public classes and functions of one area."""
    module = area_of("torch", area)
    for name in sorted(getattr(module, "__all__", dir(module))):
        thing = getattr(module, name)
        own = (getattr(thing, "__module__", None) or "torch").startswith("torch")
        helper = area == "nn.functional" and name in {"Tensor", "Callable", "DType", "Optional"}
        if callable(thing) and own and not name.startswith("_") and not helper:
            yield name, thing


def parameters(thing):
    """[(name, default)] without what is private, or None where it cannot be known."""
    try:
        found = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(p.kind in {p.VAR_POSITIONAL, p.VAR_KEYWORD} for p in found):
        return None
    return [(p.name, default(p.default)) for p in found if not p.name.startswith("_")]


def default(value):
    """Something that compares equal in both libraries."""
    if value is inspect.Parameter.empty:
        return "required"
    if callable(value):
        return getattr(value, "__name__", repr(value))
    return repr(value).replace("torch.", "").replace("lamina.", "")


@pytest.mark.torch
@pytest.mark.parametrize("area", ABSENT)
def test_every_public_name_of_pytorch_is_here_or_absent_for_a_reason(area):
    pytest.importorskip("torch")
    ours = area_of("lamina", area)
    missing = {name for name, _ in public(area) if not hasattr(ours, name)}
    assert missing == {name for name in ABSENT[area] if name not in dir(ours)} & missing
    assert missing == set(ABSENT[area])


@pytest.mark.torch
@pytest.mark.parametrize("area", ABSENT)
def test_signatures_are_pytorchs(area):
    pytest.importorskip("torch")
    ours, differing = area_of("lamina", area), {}
    for name, theirs in public(area):
        if name in ABSENT[area]:
            continue
        wanted, found = parameters(theirs), parameters(getattr(ours, name))
        if None not in (wanted, found) and found != wanted:
            differing[f"{area}.{name}"] = (found, wanted)
    known = {name for name in SIGNATURES if name.rpartition(".")[0] == area}
    assert differing.keys() == known, differing
