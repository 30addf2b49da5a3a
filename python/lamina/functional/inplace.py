"""In-place forms that C++ does not have: of functions, and of views, which change the shape."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeAlias

from lamina import _core
from lamina._core import Tensor
from lamina.functional.conversion import can_cast

P = ParamSpec("P")
Function: TypeAlias = Callable[Concatenate[Tensor, P], Tensor]

__all__: list[str] = []
__methods__ = [
    "cumprod_",
    "cumsum_",
    "eq_",
    "fill_diagonal_",
    "ge_",
    "gt_",
    "le_",
    "logical_and_",
    "logical_or_",
]
__methods__ += ["logical_xor_", "lt_", "nan_to_num_", "ne_", "squeeze_", "swapaxes_", "swapdims_"]
__methods__ += ["t_", "transpose_", "tril_", "triu_", "unsqueeze_"]


def _named(change: Function[P], function: Function[P]) -> Function[P]:
    functools.update_wrapper(change, function)
    change.__name__ = change.__qualname__ = f"{function.__name__}_"
    change.__doc__ = f"In-place form of `{function.__name__}`."
    return change


def _any_requires_grad(*values: object) -> bool:
    return any(isinstance(value, Tensor) and value.requires_grad for value in values)


def in_place(function: Function[P]) -> Function[P]:
    """Return the form of `function` that writes the result into its first argument."""

    def change(input: Tensor, /, *args: P.args, **kwargs: P.kwargs) -> Tensor:
        recorded = _core.is_grad_enabled() and _any_requires_grad(input, *args, *kwargs.values())
        # The way back may need the values that are overwritten here.
        result = function(input.clone() if recorded else input, *args, **kwargs)
        if not can_cast(result.dtype, input.dtype):
            raise TypeError(
                f"[{change.__name__}] expected a result that fits {input.dtype}; got {result.dtype}"
            )
        return input.copy_(result)

    return _named(change, function)


def _view_in_place(view: Function[P]) -> Function[P]:
    """Return the form of `view` that gives its first argument the shape and strides of the view."""

    def change(input: Tensor, /, *args: P.args, **kwargs: P.kwargs) -> Tensor:
        if input.requires_grad:
            raise RuntimeError(
                f"[{change.__name__}] expected a tensor without history; "
                f"use {view.__name__}(), which returns another tensor"
            )
        input.data = view(input, *args, **kwargs)
        return input

    return _named(change, view)


def fill_diagonal_(input: Tensor, fill_value: float, wrap: bool = False) -> Tensor:
    """Fill the main diagonal; with `wrap`, a tall matrix's again and again, a row apart."""
    if input.ndim < 2 or (input.ndim > 2 and len(set(input.shape)) > 1):
        raise ValueError(
            "[fill_diagonal_] expected a matrix, or more dimensions of one size; "
            f"got {tuple(input.shape)}"
        )
    step = input.size(-1) + 1 if input.ndim == 2 else sum(input.stride())
    length = min(input.shape)
    if input.ndim == 2 and wrap:
        input.view(-1)[::step] = fill_value
    else:
        input.as_strided([length], [sum(input.stride())], input.storage_offset()).fill_(fill_value)
    return input


eq_, ne_ = in_place(_core.eq), in_place(_core.ne)
lt_, le_ = in_place(_core.lt), in_place(_core.le)
gt_, ge_ = in_place(_core.gt), in_place(_core.ge)
logical_and_, logical_or_ = in_place(_core.logical_and), in_place(_core.logical_or)
logical_xor_ = in_place(_core.logical_xor)
cumprod_, cumsum_ = in_place(_core.cumprod), in_place(_core.cumsum)
nan_to_num_ = in_place(_core.nan_to_num)
tril_, triu_ = in_place(_core.tril), in_place(_core.triu)
squeeze_, unsqueeze_ = _view_in_place(_core.squeeze), _view_in_place(_core.unsqueeze)
t_, transpose_ = _view_in_place(_core.t), _view_in_place(_core.transpose)
swapaxes_ = swapdims_ = transpose_
