"""scikit-learn's rules for the MLP estimators: when a training ends, and how its rate changes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from lamina.callbacks import Callback

_SMALLEST_RATE = 1e-6  # of "adaptive"
_ADAPTIVE_FACTOR = 5.0


class Rules(Callback):
    """Keeps an MLP's loss curve, ends its training when that is flat, and changes its rate.

    `score`, if given, is the validation score that decides instead of the loss; the best weights
    are then restored.
    """

    def __init__(self, estimator: Any, samples: int, score: Callable[[], float] | None) -> None:
        self.estimator = estimator
        self.samples = samples
        self.score = score
        self.best: dict[str, Any] = {}

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        """Take up an epoch."""
        est = self.estimator
        est.n_iter_ = epoch + 1
        est.t_ += self.samples
        est.loss_ = logs["loss"]
        est.loss_curve_.append(est.loss_)
        improved = self._loss_improved() if self.score is None else self._score_improved()
        est._no_improvement_count = 0 if improved else est._no_improvement_count + 1
        if est.solver == "sgd" and est.learning_rate == "invscaling":
            self._set_rate(est.learning_rate_init / (est.t_ + 1) ** est.power_t)
        if est._no_improvement_count > est.n_iter_no_change:
            self._flat()

    def on_train_end(self) -> None:
        """Restore the best weights, however training ended."""
        if self.best:
            self.estimator.module_.load_state_dict(self.best)

    def _loss_improved(self) -> bool:
        est = self.estimator
        improved = bool(est.loss_ <= est.best_loss_ - est.tol)
        est.best_loss_ = min(est.best_loss_, est.loss_)
        return improved

    def _score_improved(self) -> bool:
        est = self.estimator
        assert self.score is not None
        est.module_.eval()
        score = self.score()
        est.module_.train()
        est.validation_scores_.append(score)
        improved = bool(score >= est.best_validation_score_ + est.tol)
        if score > est.best_validation_score_:
            est.best_validation_score_ = score
            self.best = copy.deepcopy(est.module_.state_dict())
        return improved

    def _flat(self) -> None:
        """End the training, or lower an adaptive rate."""
        est = self.estimator
        rate = est.optimizer_.param_groups[0]["lr"]
        adaptive = est.solver == "sgd" and est.learning_rate == "adaptive"
        if not adaptive or rate <= _SMALLEST_RATE:
            self.trainer.stop("no improvement")
            return
        self._set_rate(rate / _ADAPTIVE_FACTOR)
        est._no_improvement_count = 0

    def _set_rate(self, rate: float) -> None:
        optimizer = self.estimator.optimizer_
        for group in optimizer.param_groups:
            factor = group["lr"] / rate
            group["lr"] = rate
            for parameter in group["params"]:  # scikit-learn's velocities have rates in them
                if (velocity := optimizer.state[parameter].get("momentum_buffer")) is not None:
                    velocity.mul_(factor)


def begin(estimator: Any) -> None:
    """Give a new estimator the attributes that the rules change."""
    estimator.t_ = 0
    if estimator.solver == "lbfgs":
        return
    estimator.loss_curve_ = []
    estimator._no_improvement_count = 0
    by_score = estimator.early_stopping
    estimator.best_loss_ = None if by_score else np.inf
    estimator.validation_scores_ = [] if by_score else None
    estimator.best_validation_score_ = -np.inf if by_score else None
