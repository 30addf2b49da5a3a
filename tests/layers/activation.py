"""Activations."""

from cases import fails, t

import lamina as lm
from layers import LayerCase, layer

F = lm.nn.functional
# Of few values, none is near the kinks.
DOMAIN = (-4.0619, 7.4722)


def each(name, ref, *samples, **more):
    plain = [layer(inputs=[t(3, 5)]), layer(inputs=[t(4)]), layer(inputs=[t(0, 2)])]
    return LayerCase(name, [*(samples or plain)], ref=ref, domain=DOMAIN, distinct=True, **more)


def of(*arguments, inputs=None, **keywords):
    return layer(*arguments, inputs=inputs or [t(3, 5)], **keywords)


LAYERS = [
    each("ReLU", lambda m, x: F.relu(x)),
    each("ReLU6", lambda m, x: F.relu6(x)),
    each("Sigmoid", lambda m, x: F.sigmoid(x)),
    each("Tanh", lambda m, x: F.tanh(x)),
    each("SELU", lambda m, x: F.selu(x)),
    each("SiLU", lambda m, x: F.silu(x)),
    each("Mish", lambda m, x: F.mish(x)),
    each("Hardsigmoid", lambda m, x: F.hardsigmoid(x), torch_tol={"float64": 1e8}),  # float32 there
    each("Hardswish", lambda m, x: F.hardswish(x)),
    each("LogSigmoid", lambda m, x: F.logsigmoid(x)),
    each("Softsign", lambda m, x: F.softsign(x)),
    each("Tanhshrink", lambda m, x: F.tanhshrink(x)),
    each(
        "Threshold",
        lambda m, x: F.threshold(x, m.threshold, m.value),
        of(0.5, -2.0),
        of(threshold=0.5, value=2.0),
    ),
    each("LeakyReLU", lambda m, x: F.leaky_relu(x, m.negative_slope), of(), of(0.3)),
    each("ELU", lambda m, x: F.elu(x, m.alpha), of(), of(2.0)),
    each("CELU", lambda m, x: F.celu(x, m.alpha), of(), of(2.0)),
    each("Softplus", lambda m, x: F.softplus(x, m.beta, m.threshold), of(), of(2.0, 3.0)),
    each("Hardshrink", lambda m, x: F.hardshrink(x, m.lambd), of(), of(1.5)),
    each("Softshrink", lambda m, x: F.softshrink(x, m.lambd), of(), of(1.5)),
    each(
        "Hardtanh",
        lambda m, x: F.hardtanh(x, m.min_val, m.max_val),
        of(),
        of(-2.0, 0.5),
        errors=[fails("min_val < max_val; got 1.0 and 1.0", 1.0)],
    ),
    each(
        "RReLU",
        lambda m, x: F.leaky_relu(x, (m.lower + m.upper) / 2),
        of(),
        of(0.1, 0.2),
        random=True,
    ),
    each(
        "PReLU",
        lambda m, x: F.prelu(x, m.weight),
        of(),
        of(5),
        of(3, 0.1, inputs=[t(2, 3, 4)]),
        errors=[fails("one weight or 5", 4, inputs=[t(3, 5)])],
    ),
    each(
        "GELU",
        lambda m, x: F.gelu(x, m.approximate),
        of(),
        of(approximate="tanh"),
        errors=[fails("'none' or 'tanh'", "erf", inputs=[t(3)])],
    ),
    each("GLU", lambda m, x: F.glu(x, m.dim), of(inputs=[t(3, 4)]), of(0, inputs=[t(4, 3)])),
    each("Softmax", lambda m, x: F.softmax(x, m.dim), of(1), of(dim=0)),
    each("LogSoftmax", lambda m, x: F.log_softmax(x, m.dim), of(1), of(dim=0)),
    each("Softmin", lambda m, x: F.softmin(x, m.dim), of(1), of(dim=0)),
    each(
        "Softmax2d",
        lambda m, x: F.softmax(x, -3),
        of(inputs=[t(2, 3, 4, 5)]),
        of(inputs=[t(3, 4, 5)]),
        errors=[fails("3 or 4 dimensions", inputs=[t(3, 4)])],
    ),
]
