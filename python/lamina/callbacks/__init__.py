"""What listens to a training: a file each family, and the base that all of them have."""

from __future__ import annotations

from lamina.callbacks.base import Callback as Callback
from lamina.callbacks.progress import ProgressBar as ProgressBar
from lamina.callbacks.schedule import LearningRateScheduler as LearningRateScheduler
