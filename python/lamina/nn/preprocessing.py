"""Layers beyond PyTorch's: units of the first networks, and scaling learned from data."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from lamina import _core
from lamina._core import Tensor, dtype
from lamina.autograd import no_grad
from lamina.nn import init
from lamina.nn.functional.linear import linear
from lamina.nn.module import Module
from lamina.nn.parameter import Parameter

__all__ = ["Maxout", "MinMaxScale", "Standardize", "Step"]

_PIECE = 1 << 20  # elements of the data that are looked at together

Self = TypeVar("Self", bound="Scaling")


class Step(Module):
    """1 where the input is 0 or more, else 0; its gradient is 0 everywhere."""

    def forward(self, input: Tensor) -> Tensor:
        """Compare with 0."""
        return input.clamp(-1, 0).floor() + 1  # so NaN stays NaN


class Maxout(Module):
    """The largest of several linear maps: (..., in_features) to (..., out_features).

    Row `o * num_pieces + k` of the weight is piece k of output o.
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        num_pieces: int = 2,
        bias: bool = True,
        device: Any = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        if num_pieces < 1:
            raise ValueError(f"[Maxout] expected at least one piece; got {num_pieces}")
        self.in_features = in_features
        self.out_features = out_features
        self.num_pieces = num_pieces
        rows = out_features * num_pieces
        self.weight = Parameter(_core.empty(rows, in_features, device=device, dtype=dtype))
        made = Parameter(_core.empty(rows, device=device, dtype=dtype)) if bias else None
        self.register_parameter("bias", made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias between -k and k, k = 1 / sqrt(in_features)."""
        bound = 1 / math.sqrt(self.in_features) if self.in_features else 0
        for parameter in self.parameters(recurse=False):
            init.uniform_(parameter, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """Map the last dimension, and take the largest piece of each output."""
        pieces = linear(input, self.weight, self.bias)
        return pieces.unflatten(-1, (self.out_features, self.num_pieces)).amax(-1)

    def extra_repr(self) -> str:
        """Return sizes."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"num_pieces={self.num_pieces}, bias={self.bias is not None}"
        )


class Scaling(Module):
    """Base of layers that shift and scale features: (x - shift) / scale.

    `shape` is that of the statistics, which broadcast against the data: the number of features, or
    (channels, 1, 1) for images. They are buffers, and so part of the state. Before `fit` nothing
    changes.
    """

    shift: Tensor
    scale: Tensor

    def __init__(
        self, shape: int | Sequence[int], device: Any = None, dtype: dtype | None = None
    ) -> None:
        super().__init__()
        self.shape = (shape,) if isinstance(shape, int) else tuple(shape)
        self.register_buffer("shift", _core.zeros(self.shape, device=device, dtype=dtype))
        self.register_buffer("scale", _core.ones(self.shape, device=device, dtype=dtype))

    @no_grad()
    def fit(self: Self, x: Any) -> Self:
        """Learn shift and scale, and return the layer.

        From a tensor or an array, also one larger than memory, or from the batches of a loader: of
        their parts the first.
        """
        shift, scale = self._statistics(self._pieces(x))
        self.shift.copy_(shift)
        self.scale.copy_(_core.where(scale == 0, 1.0, scale))
        return self

    def _pieces(self, x: Any) -> Iterator[tuple[Tensor, list[int]]]:
        """Yield some of the data at a time, and the dimensions that statistics go over."""
        seen = False
        whole = hasattr(x, "__array__") or isinstance(x, list | tuple)
        for batch in [x] if whole else x:
            parted = not whole and isinstance(batch, list | tuple)
            data = self._checked(_core.as_tensor(batch[0] if parted else batch))
            sizes = (1,) * (data.ndim - len(self.shape)) + self.shape
            dims = [dim for dim, size in enumerate(sizes) if size == 1]
            if data.numel():
                seen = True
                for piece in data.split(max(1, _PIECE // data[0].numel())):
                    yield piece.double(), dims
        if not seen:
            raise ValueError(f"[{self._get_name()}] expected data; got none")

    def _checked(self, data: Tensor) -> Tensor:
        """Return data whose first dimension is that of samples."""
        ends = zip(reversed(data.shape), reversed(self.shape), strict=False)
        if len(self.shape) > data.ndim or any(own not in (1, size) for size, own in ends):
            raise ValueError(
                f"[{self._get_name()}] expected data that statistics of shape {self.shape} fit; "
                f"got shape {tuple(data.shape)}"
            )
        return data.unsqueeze(0) if data.ndim == len(self.shape) else data

    def _statistics(self, pieces: Iterable[tuple[Tensor, list[int]]]) -> tuple[Tensor, Tensor]:
        raise NotImplementedError

    def forward(self, input: Tensor) -> Tensor:
        """Shift and scale."""
        return (input - self.shift) / self.scale

    def inverse(self, input: Tensor) -> Tensor:
        """Return to the units of the data."""
        return input * self.scale + self.shift

    def extra_repr(self) -> str:
        """Return the shape of the statistics."""
        return f"shape={self.shape}"


class Standardize(Scaling):
    """Subtracts the mean of each feature and divides by its deviation, learned by `fit`."""

    def _statistics(self, pieces: Iterable[tuple[Tensor, list[int]]]) -> tuple[Tensor, Tensor]:
        count = 0
        mean = squares = _core.zeros(self.shape, dtype=_core.float64)
        for data, dims in pieces:
            own = data.mean(dims, True)
            own_count = data.numel() // mean.numel()
            own_squares = (data - own).square().sum(dims).reshape(self.shape)
            # Deviations are from this piece's mean; from the common one they are larger.
            step = own.reshape(self.shape) - mean
            share = own_count / (count + own_count)
            squares = squares + own_squares + step.square() * (count * share)
            mean = mean + step * share
            count += own_count
        return mean, (squares / count).sqrt()


class MinMaxScale(Scaling):
    """Brings each feature from its range in the data, learned by `fit`, to `feature_range`."""

    def __init__(
        self,
        shape: int | Sequence[int],
        feature_range: tuple[float, float] = (0.0, 1.0),
        device: Any = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__(shape, device, dtype)
        low, high = feature_range
        if not low < high:
            raise ValueError(
                f"[MinMaxScale] expected a range from low to high; got {feature_range}"
            )
        self.feature_range = (low, high)

    def _statistics(self, pieces: Iterable[tuple[Tensor, list[int]]]) -> tuple[Tensor, Tensor]:
        low, high = self.feature_range
        largest = _core.full(self.shape, -math.inf, dtype=_core.float64)
        smallest = -largest
        for data, dims in pieces:
            largest = largest.maximum(data.amax(dims).reshape(self.shape))
            smallest = smallest.minimum(data.amin(dims).reshape(self.shape))
        scale = (largest - smallest) / (high - low)
        return smallest - low * _core.where(scale == 0, 1.0, scale), scale

    def extra_repr(self) -> str:
        """Return the shape of the statistics, and the range."""
        return f"{super().extra_repr()}, feature_range={self.feature_range}"
