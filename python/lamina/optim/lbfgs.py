"""L-BFGS; its line search is in _line_search.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lamina import _core
from lamina._core import Tensor
from lamina.autograd import enable_grad, no_grad
from lamina.optim._checks import expect, expect_lr, expect_numbers, expect_whole
from lamina.optim._line_search import strong_wolfe
from lamina.optim.optimizer import Closure, Optimizer, Params

__all__ = ["LBFGS"]


class LBFGS(Optimizer):
    """Quasi-Newton steps, up to `max_iter` a call, that remember `history_size` changes."""

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        name = type(self).__name__
        expect_lr(name, lr)
        expect_whole(name, max_iter=max_iter, history_size=history_size)
        if max_eval is not None:
            expect_whole(name, max_eval=max_eval)
        expect_numbers(name, tolerance_grad=tolerance_grad, tolerance_change=tolerance_change)
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)
        groups = len(self.param_groups)
        expect(name, groups == 1, "one parameter group: it has no options for some", groups)
        self._params: list[Tensor] = self.param_groups[0]["params"]

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._params = self.param_groups[0]["params"]

    def _flat_grad(self) -> Tensor:
        grads = [_core.zeros_like(p) if p.grad is None else p.grad for p in self._params]
        return _core.cat([grad.detach().reshape(-1) for grad in grads])

    def _move(self, distance: float, direction: Tensor) -> None:
        start = 0
        for param in self._params:
            part = direction[start : start + param.numel()].view(param.shape)
            param.add_(part, alpha=distance)
            start += param.numel()

    def _looked_at(
        self, closure: Callable[[], Any], origin: list[Tensor], t: float, direction: Tensor
    ) -> tuple[float, Tensor]:
        """Return loss and gradient at a distance from where the parameters are."""
        self._move(t, direction)
        loss = float(closure())
        grad = self._flat_grad()
        for param, value in zip(self._params, origin, strict=True):
            param.copy_(value)
        return loss, grad

    @no_grad()
    def step(self, closure: Closure) -> Any:  # type: ignore[override]
        """Minimize for some iterations; `closure` computes the loss and its gradients anew."""
        closure = enable_grad()(closure)
        group = self.param_groups[0]
        # As in PyTorch, the state of all parameters stands under the first.
        state = self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first_loss = closure()
        loss, evaluations = float(first_loss), 1
        state["func_evals"] += 1
        grad = self._flat_grad()
        if grad.abs().max().item() <= group["tolerance_grad"]:
            return first_loss
        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            direction = _direction(state, grad, group["history_size"])
            previous_loss = state["prev_loss"] = loss
            state["prev_flat_grad"] = grad.clone()
            state["t"] = _first_distance(state, grad, float(group["lr"]))
            slope = grad.dot(direction).item()
            if slope > -group["tolerance_change"]:
                break
            last = iteration == group["max_iter"]
            allowed = group["max_eval"] - evaluations
            loss, grad, used = self._advance(closure, state, loss, grad, slope, allowed, last)
            evaluations += used
            state["func_evals"] += used
            if (
                last
                or evaluations >= group["max_eval"]
                or _is_done(group, state, loss - previous_loss, grad)
            ):
                break
        return first_loss

    def _advance(
        self,
        closure: Callable[[], Any],
        state: dict[str, Any],
        loss: float,
        grad: Tensor,
        slope: float,
        allowed: int,
        last: bool,
    ) -> tuple[float, Tensor, int]:
        """Move along the direction; return loss and gradient there, and how often it asked."""
        direction, search = state["d"], self.param_groups[0]["line_search_fn"]
        if search is None:
            self._move(state["t"], direction)
            # In a stochastic setting the loss at the end would be of no use.
            return (loss, grad, 0) if last else (float(closure()), self._flat_grad(), 1)
        if search != "strong_wolfe":
            raise RuntimeError(
                f"[LBFGS] expected line_search_fn 'strong_wolfe' or None; got {search}"
            )
        origin = [param.clone() for param in self._params]

        def look(t: float) -> tuple[float, Tensor]:
            return self._looked_at(closure, origin, t, direction)

        loss, grad, state["t"], used = strong_wolfe(
            look, state["t"], direction, loss, grad, slope, allowed
        )
        self._move(state["t"], direction)
        return loss, grad, used


def _first_distance(state: dict[str, Any], grad: Tensor, lr: float) -> float:
    return min(1.0, 1.0 / grad.abs().sum().item()) * lr if state["n_iter"] == 1 else lr


def _is_done(group: dict[str, Any], state: dict[str, Any], gain: float, grad: Tensor) -> bool:
    moved: float = state["d"].mul(state["t"]).abs().max().item()
    tolerance: float = group["tolerance_change"]
    flat: bool = grad.abs().max().item() <= group["tolerance_grad"]
    return flat or moved <= tolerance or abs(gain) < tolerance


def _direction(state: dict[str, Any], grad: Tensor, history_size: int) -> Tensor:
    """Return minus the gradient times the inverse Hessian, as the remembered changes tell it."""
    if state["n_iter"] == 1:
        direction = state["d"] = grad.neg()
        state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
        return direction
    change, moved = grad.sub(state["prev_flat_grad"]), state["d"].mul(state["t"])
    curvature = change.dot(moved).item()
    changes, moves, inverses = state["old_dirs"], state["old_stps"], state["ro"]
    if curvature > 1e-10:
        for memory, new in ((changes, change), (moves, moved), (inverses, 1.0 / curvature)):
            if len(memory) == history_size:
                memory.pop(0)
            memory.append(new)
        state["H_diag"] = curvature / change.dot(change).item()
    weights = state["al"] = [None] * history_size
    direction = grad.neg()
    for i in reversed(range(len(changes))):
        weights[i] = moves[i].dot(direction).item() * float(inverses[i])
        direction.add_(changes[i], alpha=-weights[i])
    direction = direction.mul(float(state["H_diag"]))
    for i in range(len(changes)):
        weight = changes[i].dot(direction).item() * float(inverses[i])
        direction.add_(moves[i], alpha=weights[i] - weight)
    state["d"] = direction
    return direction
