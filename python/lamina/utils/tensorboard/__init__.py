"""What TensorBoard shows of a training, written as PyTorch's writer does."""

from __future__ import annotations

from lamina.utils.tensorboard.writer import SummaryWriter as SummaryWriter
