"""Kullback-Leibler divergences: kl_divergence(p, q), and register_kl for further pairs."""

from __future__ import annotations

from lamina.distributions.kl import across as across
from lamina.distributions.kl import within as within
from lamina.distributions.kl.registry import kl_divergence as kl_divergence
from lamina.distributions.kl.registry import register_kl as register_kl

__all__ = ["kl_divergence", "register_kl"]
