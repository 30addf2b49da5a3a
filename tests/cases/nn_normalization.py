"""Normalizations of lamina.nn.functional."""

import numpy as np

from cases import OpCase, call, fails, t, values

# Not expanded: of equal numbers only rounding errors are left.
APART = ("contiguous", "transposed", "strided")
GRADS = {"grad": True, "gradgrad": True}


def per_channel(parameter, x):
    return parameter.reshape(-1, *(1,) * (x.ndim - 2))


def standardized(x, axes, eps, center=True):
    apart = x - x.mean(axes, keepdims=True) if center else x
    return apart / np.sqrt((apart**2).mean(axes, keepdims=True) + eps)


def scaled(y, weight, bias):
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def channels_scaled(y, weight, bias):
    weight, bias = (p if p is None else per_channel(p, y) for p in (weight, bias))
    return scaled(y, weight, bias)


def batch_norm(x, mean, var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    axes = (0, *range(2, x.ndim))
    if training:
        y = standardized(x, axes, eps)
    else:
        y = (x - per_channel(mean, x)) / np.sqrt(per_channel(var, x) + eps)
    return channels_scaled(y, weight, bias)


def moved(x, mean, var, weight=None, bias=None, momentum=0.1, eps=1e-5):
    """The result of training, and the running statistics it leaves."""
    axes = (0, *range(2, x.ndim))
    y = batch_norm(x, mean, var, weight, bias, True, momentum, eps)
    mean = (1 - momentum) * mean + momentum * x.mean(axes)
    return y, mean, (1 - momentum) * var + momentum * x.var(axes, ddof=1)


def train(library):
    def run(x, mean, var, *parameters, **more):
        mean, var = mean * 1, var * 1
        y = library().batch_norm(x, mean, var, *parameters, training=True, **more)
        return y, mean, var

    return run


def layer_norm(x, shape, weight=None, bias=None, eps=1e-5):
    return scaled(standardized(x, tuple(range(-len(shape), 0)), eps), weight, bias)


def rms_norm(x, shape, weight=None, eps=2.2e-16):
    return scaled(standardized(x, tuple(range(-len(shape), 0)), eps, center=False), weight, None)


def group_norm(x, groups, weight=None, bias=None, eps=1e-5):
    grouped = x.reshape(x.shape[0], groups, np.prod(x.shape[1:]) // groups)
    return channels_scaled(standardized(grouped, 2, eps).reshape(x.shape), weight, bias)


def instance_norm(x, mean=None, var=None, weight=None, bias=None, use_input_stats=True, eps=1e-5):
    if not use_input_stats:
        return batch_norm(x, mean, var, weight, bias, eps=eps)
    return channels_scaled(standardized(x, tuple(range(2, x.ndim)), eps), weight, bias)


def instances_moved(x, mean, var, momentum):
    axes = tuple(range(2, x.ndim))
    mean = (1 - momentum) * mean + momentum * x.mean(axes).mean(0)
    return instance_norm(x), mean, (1 - momentum) * var + momentum * x.var(axes, ddof=1).mean(0)


def train_instances(library):
    def run(x, mean, var, momentum):
        mean, var = mean * 1, var * 1
        return library().instance_norm(x, mean, var, momentum=momentum), mean, var

    return run


def local_response_norm(x, size, alpha=1e-4, beta=0.75, k=1.0):
    total = np.zeros_like(x)
    for c in range(x.shape[1]):
        first, last = max(0, c - size // 2), c + (size - 1) // 2 + 1
        total[:, c] = (x[:, first:last] ** 2).sum(1)
    return x / (k + alpha * total / size) ** beta


def normalize(x, p=2.0, dim=1, eps=1e-12):
    norm = np.linalg.norm(x, p, dim, keepdims=True)
    return x / np.maximum(norm, eps)


def row(name, ref, *calls, **more):
    # Parameters must fit the input, and PyTorch's errors are not NumPy's.
    defaults = {"fuzz": False, "layouts": APART, **GRADS}
    return OpCase(f"nn.functional.{name}", ref, list(calls), method=False, **{**defaults, **more})


def ours():
    import lamina

    return lamina.nn.functional


def theirs():
    import torch

    return torch.nn.functional


C3, VAR3 = t(3), t(3, domain=(0.5, 2))
FIXED, FIXED_VAR = t(3, grad=False), t(3, domain=(0.5, 2), grad=False)
TRAIN = {"training": True}
FAR = values([[1e4, 3.0], [1e4 + 1, 5.0], [1e4 + 2, 1.0]], grad=False)

CASES = [
    row(
        "batch_norm",
        batch_norm,
        call(t(5, 3), None, None, training=True),
        call(t(5, 3), None, None, C3, t(3), training=True),
        call(t(5, 3), None, None, C3, training=True, eps=0.1),
        call(t(5, 3), None, None, bias=t(3), training=True),
        call(t(4, 3, 7), None, None, C3, t(3), training=True),
        call(t(2, 3, 4, 5), None, None, C3, t(3), training=True),
        call(t(2, 3, 2, 3, 2), None, None, training=True),
        call(t(1, 3, 4), None, None, C3, t(3), training=True),
        call(t(4, 3), FIXED, FIXED_VAR, C3, t(3)),
        call(t(1, 3), FIXED, FIXED_VAR),
        call(t(2, 3, 4), FIXED, FIXED_VAR, C3, t(3), eps=0.0),
        call(t(2, 3, 4, 5), FIXED, FIXED_VAR, None, t(3)),
        call(t(0, 3, 4), FIXED, FIXED_VAR, C3, t(3)),
        large=[
            call(t(2000, 130), None, None, t(130), t(130), training=True),
            call(t(16, 8, 40, 50), None, None, t(8), t(8), training=True),
            call(t(3, 2, 50000), None, None, t(2), t(2), training=True),
            call(t(600, 130), t(130), t(130, domain=(1, 2)), t(130), t(130)),
        ],
        errors=[
            fails("more than one value per channel.*1, 3", t(1, 3), None, None, training=True),
            fails("running mean and variance, or training", t(2, 3), None, None),
            fails("mean and variance, or neither", t(2, 3), t(3), None),
            fails(r"weight of shape \(3,\); got \(2,\)", t(2, 3), None, None, t(2), training=True),
            fails(r"running_mean of shape \(3,\)", t(2, 3), t(2), t(2)),
            fails("positive eps", t(2, 3), None, None, training=True, eps=0.0),
            fails("shape .N, C", t(3), None, None, training=True),
            fails("floating", t(2, 3, dtype="int64"), None, None, error=TypeError, **TRAIN),
        ],
    ),
    row(
        "batch_norm(running)",
        moved,
        call(t(5, 3), FIXED, FIXED_VAR),
        call(t(5, 3), FIXED, FIXED_VAR, C3, t(3), momentum=0.4),
        call(t(2, 3, 4, 5), FIXED, FIXED_VAR, momentum=1.0),
        call(t(700, 3), FIXED, FIXED_VAR),
        grad=None,  # differences see the running statistics move, too
        gradgrad=False,
        fn=train(ours),
        torch=train(theirs),
    ),
    row(
        "batch_norm(far from zero)",
        lambda x: standardized(x, 0, 1e-5),
        call(FAR),
        fn=lambda x: ours().batch_norm(x, None, None, training=True),
        torch=None,  # it multiplies and adds, which cancels
    ),
    row(
        "layer_norm",
        layer_norm,
        call(t(5), (5,)),
        call(t(4, 5), (5,), t(5), t(5)),
        call(t(4, 5), [5], t(5)),
        call(t(4, 5), (5,), bias=t(5), eps=0.1),
        call(t(2, 3, 37), (37,), t(37), t(37)),
        call(t(2, 3, 4), (3, 4), t(3, 4), t(3, 4)),
        call(t(0, 4), (4,), t(4), t(4)),
        call(values([[1e4, 1e4 + 1, 1e4 + 2]], grad=False), (3,)),
        large=[
            call(t(700, 300), (300,), t(300), t(300)),
            call(t(7, 50000), (50000,), t(50000), t(50000)),
        ],
        errors=[
            fails(r"ends in \(4,\); got \(2, 3\)", t(2, 3), (4,)),
            fails(r"ends in \(1, 2, 3\)", t(2, 3), (1, 2, 3)),
            fails("at least one dimension", t(2, 3), ()),
            fails(r"bias of shape \(3,\); got \(2,\)", t(2, 3), (3,), t(3), t(2)),
            fails("of type float32", t(2, 3), (3,), t(3, dtype="float64"), error=TypeError),
        ],
    ),
    row(
        "rms_norm",
        rms_norm,
        call(t(5), (5,)),
        call(t(4, 5), (5,), t(5)),
        call(t(2, 3, 37), (37,), t(37), eps=0.1),
        call(t(2, 3, 4), (3, 4), weight=t(3, 4)),
        large=[call(t(700, 300), (300,), t(300))],
        errors=[fails(r"ends in \(4,\); got \(2, 3\)", t(2, 3), (4,))],
    ),
    row(
        "group_norm",
        group_norm,
        call(t(2, 6), 2),
        call(t(2, 6), 3, t(6), t(6)),
        call(t(2, 6, 5), 3, t(6), t(6)),
        call(t(2, 6, 5), 6, t(6)),
        call(t(1, 4, 3, 2, 2), 2, t(4), t(4)),
        large=[call(t(8, 6, 50, 60), 3, t(6), t(6))],
        errors=[
            fails("divide into 4 groups", t(2, 6), 4),
            fails("divide into 0 groups", t(2, 6), 0),
            fails("more than one value", t(1, 6), 6),
            fails("shape .N, C", t(3), 1),
            fails("weight of shape", t(2, 6), 2, t(2)),
        ],
    ),
    row(
        "group_norm(rare)",
        group_norm,
        call(t(0, 4, 3), 2, t(4), t(4)),
        call(t(2, 4, 3, 5), 1, None, t(4), 0.1),
        fn=lambda *args: ours().group_norm(*args),
        torch=None,  # its backward fails
    ),
    row(
        "instance_norm",
        instance_norm,
        call(t(2, 3, 5)),
        call(t(2, 3, 5), weight=C3, bias=t(3)),
        call(t(2, 3, 4, 5), None, None, C3, eps=0.1),
        call(t(2, 3, 2, 3, 2), bias=t(3)),
        call(t(2, 3, 5), FIXED, FIXED_VAR, C3, t(3), use_input_stats=False),
        large=[call(t(8, 6, 50, 60), None, None, t(6), t(6))],
        errors=[
            fails("more than one value per channel of an image", t(2, 3)),
            fails("more than one value per channel of an image", t(2, 3, 1)),
            fails("mean and variance, or neither", t(2, 3, 4), t(3)),
        ],
    ),
    row(
        "instance_norm(running)",
        instances_moved,
        call(t(2, 3, 5), FIXED, FIXED_VAR, 0.1),
        call(t(3, 3, 4, 2), FIXED, FIXED_VAR, 0.7),
        grad=None,  # differences see the running statistics move, too
        gradgrad=False,
        fn=train_instances(ours),
        torch=train_instances(theirs),
    ),
    row(
        "local_response_norm",
        local_response_norm,
        call(t(2, 5, 3), 2),
        call(t(2, 5, 3, 4), 3, alpha=0.5, beta=0.6, k=2.0),
        call(t(1, 4, 2, 3, 2), 5, 0.3),
        call(t(2, 3, 4), 1, 1.0),
        errors=[fails("at least 3 dimensions", t(2, 3), 2)],
    ),
    row(
        "normalize",
        normalize,
        call(t(3, 4)),
        call(t(3, 4), dim=0),
        call(t(2, 3, 4), 1.0, -1),
        call(t(5), p=3.0, dim=0),
        call(values([[0.0, 0.0], [3.0, 4.0]], grad=False)),
        call(t(3, 4), eps=10.0),
        domain=(0.2, 3),
        large=[call(t(700, 300))],
    ),
]
