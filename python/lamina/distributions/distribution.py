"""The base class of distributions: shapes, validation, expansion and repr."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from lamina import _core
from lamina._core import Size, Tensor
from lamina.autograd import no_grad
from lamina.compiling import capturing
from lamina.distributions.constraints import Constraint, is_dependent

__all__ = ["Distribution"]

SelfT = TypeVar("SelfT", bound="Distribution")
EMPTY = Size(())


class Distribution:
    """A distribution of events of `event_shape`, one for each index of `batch_shape`.

    The tensors and distributions among its attributes begin with the dimensions of the batch.
    """

    has_rsample: Any = False
    has_enumerate_support: Any = False
    arg_constraints: Any
    support: Any
    _validate_args = __debug__

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Switch the validation of arguments on or off for distributions that do not say."""
        if value not in (True, False):
            raise ValueError(f"[set_default_validate_args] expected a bool; got {value!r}")
        Distribution._validate_args = value

    def __init__(
        self,
        batch_shape: Sequence[int] = EMPTY,
        event_shape: Sequence[int] = EMPTY,
        validate_args: bool | None = None,
    ) -> None:
        self._batch_shape = Size(batch_shape)
        self._event_shape = Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._check_parameters()

    def _check_parameters(self) -> None:
        if capturing():  # replays could not look at values
            return
        parameters = self.__dict__
        for name, constraint in self.arg_constraints.items():
            if is_dependent(constraint):
                continue
            value = parameters.get(name)
            if value is None:  # computed from another, or kept by an inner distribution
                continue
            if not constraint.check(value).all():
                raise ValueError(
                    f"[{type(self).__name__}] expected the parameter {name}, of shape "
                    f"{tuple(value.shape)}, to satisfy the constraint {constraint!r}; got\n{value}"
                )

    def expand(self: SelfT, batch_shape: Sequence[int]) -> SelfT:
        """Return this distribution for a larger batch, whose parameters are views of these."""
        new = object.__new__(type(self))
        new.__dict__.update(self.__dict__)
        new._batch_shape = Size(batch_shape)
        kept = len(self._batch_shape)
        for name, value in self.__dict__.items():
            if isinstance(value, Tensor):
                new.__dict__[name] = value.expand(*batch_shape, *value.shape[kept:])
            elif isinstance(value, Distribution):
                new.__dict__[name] = value.expand((*batch_shape, *value._batch_shape[kept:]))
        return new

    @property
    def batch_shape(self) -> Size:
        """The shape of the parameters, less the dimensions of an event."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one draw."""
        return self._event_shape

    @property
    def mean(self) -> Tensor:
        """The expectation."""
        raise self._lacks("a mean")

    @property
    def mode(self) -> Tensor:
        """The likeliest value."""
        raise self._lacks("a mode")

    @property
    def variance(self) -> Tensor:
        """The expected square of the distance from the mean."""
        raise self._lacks("a variance")

    @property
    def stddev(self) -> Tensor:
        """The root of the variance."""
        return self.variance.sqrt()

    def sample(self, sample_shape: Sequence[int] = EMPTY) -> Tensor:
        """Draw `sample_shape` batches without gradients."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Sequence[int] = EMPTY) -> Tensor:
        """Draw `sample_shape` batches that are differentiable by the parameters."""
        raise self._lacks("differentiable draws")

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the logarithm of the density or probability at `value`."""
        raise self._lacks("log_prob")

    def cdf(self, value: Tensor) -> Tensor:
        """Return the probability of at most `value`."""
        raise self._lacks("cdf")

    def icdf(self, value: Tensor) -> Tensor:
        """Return what the probability `value` is that of at most."""
        raise self._lacks("icdf")

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """Return all values along a first dimension, repeated over the batch if `expand`."""
        raise self._lacks("a support that can be listed")

    def entropy(self) -> Tensor:
        """Return the expectation of `-log_prob`."""
        raise self._lacks("entropy")

    def perplexity(self) -> Tensor:
        """Return exp of the entropy."""
        return _core.exp(self.entropy())

    def _lacks(self, what: str) -> NotImplementedError:
        return NotImplementedError(f"[{type(self).__name__}] has not {what}")

    def _extended_shape(self, sample_shape: Sequence[int] = EMPTY) -> Size:
        return Size((*sample_shape, *self._batch_shape, *self._event_shape))

    def _listed(self, values: Tensor, expand: bool) -> Tensor:
        """Lay a vector of values out along the first dimension before those of the batch."""
        ones = (1,) * len(self._batch_shape)
        listed = values.reshape(-1, *ones)
        return listed.expand(-1, *self._batch_shape) if expand else listed

    def _validate_sample(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            kind = type(value).__name__
            raise ValueError(f"[{type(self).__name__}] expected a tensor as value; got {kind}")
        expected, given = self._batch_shape + self._event_shape, tuple(value.shape)
        if given != expected:
            self._check_value_shape(given, expected)
        support: Constraint = self.support
        if not capturing() and not support.check(value).all():
            raise ValueError(
                f"[{type(self).__name__}] expected a value, of shape {given}, within the support "
                f"{support!r} of {self!r}; got\n{value}"
            )

    def _check_value_shape(self, given: tuple[int, ...], expected: tuple[int, ...]) -> None:
        events = len(self._event_shape)
        event_fits = given[len(given) - events :] == tuple(self._event_shape)
        pairs = zip(reversed(given), reversed(expected), strict=False)
        if not event_fits or any(i != j and 1 not in (i, j) for i, j in pairs):
            raise ValueError(
                f"[{type(self).__name__}] expected a value that broadcasts to batch_shape + "
                f"event_shape, {tuple(expected)}; got shape {given}"
            )

    def __repr__(self) -> str:
        shown = []
        for name in self.arg_constraints:
            value = self.__dict__.get(name)
            if value is not None:
                shown.append(f"{name}: {value if value.numel() == 1 else value.size()}")
        return f"{type(self).__name__}({', '.join(shown)})"
