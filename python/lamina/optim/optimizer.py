"""The base of all optimizers: parameter groups, state, and how both are saved."""

from __future__ import annotations

import itertools
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any, ClassVar, TypeAlias

from lamina import _core, compiling
from lamina._core import Tensor
from lamina._wrong_types import name_wrong_types_of
from lamina.autograd import enable_grad
from lamina.optim._hooks import (
    Hooked,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

__all__ = ["Optimizer", "register_optimizer_step_post_hook", "register_optimizer_step_pre_hook"]

Group: TypeAlias = dict[str, Any]
Params: TypeAlias = Iterable[Tensor] | Iterable[Group] | Iterable[tuple[str, Tensor]]
Closure: TypeAlias = Callable[[], Any]


class _Required:
    def __repr__(self) -> str:
        return "<required parameter>"


# The default of an option that every group must give.
required = _Required()


def evaluate(closure: Closure | None) -> Any:
    """Return the loss that a step's closure computes, or None without one."""
    if closure is None:
        return None
    with enable_grad():
        return closure()


def _or(value: Any, otherwise: Any) -> Any:
    return otherwise if value is None else value


class Optimizer(Hooked):
    """Changes parameters step by step; what a step does, a subclass says in `step`."""

    # State that is one number a parameter, whatever the parameter's type.
    _scalar_state: ClassVar[frozenset[str]] = frozenset({"step"})

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.__module__.startswith("lamina."):
            name_wrong_types_of(cls)

    def __init__(self, params: Params, defaults: dict[str, Any]) -> None:
        if compiling.capturing():
            raise RuntimeError(
                f"[compile] {type(self).__name__} is made while the step is captured; replays "
                "would go on with its state: make it before the call"
            )
        self.defaults = defaults
        self._make_hooks()
        if isinstance(params, Tensor):
            raise TypeError(self._text("expected an iterable of tensors or dicts", "a tensor"))
        if defaults.get("differentiable"):
            raise NotImplementedError(
                f"[{type(self).__name__}] differentiable=True is not implemented: steps are not "
                "recorded for backward()"
            )
        self.state: defaultdict[Any, Any] = defaultdict(dict)
        self.param_groups: list[Group] = []
        groups: list[Any] = list(params)
        if not groups:
            raise ValueError(self._text("expected at least one parameter", "an empty list"))
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def __getstate__(self) -> dict[str, Any]:
        return {
            "defaults": self.defaults,
            "state": self.state,
            "param_groups": self.param_groups,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if "_optimizer_step_pre_hooks" not in self.__dict__:
            self._make_hooks()
        for group in self.param_groups:  # as saved by a version with fewer options
            for name, default in self.defaults.items():
                group.setdefault(name, default)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {number}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])

    # ---- parameters ----

    def add_param_group(self, param_group: Group) -> None:
        """Add a group: a dict of `params` and of the options in which it differs."""
        if not isinstance(param_group, dict):
            raise TypeError(self._text("expected a group as a dict", type(param_group).__name__))
        if "params" not in param_group:
            raise ValueError(self._text("expected a group to give 'params'", [*param_group]))
        given = param_group["params"]
        if isinstance(given, set):
            raise TypeError(self._text("expected parameters in a fixed order", "a set"))
        self._take_params(param_group, [given] if isinstance(given, Tensor) else list(given))
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(self._text(f"expected each group to give {name!r}", "none"))
            param_group.setdefault(name, default)
        self._check_group(param_group)
        self.param_groups.append(param_group)

    def _take_params(self, group: Group, given: list[Any]) -> None:
        names = [item[0] for item in given if isinstance(item, tuple)]
        group["params"] = [item[1] if isinstance(item, tuple) else item for item in given]
        if names and len(names) != len(given):
            got = f"{len(names)} names for {len(given)}"
            raise ValueError(self._text("expected all parameters with names, or none", got))
        if names:
            group["param_names"] = names
        for param in group["params"]:
            if not isinstance(param, Tensor):
                raise TypeError(self._text("expected tensors to optimize", type(param).__name__))
            if not (param.is_leaf or param.retains_grad):
                got = "the result of an op"
                raise ValueError(self._text("expected leaves to optimize", got))

    def _check_group(self, group: Group) -> None:
        params = set(group["params"])
        if len(params) != len(group["params"]):
            warnings.warn(
                f"[{type(self).__name__}] a parameter stands more than once in one group; each "
                "step will change it as often",
                stacklevel=4,
            )
        for other in self.param_groups:
            if ("param_names" in group) != ("param_names" in other):
                raise ValueError(
                    self._text("expected all groups with names, or none", "some of each kind")
                )
            if not params.isdisjoint(other["params"]):
                raise ValueError(self._text("expected each parameter in one group", "one in two"))

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or fill them with zeros."""
        for group in self.param_groups:
            for param in group["params"]:
                if set_to_none:
                    param.grad = None
                elif param.grad is not None:
                    param.grad.detach_().zero_()

    def step(self, closure: Closure | None = None) -> Any:
        """Change the parameters once; `closure` computes the loss and its gradients anew."""
        raise NotImplementedError(f"[{type(self).__name__}] a subclass must define step()")

    # ---- state ----

    def state_dict(self) -> dict[str, Any]:
        """Return state and groups, with numbers in the place of parameters."""
        for hook in list(self._optimizer_state_dict_pre_hooks.values()):
            hook(self)
        numbers: dict[int, int] = {}
        groups = []
        start = 0
        for group in self.param_groups:
            for number, param in enumerate(group["params"], start):
                numbers.setdefault(id(param), number)
            start += len(group["params"])
            packed = {key: value for key, value in group.items() if key != "params"}
            packed["params"] = [numbers[id(param)] for param in group["params"]]
            groups.append(packed)
        state = {
            numbers[id(key)] if isinstance(key, Tensor) else key: value
            for key, value in self.state.items()
        }
        result: dict[str, Any] = {"state": state, "param_groups": groups}
        for hook in list(self._optimizer_state_dict_post_hooks.values()):
            result = _or(hook(self, result), result)
        return result

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over a state dict, PyTorch's included: copies, in the parameters' types."""
        state_dict = dict(state_dict)
        for hook in list(self._optimizer_load_state_dict_pre_hooks.values()):
            state_dict = _or(hook(self, state_dict), state_dict)
        groups = deepcopy(state_dict["param_groups"])
        sizes = [len(group["params"]) for group in self.param_groups]
        saved = [len(group["params"]) for group in groups]
        if sizes != saved:
            expected = f"expected a state dict with groups of {sizes} parameters"
            raise ValueError(self._text(expected, saved))
        params = dict(
            zip(
                itertools.chain.from_iterable(group["params"] for group in groups),
                itertools.chain.from_iterable(group["params"] for group in self.param_groups),
                strict=True,
            )
        )
        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, value in state_dict["state"].items():
            if key in params:
                state[params[key]] = {k: self._taken(v, params[key], k) for k, v in value.items()}
            else:
                state[key] = value
        for group, new in zip(self.param_groups, groups, strict=True):
            new["params"] = group["params"]
            if "param_names" in group:
                new.setdefault("param_names", group["param_names"])
        self.__setstate__({"state": state, "param_groups": groups})
        for hook in list(self._optimizer_load_state_dict_post_hooks.values()):
            hook(self)

    def _taken(self, value: Any, param: Tensor, name: str = "") -> Any:
        """Return a copy of a value of a loaded state, with tensors in the type they must have."""
        if isinstance(value, Tensor) or hasattr(value, "__array__"):
            alike = param.is_floating_point() and name not in self._scalar_state
            dtype = param.dtype if alike else None
            return _core.as_tensor(value).detach().to(dtype, copy=True)
        if isinstance(value, dict):
            return {key: self._taken(item, param, key) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self._taken(item, param) for item in value)
        return value
