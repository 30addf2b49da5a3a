"""Linear maps."""

from __future__ import annotations

from lamina._core import Tensor
from lamina._core import linear as linear

__all__ = ["bilinear", "linear"]


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return `input1 @ weight[o] @ input2 + bias[o]` for every output o.

    Shapes (..., i), (..., j), (o, i, j), (o,) to (..., o).
    """
    batch, sizes = input1.shape[:-1], weight.shape
    if len(sizes) != 3 or (input1.shape, input2.shape) != ((*batch, sizes[1]), (*batch, sizes[2])):
        raise ValueError(
            f"[bilinear] expected inputs that fit a weight of shape {tuple(weight.shape)}, "
            f"(..., i) and (..., j) for (o, i, j); got shapes {tuple(input1.shape)} and "
            f"{tuple(input2.shape)}"
        )
    outputs, rows, columns = sizes
    if bias is not None and bias.shape != (outputs,):
        raise ValueError(f"[bilinear] expected {outputs} biases; got shape {tuple(bias.shape)}")
    left = input1 @ weight.transpose(0, 1).reshape(rows, outputs * columns)
    result = (left.reshape(*batch, outputs, columns) @ input2.unsqueeze(-1)).squeeze(-1)
    return result if bias is None else result + bias
