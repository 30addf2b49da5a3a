"""What the layers of convolution share; the layers themselves are in conv.py."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, cast

from lamina import _core
from lamina._core import Tensor, dtype
from lamina.nn import init
from lamina.nn.functional.padding import pad
from lamina.nn.lazy import LazyModuleMixin
from lamina.nn.module import Module
from lamina.nn.parameter import Parameter, UninitializedParameter

Sizes = int | Sequence[int]
PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class ConvNd(Module):
    """Base of all convolutions: sizes, parameters and how they begin."""

    weight: Parameter
    bias: Parameter | None
    transposed: ClassVar[bool]
    convolve: ClassVar[Callable[..., Tensor]]
    dims: ClassVar[int]

    def _build(
        self,
        sizes: tuple[int, int, Sizes, Sizes, str | Sizes, Sizes, Sizes, int],
        bias: bool,
        padding_mode: str,
        place: dict[str, Any],
    ) -> None:
        channels, filters, kernel_size, stride, padding, output_padding, dilation, groups = sizes
        self.in_channels = channels
        self.out_channels = filters
        self.kernel_size = self._each(kernel_size)
        self.stride = self._each(stride)
        self.padding = padding if isinstance(padding, str) else self._each(padding)
        self.dilation = self._each(dilation)
        self.output_padding = self._each(output_padding)
        self.groups = groups
        self.padding_mode = padding_mode
        self._check()
        self.weight = Parameter(_core.empty(self._weight_shape(), **place))
        made = Parameter(_core.empty(filters, **place)) if bias else None
        self.register_parameter("bias", made)
        self.reset_parameters()

    def _each(self, value: Sizes) -> tuple[int, ...]:
        return (value,) * self.dims if isinstance(value, int) else tuple(value)

    def _check(self) -> None:
        name, groups = type(self).__name__, self.groups
        if groups <= 0:
            raise ValueError(f"[{name}] expected a positive number of groups; got {groups}")
        for what in ("in_channels", "out_channels"):
            if getattr(self, what) % groups:
                raise ValueError(
                    f"[{name}] expected {what} that are divisible by groups={groups}; "
                    f"got {getattr(self, what)}"
                )
        if isinstance(self.padding, str) and self.padding not in ("same", "valid"):
            raise ValueError(
                f"[{name}] expected a padding of 'same', 'valid' or numbers; got {self.padding!r}"
            )
        if self.padding == "same" and any(step != 1 for step in self.stride):
            raise ValueError(
                f"[{name}] expected a stride of 1 with padding='same'; got {self.stride}"
            )
        modes = PADDING_MODES[:1] if self.transposed else PADDING_MODES
        if self.padding_mode not in modes:
            raise ValueError(
                f"[{name}] expected a padding_mode of {modes}; got {self.padding_mode!r}"
            )

    def _weight_shape(self) -> tuple[int, ...]:
        first, second = self.out_channels, self.in_channels
        if self.transposed:
            first, second = second, first
        return (first, second // self.groups, *self.kernel_size)

    def reset_parameters(self) -> None:
        """Draw weight and bias between -k and k, k = 1 / sqrt(numbers that make up an output)."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in = math.prod(self.weight.shape[1:])
            bound = 1 / math.sqrt(fan_in) if fan_in > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        """Return channels, sizes and what is not the default."""
        parts = [f"{self.in_channels}, {self.out_channels}"]
        parts += [f"kernel_size={self.kernel_size}, stride={self.stride}"]
        for name, plain in (("padding", 0), ("dilation", 1), ("output_padding", 0)):
            value = getattr(self, name)
            if value != (plain,) * len(value):
                parts.append(f"{name}={value}")
        parts += [f"groups={self.groups}"] if self.groups != 1 else []
        parts += ["bias=False"] if self.bias is None else []
        parts += [f"padding_mode={self.padding_mode}"] if self.padding_mode != "zeros" else []
        return ", ".join(parts)


class Convolution(ConvNd):
    """Base of Conv1d, Conv2d and Conv3d."""

    transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: str | Sizes = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        sizes = (in_channels, out_channels, kernel_size, stride, padding, 0, dilation, groups)
        self._build(sizes, bias, padding_mode, {"device": device, "dtype": dtype})

    def forward(self, input: Tensor) -> Tensor:
        """Convolve."""
        padding: str | Sizes = self.padding
        if self.padding_mode != "zeros":
            input, padding = pad(input, self._around(), self.padding_mode), 0
        return self.convolve(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )

    def _around(self) -> list[int]:
        """Amounts for F.pad: before and after each dimension, the last first."""
        amounts = []
        for d in reversed(range(self.dims)):
            whole = self.dilation[d] * (self.kernel_size[d] - 1) if self.padding == "same" else 0
            before = whole // 2 if isinstance(self.padding, str) else self.padding[d]
            amounts += [before, whole - before if isinstance(self.padding, str) else before]
        return amounts


class TransposedConvolution(ConvNd):
    """Base of ConvTranspose1d, ConvTranspose2d and ConvTranspose3d."""

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes = 0,
        output_padding: Sizes = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Sizes = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        sizes = (in_channels, out_channels, kernel_size, stride, padding)
        self._build(
            (*sizes, output_padding, dilation, groups),
            bias,
            padding_mode,
            {"device": device, "dtype": dtype},
        )

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Apply the transpose; `output_size` chooses among the sizes that stride leaves open."""
        extra = self.output_padding if output_size is None else self._extra(input, output_size)
        return self.convolve(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            extra,
            self.groups,
            self.dilation,
        )

    def _extra(self, input: Tensor, output_size: Sequence[int]) -> list[int]:
        """What to add to the least possible size for `output_size`."""
        name, space = type(self).__name__, input.shape[-self.dims :]
        in_front = input.ndim - self.dims
        wanted = output_size[in_front if len(output_size) == input.ndim else 0 :]
        if len(wanted) != self.dims:
            raise ValueError(
                f"[{name}] expected an output_size of {self.dims} or {input.ndim} numbers; "
                f"got {len(output_size)}"
            )
        padding = cast(tuple[int, ...], self.padding)
        each = zip(space, self.stride, padding, self.dilation, self.kernel_size, strict=True)
        least = [(n - 1) * s - 2 * p + d * (k - 1) + 1 for n, s, p, d, k in each]
        extra = [size - low for size, low in zip(wanted, least, strict=True)]
        if not all(0 <= more < step for more, step in zip(extra, self.stride, strict=True)):
            most = [low + step - 1 for low, step in zip(least, self.stride, strict=True)]
            raise ValueError(
                f"[{name}] expected an output_size from {least} to {most}; got {list(wanted)}"
            )
        return extra


class LazyConvolution(LazyModuleMixin, ConvNd):
    """Base of convolutions that take in_channels from the first input."""

    def __init__(self, out_channels: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(0, 0, *args, **kwargs)
        place: dict[str, Any] = {name: kwargs.get(name) for name in ("device", "dtype")}
        self.out_channels = out_channels
        self.weight = UninitializedParameter(**place)
        if self.bias is not None:
            self.bias = UninitializedParameter(**place)

    def reset_parameters(self) -> None:
        """Draw the values once there are shapes."""
        if not self.has_uninitialized_params() and self.in_channels != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor, *_: Any) -> None:
        """Take in_channels from the input."""
        if not self.has_uninitialized_params():
            self.in_channels = self.weight.shape[0 if self.transposed else 1]
            self.in_channels *= 1 if self.transposed else self.groups
            return
        if input.ndim not in (self.dims + 1, self.dims + 2):
            raise ValueError(
                f"[{type(self).__name__}] expected an input of {self.dims + 1} or "
                f"{self.dims + 2} dimensions; got shape {tuple(input.shape)}"
            )
        self.in_channels = input.shape[-self.dims - 1]
        self._check()
        self.weight.materialize(self._weight_shape())  # type: ignore[attr-defined]
        if self.bias is not None:
            self.bias.materialize((self.out_channels,))  # type: ignore[attr-defined]
        self.reset_parameters()
