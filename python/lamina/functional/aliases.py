"""Other names that PyTorch has for one function; no function is defined here."""

from __future__ import annotations

from lamina import _core
from lamina._core import Tensor
from lamina.functional import inplace

__all__ = [
    "absolute",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "divide",
    "fix",
    "greater",
    "greater_equal",
    "less",
    "less_equal",
    "multiply",
    "negative",
    "not_equal",
    "ravel",
    "sgn",
    "subtract",
]
__methods__ = [*__all__, *(f"{name}_" for name in __all__ if name != "ravel")]

absolute, absolute_ = _core.abs, Tensor.abs_
arccos, arccos_ = _core.acos, Tensor.acos_
arccosh, arccosh_ = _core.acosh, Tensor.acosh_
arcsin, arcsin_ = _core.asin, Tensor.asin_
arcsinh, arcsinh_ = _core.asinh, Tensor.asinh_
arctan, arctan_ = _core.atan, Tensor.atan_
arctan2, arctan2_ = _core.atan2, Tensor.atan2_
arctanh, arctanh_ = _core.atanh, Tensor.atanh_
divide, divide_ = _core.div, Tensor.div_
fix, fix_ = _core.trunc, Tensor.trunc_
greater, greater_ = _core.gt, inplace.gt_
greater_equal, greater_equal_ = _core.ge, inplace.ge_
less, less_ = _core.lt, inplace.lt_
less_equal, less_equal_ = _core.le, inplace.le_
multiply, multiply_ = _core.mul, Tensor.mul_
negative, negative_ = _core.neg, Tensor.neg_
not_equal, not_equal_ = _core.ne, inplace.ne_
ravel = _core.flatten
sgn, sgn_ = _core.sign, Tensor.sign_
subtract, subtract_ = _core.sub, Tensor.sub_
