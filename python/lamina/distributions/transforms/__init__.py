"""Invertible changes of variables; base.py says what they have in common."""

from __future__ import annotations

from lamina.distributions.transforms.base import ComposeTransform as ComposeTransform
from lamina.distributions.transforms.base import IndependentTransform as IndependentTransform
from lamina.distributions.transforms.base import Transform as Transform
from lamina.distributions.transforms.base import identity_transform as identity_transform
from lamina.distributions.transforms.elementwise import AbsTransform as AbsTransform
from lamina.distributions.transforms.elementwise import AffineTransform as AffineTransform
from lamina.distributions.transforms.elementwise import ExpTransform as ExpTransform
from lamina.distributions.transforms.elementwise import PowerTransform as PowerTransform
from lamina.distributions.transforms.elementwise import SigmoidTransform as SigmoidTransform
from lamina.distributions.transforms.elementwise import SoftplusTransform as SoftplusTransform
from lamina.distributions.transforms.elementwise import TanhTransform as TanhTransform
from lamina.distributions.transforms.vectors import LowerCholeskyTransform as LowerCholeskyTransform
from lamina.distributions.transforms.vectors import SoftmaxTransform as SoftmaxTransform
from lamina.distributions.transforms.vectors import StickBreakingTransform as StickBreakingTransform

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "ComposeTransform",
    "ExpTransform",
    "IndependentTransform",
    "LowerCholeskyTransform",
    "PowerTransform",
    "SigmoidTransform",
    "SoftmaxTransform",
    "SoftplusTransform",
    "StickBreakingTransform",
    "TanhTransform",
    "Transform",
    "identity_transform",
]
