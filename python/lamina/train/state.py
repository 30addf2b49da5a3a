"""The state of a training: what it consists of, and how another goes on from it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from lamina import _core

if TYPE_CHECKING:
    from lamina.train.trainer import Trainer


def take(trainer: Trainer) -> dict[str, Any]:
    """Return the whole state; its tensors are the live ones."""
    if trainer.resumed is not None:  # nothing has happened since
        return trainer.resumed
    gradients = [parameter.grad for parameter in trainer.model.parameters()]
    within = trainer.batch % trainer.accumulate > 0
    return {
        "model": trainer.model.state_dict(),
        "optimizer": trainer.optimizer.state_dict(),
        "rng": _core.get_rng_state(),
        "epoch": trainer.epoch,
        "batch": trainer.batch,
        "steps": trainer.steps,
        "loader": None if trainer.loader is None else trainer.loader.state_dict(),
        "objective": trainer.objective.state_dict(),
        "gradients": gradients if within else None,
        "seen": trainer.step.seen,
        "callbacks": trainer.callbacks.state_dict(),
        "history": trainer.history.state_dict(),
    }


def load(trainer: Trainer, state: dict[str, Any]) -> None:
    """Take over what can be known before `fit`: weights and optimizer."""
    missing = [name for name in take(trainer) if not isinstance(state, dict) or name not in state]
    if missing:
        raise ValueError(
            f"[resume] expected a state that Trainer.save wrote; got one without "
            f"{', '.join(missing)}: weights alone go into model.load_state_dict"
        )
    trainer.model.load_state_dict(state["model"])
    trainer.optimizer.load_state_dict(state["optimizer"])
    trainer.resumed = state


def go_on(trainer: Trainer, state: dict[str, Any]) -> None:
    """Take over the rest, now that data and callbacks are there."""
    trainer.history.load_state_dict(state["history"])
    trainer.epoch, trainer.batch = state["epoch"], state["batch"]
    trainer.steps = state["steps"]
    if left := trainer.callbacks.load_state_dict(state["callbacks"]):
        warnings.warn(
            f"[fit] the state that is gone on with is also of {', '.join(left)}, which are not "
            "among the callbacks",
            stacklevel=4,
        )
    trainer.objective.load_state_dict(state["objective"])
    if state["loader"] is not None:
        trainer.loader.load_state_dict(state["loader"])
    if state["gradients"] is not None:
        trainer.step.seen.fill_(state["seen"])
        for parameter, gradient in zip(trainer.model.parameters(), state["gradients"], strict=True):
            parameter.grad = gradient
    _core.set_rng_state(state["rng"])
