"""Optimizers whose steps can be captured, and those whose step is one launch a group."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from lamina import _core, compiling
from lamina._core import Tensor
from lamina.optim.optimizer import Closure, Group, Optimizer, Params, evaluate

# The names of a rule's state: arrays, None for one that the variant lacks, and scalars.
Keys = tuple[str | None, ...]


class _Hyper:
    """The hyper-parameters of a group as a launch reads them: replays read them anew."""

    __slots__ = ("tensor", "values")

    def __init__(self) -> None:
        self.tensor = _core.empty(0, dtype=_core.float64)
        self.values: tuple[float, ...] = ()

    def set(self, values: tuple[float, ...]) -> None:
        if not self.values:
            self.tensor = _core.empty(len(values), dtype=_core.float64)
        _core._optim.set_hyper(self.tensor, values)
        self.values = values


class CapturableOptimizer(Optimizer):
    """Steps read the options that change from call to call from a tensor a group.

    So a captured step sees what a schedule does. A subclass says what the tensor holds, and what a
    step does to a group.
    """

    def __init__(self, params: Params, defaults: dict[str, Any]) -> None:
        self._hypers: list[_Hyper] = []
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._hypers = []  # which makes captured steps stale

    def _values(self, group: Group) -> tuple[float, ...]:
        """Return the numbers that a step on this group reads."""
        raise NotImplementedError

    def _update(self, group: Group, hyper: Tensor) -> None:
        """Change the parameters of a group."""
        raise NotImplementedError

    def _refresh(self) -> None:
        """Write what changed in the groups' options to where steps read it."""
        groups = self.param_groups
        if len(self._hypers) != len(groups):
            self._hypers = [_Hyper() for _ in groups]
        for group, hyper in zip(groups, self._hypers, strict=True):
            values = self._values(group)
            if values != hyper.values:
                hyper.set(values)

    def _capture(self) -> None:
        """Let replays refresh what this step reads, as long as state and groups are the same."""
        with compiling.uncaptured():
            self._refresh()
        hypers = self._hypers

        def refreshed() -> bool:
            if self._hypers is hypers:
                self._refresh()
            return self._hypers is hypers

        compiling.before_replay(refreshed)

    def _taken(self, value: Any, param: Tensor, name: str = "") -> Any:
        # Older versions saved plain numbers, where rules read tensors.
        if name in self._scalar_state:
            return _core.tensor(float(value), dtype=_core.float32)
        return super()._taken(value, param, name)

    def step(self, closure: Closure | None = None) -> Any:
        """Change the parameters once; `closure` computes the loss and its gradients anew."""
        loss = None if closure is None else evaluate(closure)
        if _core._is_capturing():
            self._capture()
        else:
            self._refresh()
        for group, hyper in zip(self.param_groups, self._hypers, strict=True):
            self._update(group, hyper.tensor)
        return loss


class FusedOptimizer(CapturableOptimizer):
    """A step is one launch a group: a subclass names its rule in lamina._core._optim."""

    _rule: ClassVar[Callable[..., None]]  # what it reads, and in which order: ops/optimizer_rules.h

    def _keys(self, group: Group) -> Keys:
        """Return the names of the state that the rule changes."""
        raise NotImplementedError

    def _init_state(self, group: Group, param: Tensor) -> None:
        """Make what is missing of a parameter's state."""
        with compiling.uncaptured():
            state = self.state.setdefault(param, {})
            for key in self._keys(group):
                if key is not None and not isinstance(state.get(key), Tensor):
                    state[key] = self._initial(group, param, key)

    def _initial(self, group: Group, param: Tensor, key: str) -> Tensor:
        if key in self._scalar_state:
            return _core.zeros((), dtype=_core.float32)
        return _core.zeros_like(param)

    def _update(self, group: Group, hyper: Tensor) -> None:
        self._rule(group, self.state, self._keys(group), self._init_state, hyper)
