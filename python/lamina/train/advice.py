"""What to do about errors of layers and losses; they know shapes and types, not the training."""

from __future__ import annotations

import re

_ADVICE = {
    r"expected an input between 0 and 1": (
        'this loss takes probabilities: end the model with a Sigmoid, or take "bce_with_logits"'
    ),
    r"expected more than one value per channel when training": (
        "a batch, perhaps the last one, has one sample: choose another batch_size, or a "
        "DataLoader with drop_last=True"
    ),
    r"of one floating type; got (bool|u?int\d+) and": (
        'give inputs in floating point: x.astype("float32"), for images x / 255'
    ),
    r"expected class indices in \[0, 1\)": (
        'one output tells two classes apart with "bce_with_logits"; else give one a class'
    ),
    r"expected class indices of an integer type": 'give y.astype("int64")',
    r"\[backward\] expected a tensor that requires grad": (
        "no parameter on the way to the loss is trained; requires_grad_() unfreezes one"
    ),
}


def advised(error: Exception) -> Exception:
    """Return the error with the advice that there is for it."""
    text = str(error)
    found = [advice for sign, advice in _ADVICE.items() if re.search(sign, text)]
    return type(error)(f"{text}: {found[0]}") if found else error
