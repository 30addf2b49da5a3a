"""Single steps of recurrent networks; whole sequences stand in recurrent.py, and are faster."""

from __future__ import annotations

import math
from typing import Any

from lamina import _core
from lamina._core import Tensor, _nn, dtype
from lamina.nn import init
from lamina.nn.module import Module
from lamina.nn.parameter import Parameter

__all__ = ["GRUCell", "LSTMCell", "RNNCell", "RNNCellBase"]


class RNNCellBase(Module):
    """Base of the cells: weight_ih (num_chunks * hidden_size, input_size), weight_hh, biases."""

    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: Any = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        width = num_chunks * hidden_size

        def made(*shape: int) -> Parameter:
            return Parameter(_core.empty(shape, device=device, dtype=dtype))

        self.weight_ih = made(width, input_size)
        self.weight_hh = made(width, hidden_size)
        self.register_parameter("bias_ih", made(width) if bias else None)
        self.register_parameter("bias_hh", made(width) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all parameters between -k and k, k = 1 / sqrt(hidden_size)."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _weights(self) -> list[Tensor]:
        weights: list[Tensor] = [self.weight_ih, self.weight_hh]
        if self.bias_ih is not None and self.bias_hh is not None:
            weights += [self.bias_ih, self.bias_hh]
        return weights

    def extra_repr(self) -> str:
        """Return sizes, and options that differ from the defaults."""
        text = f"{self.input_size}, {self.hidden_size}"
        return text if self.bias else f"{text}, bias={self.bias}"


class RNNCell(RNNCellBase):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu: (batch, input_size) or (input_size)."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """Return the state after the step."""
        if self.nonlinearity == "tanh":
            return _nn.rnn_tanh_cell(input, hx, self._weights())
        if self.nonlinearity == "relu":
            return _nn.rnn_relu_cell(input, hx, self._weights())
        raise ValueError(f"[RNNCell] expected 'tanh' or 'relu'; got {self.nonlinearity!r}")

    def extra_repr(self) -> str:
        """Return sizes, and options that differ from the defaults."""
        text = super().extra_repr()
        other = self.nonlinearity != "tanh"
        return f"{text}, nonlinearity={self.nonlinearity}" if other else text


class LSTMCell(RNNCellBase):
    """A step of an LSTM: (h', c') of x and (h, c)."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the state and the cell after the step."""
        h, c = (None, None) if hx is None else hx
        return _nn.lstm_cell(input, h, c, self._weights())


class GRUCell(RNNCellBase):
    """A step of a GRU."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """Return the state after the step."""
        return _nn.gru_cell(input, hx, self._weights())
