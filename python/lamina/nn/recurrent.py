"""Recurrent networks over whole sequences; single steps stand in recurrent_cells.py."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

from lamina import _core
from lamina._core import Tensor, _nn, dtype
from lamina.nn import init
from lamina.nn.module import Module
from lamina.nn.parameter import Parameter
from lamina.nn.utils.rnn import PackedSequence

__all__ = ["GRU", "LSTM", "RNN", "RNNBase"]

# The op of each mode, and how many gates it has.
_MODES: dict[str, tuple[Callable[..., Any], int]] = {
    "RNN_TANH": (_nn.rnn_tanh, 1),
    "RNN_RELU": (_nn.rnn_relu, 1),
    "LSTM": (_nn.lstm, 4),
    "GRU": (_nn.gru, 3),
}


class RNNBase(Module):
    """Base of RNN, LSTM and GRU: their parameters, and the call of their op.

    Each direction of each layer has weight_ih (gates * hidden_size, inputs), weight_hh, and with
    `bias` bias_ih and bias_hh, named after the layer: weight_ih_l0, weight_ih_l0_reverse, ...
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = _checked_dropout(type(self).__name__, dropout, num_layers)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._check_arguments()
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            for suffix in ("", "_reverse")[: 1 + bidirectional]:
                names = []
                for name, shape in self._shapes(layer).items():
                    names.append(f"{name}_l{layer}{suffix}")
                    made = _core.empty(shape, device=device, dtype=dtype)
                    self.register_parameter(names[-1], Parameter(made))
                self._all_weights.append(names)
        self._flat_weights_names = [name for names in self._all_weights for name in names]
        self.reset_parameters()

    def _check_arguments(self) -> None:
        name = type(self).__name__
        if self.mode not in _MODES:
            raise ValueError(f"[{name}] expected one of {', '.join(_MODES)}; got {self.mode!r}")
        for option in ("bias", "batch_first"):
            if not isinstance(getattr(self, option), bool):
                raise TypeError(f"[{name}] expected a bool as {option}; got {vars(self)[option]!r}")
        for size in ("input_size", "hidden_size", "num_layers"):
            value = getattr(self, size)
            if not isinstance(value, int):
                raise TypeError(f"[{name}] expected an int as {size}; got {value!r}")
            if value <= 0:
                raise ValueError(f"[{name}] expected a positive {size}; got {value}")
        if not 0 <= self.proj_size < self.hidden_size:
            raise ValueError(
                f"[{name}] expected a proj_size from 0 to below hidden_size, {self.hidden_size}; "
                f"got {self.proj_size}"
            )
        if self.proj_size > 0 and self.mode != "LSTM":
            raise ValueError(f"[{name}] only an LSTM has a proj_size; got {self.proj_size}")

    def _shapes(self, layer: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the weights of each direction of a layer."""
        width = _MODES[self.mode][1] * self.hidden_size
        state = self.proj_size or self.hidden_size
        inputs = self.input_size if layer == 0 else state * (1 + self.bidirectional)
        shapes: dict[str, tuple[int, ...]] = {
            "weight_ih": (width, inputs),
            "weight_hh": (width, state),
        }
        if self.bias:
            shapes |= {"bias_ih": (width,), "bias_hh": (width,)}
        if self.proj_size:
            shapes["weight_hr"] = (self.proj_size, self.hidden_size)
        return shapes

    def reset_parameters(self) -> None:
        """Draw all parameters between -k and k, k = 1 / sqrt(hidden_size)."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def flatten_parameters(self) -> None:
        """Do nothing: the parameters need no common memory."""

    @property
    def all_weights(self) -> list[list[Tensor]]:
        """The parameters of each direction of each layer."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def _weights(self) -> list[Any]:
        own = self._parameters
        try:
            return [own[name] for name in self._flat_weights_names]
        except KeyError:  # a reparametrization computes some of them
            return [getattr(self, name) for name in self._flat_weights_names]

    def _run(
        self, input: Tensor | PackedSequence, h0: Tensor | None, c0: Tensor | None = None
    ) -> Any:
        """Return the output and the last states."""
        packed = isinstance(input, PackedSequence)
        data, batch_sizes, order, back = input if packed else (input, None, None, None)
        out, *states = _MODES[self.mode][0](
            data,
            batch_sizes,
            _in_order(h0, order),
            _in_order(c0, order),
            self._weights(),
            self.bias,
            self.num_layers,
            self.dropout if self.training else 0.0,
            self.bidirectional,
            self.batch_first and not packed,
        )
        if packed:
            out = PackedSequence(out, batch_sizes, order, back)
            states = [_in_order(state, back) for state in states]
        return out, *states

    def extra_repr(self) -> str:
        """Return sizes, and options that differ from the defaults."""
        options = {
            "proj_size": 0,
            "num_layers": 1,
            "bias": True,
            "batch_first": False,
            "dropout": 0,
            "bidirectional": False,
        }
        parts = [f"{self.input_size}, {self.hidden_size}"]
        for name, default in options.items():
            if (value := getattr(self, name)) != default:
                parts.append(f"{name}={value}")
        return ", ".join(parts)


class _OneState(RNNBase):
    """A network whose state is one tensor."""

    def forward(self, input: Tensor | PackedSequence, hx: Tensor | None = None) -> Any:
        """Return the output of every step and the states after the last ones."""
        return self._run(input, hx)


class RNN(_OneState):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu.

    Takes (steps, batch, input_size), or (batch, steps, input_size) if `batch_first`, or without the
    batch, or a PackedSequence; and the first states (layers * directions, batch, hidden_size).
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: dtype | None = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"[RNN] expected 'tanh' or 'relu'; got {nonlinearity!r}")
        given = (input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)
        super().__init__(f"RNN_{nonlinearity.upper()}", *given, 0, device, dtype)
        self.nonlinearity = nonlinearity


class GRU(_OneState):
    """Gated recurrent units; arguments and results as RNN's.

    With W x and U h for both products with their biases:
    r, z = sigmoid(W x + U h), n = tanh(W_n x + r U_n h), h' = (1 - z) n + z h.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: dtype | None = None,
    ) -> None:
        given = (input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)
        super().__init__("GRU", *given, 0, device, dtype)


class LSTM(RNNBase):
    """Long short-term memory; arguments and results as RNN's, but the states are a pair (h, c).

    i, f, o = sigmoid(W x + U h), g = tanh(W_g x + U_g h), c' = f c + i g, h' = o tanh(c'); with
    `proj_size`, h' = W_hr (o tanh(c')).
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: dtype | None = None,
    ) -> None:
        given = (input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)
        super().__init__("LSTM", *given, proj_size, device, dtype)

    def forward(
        self, input: Tensor | PackedSequence, hx: tuple[Tensor, Tensor] | None = None
    ) -> Any:
        """Return the output of every step and the pair of states after the last ones."""
        if hx is not None and (not isinstance(hx, (tuple, list)) or len(hx) != 2):
            raise TypeError(f"[LSTM] expected a pair of states or None; got {type(hx).__name__}")
        h0, c0 = hx or (None, None)
        out, h, c = self._run(input, h0, c0)
        return out, (h, c)


def _checked_dropout(name: str, p: float, layers: int) -> float:
    if isinstance(p, bool) or not isinstance(p, (int, float)) or not 0 <= p <= 1:
        raise ValueError(f"[{name}] expected a dropout from 0 to 1; got {p!r}")
    if p > 0 and layers == 1:
        warnings.warn(
            f"[{name}] dropout={p} has no effect: it acts between layers, and there is one",
            stacklevel=4,
        )
    return float(p)


def _in_order(states: Tensor | None, indices: Tensor | None) -> Tensor | None:
    return states if states is None or indices is None else states.index_select(1, indices)
