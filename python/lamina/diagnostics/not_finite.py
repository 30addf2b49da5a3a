"""`find_nan`: where in a forward pass NaN or infinity began."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from lamina import _core
from lamina._core import Tensor
from lamina.autograd import no_grad
from lamina.diagnostics.findings import Finding
from lamina.diagnostics.tensors import tensors_in
from lamina.nn.module import Module

__all__ = ["find_nan"]


class _Found(Exception):  # noqa: N818 - ends the run; nobody else sees it
    def __init__(self, finding: Finding) -> None:
        self.finding = finding


@no_grad()
def find_nan(model: Module, *args: Any, **kwargs: Any) -> Finding | None:
    """Run a copy of the model and return where NaN or infinity began, or None.

    Looked at in the order of the run: the inputs, and of each layer its parameters, buffers and
    outputs. If all of these are finite, the gradients that the model holds follow, from the last
    layer on; `lm.autograd.detect_anomaly()` names the op of a backward pass.
    """
    inputs = [*((f"argument {i}", x) for i, x in enumerate(args)), *kwargs.items()]
    for name, value in inputs:
        if count := _bad(tensors_in(value)):
            return Finding("not finite", "", f"the input: {name} has {count}")
    trial = copy.deepcopy(model)
    called: list[str] = []
    for path, module in trial.named_modules():
        _watch(path, module, called)
    state = _core.get_rng_state()
    try:
        trial(*args, **kwargs)
    except _Found as found:
        return found.finding
    finally:
        _core.set_rng_state(state)
    return _bad_gradient(model, called)


def _watch(path: str, module: Module, called: list[str]) -> None:
    def before(module: Module, args: Any) -> None:
        called.append(path)
        own = [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]
        for name, tensor in own:
            if count := _bad([tensor]):
                raise _Found(_finding(path, module, f"{name} has {count}"))

    def after(module: Module, args: Any, result: Any) -> None:
        if count := _bad(tensors_in(result)):
            raise _Found(_finding(path, module, f"from finite inputs its output has {count}"))

    module.register_forward_pre_hook(before)
    module.register_forward_hook(after)


def _bad_gradient(model: Module, called: list[str]) -> Finding | None:
    for path in reversed(called):
        module = model.get_submodule(path)
        for name, parameter in module.named_parameters(recurse=False):
            if parameter.grad is not None and (count := _bad([parameter.grad])):
                return _finding(path, module, f"the gradient of {name} has {count}")
    return None


def _finding(path: str, module: Module, text: str) -> Finding:
    kind = type(module).__name__
    return Finding("not finite", path, f"{path} ({kind}): {text}" if path else f"{kind}: {text}")


def _bad(tensors: Iterable[Tensor]) -> str:
    """Say how many values are not finite; an empty text if all are."""
    nan = infinite = 0
    for tensor in tensors:
        if tensor.is_floating_point():
            nan += int(tensor.isnan().sum().item())
            infinite += int(tensor.isinf().sum().item())
    counts = (f"{nan} NaN" * bool(nan), f"{infinite} infinite values" * bool(infinite))
    return " and ".join(filter(None, counts))
