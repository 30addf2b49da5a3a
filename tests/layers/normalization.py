"""Normalizations."""

from cases import fails, t

import lamina as lm
from layers import LayerCase, layer

F = lm.nn.functional


def batch_norm(m, x):
    tracked = m.running_mean is not None and not m.training
    mean, var = (m.running_mean, m.running_var) if tracked else (None, None)
    return F.batch_norm(x, mean, var, m.weight, m.bias, not tracked, eps=m.eps)


def instance_norm(m, x):
    unbatched = x.ndim == m._dims[0]
    x = x.unsqueeze(0) if unbatched else x
    if m.training or not m.track_running_stats:
        y = F.instance_norm(x, None, None, m.weight, m.bias, eps=m.eps)
    else:
        y = F.instance_norm(x, m.running_mean, m.running_var, m.weight, m.bias, False, eps=m.eps)
    return y.squeeze(0) if unbatched else y


def batch(name, *inputs):
    lazy = name.startswith("Lazy")
    size = () if lazy else (3,)
    return LayerCase(
        name,
        [
            *(layer(*size, inputs=[each]) for each in inputs),
            layer(*size, eps=0.1, momentum=0.4, inputs=[inputs[0]]),
            layer(*size, momentum=None, inputs=[inputs[0]]),
            layer(*size, affine=False, inputs=[inputs[0]]),
            layer(*size, bias=False, inputs=[inputs[0]]),
            layer(*size, track_running_stats=False, inputs=[inputs[0]]),
        ],
        ref=batch_norm,
        errors=[fails("expected an input of .* dimensions", *size, inputs=[t(3)])],
    )


def instance(name, *inputs):
    lazy = name.startswith("Lazy")
    size = () if lazy else (3,)
    return LayerCase(
        name,
        [
            *(layer(*size, inputs=[each]) for each in inputs),
            layer(*size, affine=True, track_running_stats=True, inputs=[inputs[0]]),
            layer(*size, eps=0.1, affine=True, bias=False, inputs=[inputs[0]]),
        ],
        ref=instance_norm,
        errors=[fails("expected an input of .* dimensions", *size, inputs=[t(3)])],
    )


LAYERS = [
    batch("BatchNorm1d", t(5, 3), t(2, 3, 4)),
    batch("BatchNorm2d", t(2, 3, 4, 5)),
    batch("BatchNorm3d", t(2, 3, 2, 3, 2)),
    batch("SyncBatchNorm", t(5, 3), t(2, 3, 4, 5)),
    batch("LazyBatchNorm1d", t(5, 3), t(2, 3, 4)),
    batch("LazyBatchNorm2d", t(2, 3, 4, 5)),
    batch("LazyBatchNorm3d", t(2, 3, 2, 3, 2)),
    instance("InstanceNorm1d", t(2, 3, 4), t(3, 4)),
    instance("InstanceNorm2d", t(2, 3, 4, 5), t(3, 4, 5)),
    instance("InstanceNorm3d", t(2, 3, 2, 3, 2), t(3, 2, 3, 2)),
    instance("LazyInstanceNorm1d", t(2, 3, 4)),
    instance("LazyInstanceNorm2d", t(2, 3, 4, 5)),
    instance("LazyInstanceNorm3d", t(2, 3, 2, 3, 2)),
    LayerCase(
        "LayerNorm",
        [
            layer(5, inputs=[t(4, 5)]),
            layer((3, 4), eps=0.1, inputs=[t(2, 3, 4)]),
            layer([5], elementwise_affine=False, inputs=[t(5)]),
            layer(5, bias=False, inputs=[t(2, 3, 5)]),
        ],
        ref=lambda m, x: F.layer_norm(x, m.normalized_shape, m.weight, m.bias, m.eps),
        errors=[fails(r"ends in \(4,\); got \(2, 3\)", 4, inputs=[t(2, 3)])],
    ),
    LayerCase(
        "RMSNorm",
        [
            layer(5, inputs=[t(4, 5)]),
            layer((3, 4), eps=0.1, inputs=[t(2, 3, 4)]),
            layer([5], elementwise_affine=False, inputs=[t(5)]),
        ],
        ref=lambda m, x: F.rms_norm(x, m.normalized_shape, m.weight, m.eps),
        tol=4.0,  # the default eps depends on the type
        errors=[fails(r"ends in \(4,\); got \(2, 3\)", 4, inputs=[t(2, 3)])],
    ),
    LayerCase(
        "GroupNorm",
        [
            layer(2, 6, inputs=[t(2, 6, 5)]),
            layer(3, 6, eps=0.1, inputs=[t(2, 6)]),
            layer(1, 4, affine=False, inputs=[t(2, 4, 3, 2)]),
            layer(6, 6, bias=False, inputs=[t(2, 6, 5)]),
        ],
        ref=lambda m, x: F.group_norm(x, m.num_groups, m.weight, m.bias, m.eps),
        errors=[fails("divide into 4 groups; got 6", 4, 6)],
    ),
    LayerCase(
        "LocalResponseNorm",
        [
            layer(2, inputs=[t(2, 5, 3)]),
            layer(3, 0.5, beta=0.6, k=2.0, inputs=[t(2, 5, 3, 4)]),
        ],
        ref=lambda m, x: F.local_response_norm(x, m.size, m.alpha, m.beta, m.k),
    ),
    LayerCase(
        "CrossMapLRN2d",
        [layer(3, 0.5, 0.6, inputs=[t(2, 5, 3, 4)])],
        ref=lambda m, x: F.local_response_norm(x, m.size, m.alpha, m.beta, m.k),
        torch=None,  # there a sum keeps one channel too many
        errors=[fails("4 dimensions", 3, inputs=[t(2, 5, 3)])],
    ),
]
