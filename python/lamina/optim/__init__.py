"""Optimizers under PyTorch's names, a module each; beside them schedules and averages."""

from __future__ import annotations

from lamina.optim import lr_scheduler as lr_scheduler
from lamina.optim import swa_utils as swa_utils
