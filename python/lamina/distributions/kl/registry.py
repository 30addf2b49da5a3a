"""Which function computes the divergence of which pair; the functions stand elsewhere."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from lamina._core import Tensor
from lamina.distributions.distribution import Distribution

Divergence: TypeAlias = Callable[[Any, Any], Tensor]
F = TypeVar("F", bound=Divergence)
Kind: TypeAlias = type[Distribution]

_REGISTERED: dict[tuple[Kind, Kind], Divergence] = {}
_FOUND: dict[tuple[Kind, Kind], Divergence | None] = {}  # by the types at hand


def register_kl(type_p: Kind, type_q: Kind) -> Callable[[F], F]:
    """Decorate the function that computes `kl_divergence(p, q)` of these types."""
    for kind in (type_p, type_q):
        if not (isinstance(kind, type) and issubclass(kind, Distribution)):
            raise TypeError(f"[register_kl] expected subclasses of Distribution; got {kind!r}")

    def decorate(function: F) -> F:
        _REGISTERED[type_p, type_q] = function
        _FOUND.clear()
        return function

    return decorate


def _find(p: Kind, q: Kind) -> Divergence | None:
    """Return the function of the nearest ancestors, those of p before those of q."""
    matches = [pair for pair in _REGISTERED if issubclass(p, pair[0]) and issubclass(q, pair[1])]
    if not matches:
        return None

    def distance(pair: tuple[Kind, Kind]) -> tuple[int, int]:
        return p.__mro__.index(pair[0]), q.__mro__.index(pair[1])

    nearest = min(matches, key=distance)
    from_right = min(matches, key=lambda pair: distance(pair)[::-1])
    if _REGISTERED[nearest] is not _REGISTERED[from_right]:
        missing = f"{nearest[0].__name__}, {from_right[1].__name__}"
        warnings.warn(
            f"[kl_divergence] two functions fit ({p.__name__}, {q.__name__}) equally well; "
            f"register_kl({missing}) would decide",
            RuntimeWarning,
            stacklevel=3,
        )
    return _REGISTERED[nearest]


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """Return the expectation of `log p(x) - log q(x)` for x of p, one number a batch index."""
    pair = type(p), type(q)
    if pair not in _FOUND:
        _FOUND[pair] = _find(*pair)
    function = _FOUND[pair]
    if function is None:
        raise NotImplementedError(
            f"[kl_divergence] has no function of ({type(p).__name__}, {type(q).__name__}); "
            "register_kl adds one"
        )
    return function(p, q)
