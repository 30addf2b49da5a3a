"""What listens to a training: a file each family, and the base that all of them have."""

from __future__ import annotations

from lamina.callbacks.average import EMA as EMA
from lamina.callbacks.base import Callback as Callback
from lamina.callbacks.files import CSVLogger as CSVLogger
from lamina.callbacks.files import ModelCheckpoint as ModelCheckpoint
from lamina.callbacks.finder import LearningRateFinder as LearningRateFinder
from lamina.callbacks.health import GradientHealth as GradientHealth
from lamina.callbacks.progress import ProgressBar as ProgressBar
from lamina.callbacks.schedule import LearningRateScheduler as LearningRateScheduler
from lamina.callbacks.schedule import ReduceLROnPlateau as ReduceLROnPlateau
from lamina.callbacks.stopping import EarlyStopping as EarlyStopping
from lamina.callbacks.stopping import TerminateOnNaN as TerminateOnNaN
from lamina.callbacks.tensorboard import TensorBoard as TensorBoard
