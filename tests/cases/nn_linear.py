"""Linear maps of two inputs; `linear` itself stands with the products in linalg.py."""

import numpy as np

from cases import OpCase, call, fails, t


def bilinear(a, b, weight, bias=0):
    return np.einsum("...i,oij,...j->...o", a, weight, b) + bias


CASES = [
    OpCase(
        "nn.functional.bilinear",
        bilinear,
        [
            call(t(5, 3), t(5, 4), t(2, 3, 4), t(2)),
            call(t(5, 3), t(5, 4), t(2, 3, 4)),
            call(t(3), t(4), t(2, 3, 4), t(2)),
            call(t(2, 5, 1), t(2, 5, 1), t(1, 1, 1), bias=t(1)),
            call(t(0, 3), t(0, 4), t(2, 3, 4), t(2)),
        ],
        method=False,
        grad=True,
        gradgrad=True,
        terms=lambda a, b, weight, bias=0: weight.shape[1] * weight.shape[2] + 1,
        large=[call(t(64, 40), t(64, 50), t(30, 40, 50), t(30))],
        errors=[
            fails(r"\(2, 3, 4\).*\(5, 3\) and \(5, 3\)", t(5, 3), t(5, 3), t(2, 3, 4)),
            fails(r"\(5, 3\) and \(6, 4\)", t(5, 3), t(6, 4), t(2, 3, 4)),
            fails(r"\(3, 4\)", t(5, 3), t(5, 4), t(3, 4)),
            fails(r"2 biases; got shape \(1,\)", t(5, 3), t(5, 4), t(2, 3, 4), t(1)),
        ],
        same_errors=False,  # einsum broadcasts the batch
    ),
]
