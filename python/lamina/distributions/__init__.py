"""Probability distributions under PyTorch's names, a module each; beside them kl and transforms."""

from __future__ import annotations

from lamina.distributions import constraints as constraints
from lamina.distributions import transforms as transforms
from lamina.distributions.bernoulli import Bernoulli as Bernoulli
from lamina.distributions.beta import Beta as Beta
from lamina.distributions.binomial import Binomial as Binomial
from lamina.distributions.categorical import Categorical as Categorical
from lamina.distributions.cauchy import Cauchy as Cauchy
from lamina.distributions.chi2 import Chi2 as Chi2
from lamina.distributions.dirichlet import Dirichlet as Dirichlet
from lamina.distributions.distribution import Distribution as Distribution
from lamina.distributions.exponential import Exponential as Exponential
from lamina.distributions.gamma import Gamma as Gamma
from lamina.distributions.geometric import Geometric as Geometric
from lamina.distributions.gumbel import Gumbel as Gumbel
from lamina.distributions.half_normal import HalfNormal as HalfNormal
from lamina.distributions.independent import Independent as Independent
from lamina.distributions.kl import kl_divergence as kl_divergence
from lamina.distributions.kl import register_kl as register_kl
from lamina.distributions.laplace import Laplace as Laplace
from lamina.distributions.log_normal import LogNormal as LogNormal
from lamina.distributions.mixture_same_family import MixtureSameFamily as MixtureSameFamily
from lamina.distributions.multinomial import Multinomial as Multinomial
from lamina.distributions.multivariate_normal import MultivariateNormal as MultivariateNormal
from lamina.distributions.normal import Normal as Normal
from lamina.distributions.one_hot_categorical import OneHotCategorical as OneHotCategorical
from lamina.distributions.one_hot_categorical import (
    OneHotCategoricalStraightThrough as OneHotCategoricalStraightThrough,
)
from lamina.distributions.poisson import Poisson as Poisson
from lamina.distributions.relaxed_bernoulli import RelaxedBernoulli as RelaxedBernoulli
from lamina.distributions.relaxed_categorical import (
    RelaxedOneHotCategorical as RelaxedOneHotCategorical,
)
from lamina.distributions.studentT import StudentT as StudentT
from lamina.distributions.transformed_distribution import (
    TransformedDistribution as TransformedDistribution,
)
from lamina.distributions.transforms import AbsTransform as AbsTransform
from lamina.distributions.transforms import AffineTransform as AffineTransform
from lamina.distributions.transforms import ComposeTransform as ComposeTransform
from lamina.distributions.transforms import ExpTransform as ExpTransform
from lamina.distributions.transforms import IndependentTransform as IndependentTransform
from lamina.distributions.transforms import LowerCholeskyTransform as LowerCholeskyTransform
from lamina.distributions.transforms import PowerTransform as PowerTransform
from lamina.distributions.transforms import SigmoidTransform as SigmoidTransform
from lamina.distributions.transforms import SoftmaxTransform as SoftmaxTransform
from lamina.distributions.transforms import SoftplusTransform as SoftplusTransform
from lamina.distributions.transforms import StickBreakingTransform as StickBreakingTransform
from lamina.distributions.transforms import TanhTransform as TanhTransform
from lamina.distributions.transforms import Transform as Transform
from lamina.distributions.transforms import identity_transform as identity_transform
from lamina.distributions.uniform import Uniform as Uniform
