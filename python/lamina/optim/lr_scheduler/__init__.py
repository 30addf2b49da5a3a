"""Schedules of learning rates, under PyTorch's names."""

from __future__ import annotations

from lamina.optim.lr_scheduler.base import LRScheduler as LRScheduler
from lamina.optim.lr_scheduler.base import LRScheduler as _LRScheduler  # noqa: F401, its old name
from lamina.optim.lr_scheduler.combined import ChainedScheduler as ChainedScheduler
from lamina.optim.lr_scheduler.combined import SequentialLR as SequentialLR
from lamina.optim.lr_scheduler.cosine import CosineAnnealingLR as CosineAnnealingLR
from lamina.optim.lr_scheduler.cosine import (
    CosineAnnealingWarmRestarts as CosineAnnealingWarmRestarts,
)
from lamina.optim.lr_scheduler.cycle import CyclicLR as CyclicLR
from lamina.optim.lr_scheduler.cycle import OneCycleLR as OneCycleLR
from lamina.optim.lr_scheduler.factor import ConstantLR as ConstantLR
from lamina.optim.lr_scheduler.factor import ExponentialLR as ExponentialLR
from lamina.optim.lr_scheduler.factor import LinearLR as LinearLR
from lamina.optim.lr_scheduler.factor import MultiStepLR as MultiStepLR
from lamina.optim.lr_scheduler.factor import PolynomialLR as PolynomialLR
from lamina.optim.lr_scheduler.factor import StepLR as StepLR
from lamina.optim.lr_scheduler.function import LambdaLR as LambdaLR
from lamina.optim.lr_scheduler.function import MultiplicativeLR as MultiplicativeLR
from lamina.optim.lr_scheduler.plateau import ReduceLROnPlateau as ReduceLROnPlateau
