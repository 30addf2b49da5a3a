"""How parameters begin: functions that fill a tensor in place and return it."""

from __future__ import annotations

import math
import warnings

from lamina import _core
from lamina._core import Generator, Tensor
from lamina.autograd import no_grad

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "lecun_normal_",
    "lecun_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

_LINEAR = [f"conv{kind}{d}d" for kind in ("", "_transpose") for d in (1, 2, 3)]
_GAINS = {
    **dict.fromkeys(["linear", *_LINEAR, "sigmoid"], 1.0),
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "selu": 3 / 4,
}

# ---- constants ----


@no_grad()
def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one value."""
    return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros."""
    return constant_(tensor, 0.0)


@no_grad()
def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix with the identity, as far as it fits."""
    if tensor.ndim != 2:
        raise ValueError(f"[eye_] expected 2 dimensions; got shape {tuple(tensor.shape)}")
    return tensor.copy_(_core.eye(*tensor.shape))


@no_grad()
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fill the weight of a convolution such that each group of channels passes unchanged."""
    shape = tuple(tensor.shape)
    if len(shape) not in (3, 4, 5):
        raise ValueError(f"[dirac_] expected 3, 4 or 5 dimensions; got shape {shape}")
    if shape[0] % groups:
        raise ValueError(f"[dirac_] expected channels that {groups} groups divide; got {shape[0]}")
    tensor.zero_()
    per_group = shape[0] // groups
    centre = tuple(size // 2 for size in shape[2:])
    for channel in range(min(per_group, shape[1])):
        tensor[(slice(channel, None, per_group), channel, *centre)] = 1
    return tensor


# ---- draws ----


@no_grad()
def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill from the uniform distribution over [a, b)."""
    tensor.uniform_(a, b, generator=generator)
    return tensor


@no_grad()
def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill from the normal distribution."""
    tensor.normal_(mean, std, generator=generator)
    return tensor


@no_grad()
def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Fill from the normal distribution, restricted to [a, b]."""
    if not (math.isfinite(mean) and 0 < std < math.inf and a <= b):
        raise ValueError(
            "[trunc_normal_] expected a finite mean, a positive std and a <= b; got "
            f"mean={mean}, std={std}, a={a} and b={b}"
        )
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            f"[trunc_normal_] the mean {mean} is more than two deviations outside [{a}, {b}]",
            stacklevel=3,
        )

    def below(x: float) -> float:
        return (1 + math.erf((x - mean) / std / math.sqrt(2))) / 2

    likely = below(b) - below(a) > 0.3
    propose = _normal_proposal if likely else _uniform_proposal
    kept: list[Tensor] = [tensor.new_empty(0)]
    missing = tensor.numel()
    while missing > 0:
        drawn = propose(tensor.new_empty(missing), mean, std, a, b, generator)
        kept.append(drawn)
        missing -= drawn.numel()
    return tensor.copy_(_core.cat(kept).view(tensor.shape))


def _normal_proposal(
    x: Tensor, mean: float, std: float, a: float, b: float, generator: Generator | None
) -> Tensor:
    normal_(x, mean, std, generator)
    return x[(x >= a) & (x <= b)]


def _uniform_proposal(
    x: Tensor, mean: float, std: float, a: float, b: float, generator: Generator | None
) -> Tensor:
    # So far from the most likely value nothing is drawn: bounds may be infinite, and in a tail the
    # density falls like an exponential.
    mode = min(max(mean, a), b)
    far = abs(mode - mean) / std
    reach = std * (10 if far < 4 else 40 / far)
    uniform_(x, max(a, mode - reach), min(b, mode + reach), generator)
    chance = ((mode - x) / std * ((mode - mean + (x - mean)) / std) / 2).exp()
    return x[uniform_(_core.empty_like(x), generator=generator) < chance]


# ---- draws scaled by the number of inputs and outputs ----


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return by how much weights grow to keep the variance behind a nonlinearity.

    `param` is the negative slope of "leaky_relu", 0.01 by default.
    """
    if nonlinearity in _GAINS:
        return _GAINS[nonlinearity]
    if nonlinearity != "leaky_relu":
        known = ", ".join([*_GAINS, "leaky_relu"])
        raise ValueError(f"[calculate_gain] expected one of {known}; got {nonlinearity!r}")
    slope = 0.01 if param is None else param
    if isinstance(slope, bool) or not isinstance(slope, (int, float)):
        raise ValueError(f"[calculate_gain] expected a number as negative slope; got {slope!r}")
    return math.sqrt(2 / (1 + slope**2))


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """Return how many inputs an output sees, and how many outputs an input reaches."""
    if tensor.ndim < 2:
        raise ValueError(f"[init] expected at least 2 dimensions; got shape {tuple(tensor.shape)}")
    outputs, inputs, *kernel = tensor.shape
    area = math.prod(kernel)
    return inputs * area, outputs * area


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    modes = ["fan_in", "fan_out"]
    if mode.lower() not in modes:
        raise ValueError(f"[init] expected mode 'fan_in' or 'fan_out'; got {mode!r}")
    fan = _calculate_fan_in_and_fan_out(tensor)[modes.index(mode.lower())]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def _nothing_to_fill(tensor: Tensor) -> bool:
    if tensor.numel() == 0:
        warnings.warn("[init] there is nothing to fill in a tensor without elements", stacklevel=3)
    return tensor.numel() == 0


def _uniform_of(tensor: Tensor, std: float, generator: Generator | None) -> Tensor:
    bound = math.sqrt(3) * std
    return uniform_(tensor, -bound, bound, generator)


def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill from a uniform distribution of variance `gain^2 * 2 / (fan_in + fan_out)`."""
    std = gain * math.sqrt(2 / sum(_calculate_fan_in_and_fan_out(tensor)))
    return _uniform_of(tensor, std, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill from a normal distribution of variance `gain^2 * 2 / (fan_in + fan_out)`."""
    std = gain * math.sqrt(2 / sum(_calculate_fan_in_and_fan_out(tensor)))
    return normal_(tensor, 0.0, std, generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill from a uniform distribution of variance `gain^2 / fan`; `a` is leaky_relu's slope."""
    if _nothing_to_fill(tensor):
        return tensor
    return _uniform_of(tensor, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill from a normal distribution of variance `gain^2 / fan`; `a` is leaky_relu's slope."""
    if _nothing_to_fill(tensor):
        return tensor
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def lecun_uniform_(tensor: Tensor, generator: Generator | None = None) -> Tensor:
    """Fill from a uniform distribution of variance `1 / fan_in`."""
    return kaiming_uniform_(tensor, nonlinearity="linear", generator=generator)


def lecun_normal_(tensor: Tensor, generator: Generator | None = None) -> Tensor:
    """Fill from a normal distribution of variance `1 / fan_in`."""
    return kaiming_normal_(tensor, nonlinearity="linear", generator=generator)


# ---- structured matrices ----


@no_grad()
def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Fill with orthonormal rows or, if there are more rows than columns, columns, times `gain`.

    Dimensions after the first count as columns.
    """
    if tensor.ndim < 2:
        raise ValueError(f"[orthogonal_] expected at least 2 dimensions; got {tensor.ndim}")
    if tensor.numel() == 0:
        return tensor
    rows, columns = tensor.shape[0], tensor.numel() // tensor.shape[0]
    drawn = _core.empty(min(rows, columns), max(rows, columns), dtype=_core.float64)
    made = orthonormal_rows_(normal_(drawn, generator=generator))
    made = made if rows <= columns else made.T
    return tensor.copy_(made.reshape(tensor.shape)).mul_(gain)


def orthonormal_rows_(rows: Tensor) -> Tensor:
    """Make each row of matrices orthogonal to those above and of length 1, in place."""
    for i in range(rows.shape[-2]):
        above, row = rows[..., :i, :], rows[..., i : i + 1, :]
        for _ in range(2):  # what rounding leaves after the first time, the second takes away
            row.sub_((row @ above.mT) @ above)
        row.div_(row.norm(dim=-1, keepdim=True))
    return rows


@no_grad()
def sparse_(
    tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None
) -> Tensor:
    """Fill a matrix from a normal distribution, with a share of zeros in each column."""
    if tensor.ndim != 2:
        raise ValueError(f"[sparse_] expected 2 dimensions; got shape {tuple(tensor.shape)}")
    normal_(tensor, 0.0, std, generator)
    zeros = math.ceil(sparsity * tensor.shape[0])
    for column in range(tensor.shape[1]):
        tensor[_core.randperm(tensor.shape[0], generator=generator)[:zeros], column] = 0
    return tensor
