"""Training: the Trainer, and what it records."""

from __future__ import annotations

from lamina.train.history import History as History
from lamina.train.trainer import Trainer as Trainer
