"""PyTorch's own table of modules and inputs, and the same modules and inputs made here.

What is compared stands in test_torch_modules.py.
"""

import copy
import sys
import types
import unittest

import torch

import lamina as lm


def module_db():
    """PyTorch's table; it wants a package for tests of its own, of which nothing is used here."""
    if "expecttest" not in sys.modules:
        stand_in = types.ModuleType("expecttest")
        stand_in.TestCase = unittest.TestCase
        sys.modules["expecttest"] = stand_in
    from torch.testing._internal.common_modules import module_db as table

    return table


def samples(info, dtype, training, function="module_inputs_func"):
    """Its inputs, always the same ones, with names that tell them apart."""
    torch.manual_seed(0)
    made = getattr(info, function)(
        info, device="cpu", dtype=dtype, requires_grad=True, training=training
    )
    return [(f"{i} {getattr(case, 'desc', '')}".strip(), case) for i, case in enumerate(made)]


def ours(value):
    """The same argument for lamina; tensors are copied."""
    if isinstance(value, torch.Tensor):
        made = lm.tensor(value.detach().numpy())
        return made.requires_grad_() if value.requires_grad else made
    if isinstance(value, torch.nn.LinearCrossEntropyOptions):
        return None  # chunks change the memory that is needed, not the result
    if isinstance(value, torch.nn.TransformerEncoderLayer):
        return encoder_layer(value)
    if isinstance(value, torch.dtype | types.BuiltinFunctionType | types.FunctionType):
        name = str(value).split(".")[-1] if isinstance(value, torch.dtype) else value.__name__
        return getattr(lm if isinstance(value, torch.dtype) else lm.nn.functional, name)
    if isinstance(value, dict):
        return {key: ours(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(ours, value))
    return value


def theirs(value):
    """A copy whose tensors are leaves of their own."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, dict):
        return {key: theirs(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(theirs, value))
    return copy.deepcopy(value)


def encoder_layer(layer):
    return lm.nn.TransformerEncoderLayer(
        layer.self_attn.embed_dim,
        layer.self_attn.num_heads,
        layer.linear1.out_features,
        layer.dropout.p,
        ours(layer.activation),
        layer.norm1.eps,
        layer.self_attn.batch_first,
        layer.norm_first,
        layer.linear1.bias is not None,
        dtype=ours(layer.linear1.weight.dtype),
    )


def tensors(value):
    """List the tensors in nested results or arguments."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [x for item in value for x in tensors(item)]
    return [value] if isinstance(value, torch.Tensor | lm.Tensor) else []
