"""Distances, which tensors have outside of networks too."""

from __future__ import annotations

from lamina.functional.distance import cosine_similarity, pairwise_distance, pdist

__all__ = ["cosine_similarity", "pairwise_distance", "pdist"]
