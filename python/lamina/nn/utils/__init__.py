"""Clipping, vectors of parameters, penalties, packed sequences."""

from __future__ import annotations

from lamina.nn.utils import rnn as rnn
