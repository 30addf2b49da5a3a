"""Recurrent networks and their cells."""

import numpy as np
from cases import fails, t

from layers import LayerCase, layer


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru_step(x, u, h, _):
    (xr, xz, xn), (ur, uz, un) = np.split(x, 3, -1), np.split(u, 3, -1)
    r, z = sigmoid(xr + ur), sigmoid(xz + uz)
    return (1 - z) * np.tanh(xn + r * un) + z * h, None


def lstm_step(x, u, _, c):
    i, f, g, o = np.split(x + u, 4, -1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


# Of both products and the states before, the states after.
STEPS = {
    "RNN_TANH": lambda x, u, h, c: (np.tanh(x + u), None),
    "RNN_RELU": lambda x, u, h, c: (np.maximum(x + u, 0), None),
    "GRU": gru_step,
    "LSTM": lstm_step,
}


def step(mode, weights, x, h, c):
    """One step of one cell, of weights named as in PyTorch but for the layer."""
    zero = np.zeros(1)
    products = [
        value @ weights[f"weight_{kind}"].T + weights.get(f"bias_{kind}", zero)
        for kind, value in (("ih", x), ("hh", h))
    ]
    h, c = STEPS[mode](*products, h, c)
    return (h @ weights["weight_hr"].T if "weight_hr" in weights else h), c


def weights_of(m, suffix):
    return {
        name.removesuffix(suffix): p.detach().numpy()
        for name, p in m.named_parameters()
        if name.endswith(suffix)
    }


def sequence(m, x, hx=None):
    """A network over (steps, batch, input): its output and its last states, step by step."""
    count, size = m.num_layers * (1 + m.bidirectional), m.proj_size or m.hidden_size
    h = [np.zeros((x.shape[1], size))] * count
    c = [np.zeros((x.shape[1], m.hidden_size))] * count
    if hx is not None:
        h, c = (list(hx[0]), list(hx[1])) if m.mode == "LSTM" else (list(hx), c)
    for layer_number in range(m.num_layers):
        outs = []
        for way in range(1 + m.bidirectional):
            at = layer_number * (1 + m.bidirectional) + way
            weights = weights_of(m, f"_l{layer_number}" + way * "_reverse")
            out = []
            for now in x[::-1] if way else x:
                h[at], c[at] = step(m.mode, weights, now, h[at], c[at])
                out.append(h[at])
            outs.append(np.stack(out[::-1] if way else out))
        x = np.concatenate(outs, -1)
    return (x, np.stack(h), np.stack(c)) if m.mode == "LSTM" else (x, np.stack(h))


def plain(value):
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    return value if value is None else value.numpy()


def network(m, x, hx=None):
    """The same of tensors, batch first or without a batch too."""
    x, hx = plain(x), plain(hx)
    if x.ndim == 2:
        with_batch = tuple(s[:, None] for s in hx) if isinstance(hx, tuple) else hx
        with_batch = hx[:, None] if isinstance(hx, np.ndarray) else with_batch
        out, *states = sequence(m, x[:, None], with_batch)
        return (out[:, 0], *(s[:, 0] for s in states))
    if not m.batch_first:
        return sequence(m, x, hx)
    out, *states = sequence(m, x.swapaxes(0, 1), hx)
    return (out.swapaxes(0, 1), *states)


def cell(mode):
    def ref(m, x, hx=None):
        x, hx = plain(x), plain(hx)
        zeros = np.zeros((*x.shape[:-1], m.hidden_size))
        h, c = (hx or (zeros, zeros)) if mode(m) == "LSTM" else (zeros if hx is None else hx, None)
        h, c = step(mode(m), {k: p.detach().numpy() for k, p in m.named_parameters()}, x, h, c)
        return h if c is None else (h, c)

    return ref


def networks(name, *more, states, **options):
    """The row of a network; `states` makes the first states."""
    return LayerCase(
        name,
        [
            layer(3, 5, inputs=[t(4, 2, 3)]),
            layer(3, 5, inputs=[t(4, 2, 3), states(1, 2, 5)]),
            layer(3, 4, bias=False, batch_first=True, inputs=[t(2, 5, 3)]),
            layer(2, 3, inputs=[t(4, 2), states(1, 3)]),
            layer(2, 3, batch_first=True, inputs=[t(4, 2)]),
            layer(3, 2, 3, bidirectional=True, inputs=[t(4, 2, 3), states(6, 2, 2)]),
            layer(3, 17, 2, dropout=0, batch_first=True, inputs=[t(9, 4, 3), states(2, 9, 17)]),
            layer(1, 1, inputs=[t(1, 1, 1)]),
            *more,
        ],
        ref=network,
        domain=(-1, 1),
        errors=[
            fails("positive hidden_size; got 0", 3, 0),
            fails("positive input_size; got 0", 0, 3),
            fails("int as hidden_size; got 3.5", 3, 3.5, error=TypeError),
            fails("positive num_layers; got 0", 3, 3, 0),
            fails("dropout from 0 to 1; got 1.5", 3, 3, dropout=1.5),
            fails("dropout from 0 to 1; got True", 3, 3, dropout=True),
            fails("bool as batch_first; got 1", 3, 3, batch_first=1, error=TypeError),
            fails("two or three dimensions", 3, 4, inputs=[t(3)]),
            fails("two or three dimensions", 3, 4, inputs=[t(1, 2, 3, 4)]),
            fails(r"weight_ih of shape \(.*, 5\)", 3, 4, inputs=[t(2, 2, 5)]),
            fails("at least one step", 3, 4, inputs=[t(0, 2, 3)]),
            fails(r"\(1, 2, 4\); got", 3, 4, inputs=[t(5, 2, 3), states(1, 3, 4)]),
            fails(r"\(1, 2, 4\); got", 3, 4, inputs=[t(5, 2, 3), states(1, 2, 5)]),
            fails(r"\(2, 2, 4\); got", 3, 4, 2, inputs=[t(5, 2, 3), states(1, 2, 4)]),
            fails("initial", 3, 4, inputs=[t(5, 2, 3), states(1, 4)]),
            fails("initial", 3, 4, inputs=[t(5, 3), states(1, 1, 4)]),
        ],
        large=[layer(24, 40, 2, bidirectional=True, inputs=[t(30, 50, 24)])],
        **options,
    )


def cells(name, *more, mode, states, **options):
    return LayerCase(
        name,
        [
            layer(3, 5, inputs=[t(4, 3)]),
            layer(3, 5, inputs=[t(4, 3), states(4, 5)]),
            layer(3, 17, bias=False, inputs=[t(3), states(17)]),
            layer(1, 1, inputs=[t(1)]),
            *more,
        ],
        ref=cell(mode),
        domain=(-1, 1),
        errors=[
            fails("one or two dimensions", 3, 4, inputs=[t(2, 2, 3)]),
            fails(r"weight_ih of shape \(.*, 2\)", 3, 4, inputs=[t(5, 2)]),
            fails(r"\(5, 4\); got", 3, 4, inputs=[t(5, 3), states(6, 4)]),
            fails(r"\(5, 4\); got", 3, 4, inputs=[t(5, 3), states(5, 3)]),
        ],
        large=[layer(100, 120, inputs=[t(300, 100), states(300, 120)])],
        **options,
    )


def pair(*shape):
    return (t(*shape), t(*shape))


LAYERS = [
    networks(
        "RNN",
        layer(3, 5, 2, "relu", inputs=[t(4, 2, 3)]),
        layer(3, 5, nonlinearity="relu", bidirectional=True, inputs=[t(4, 3), t(2, 5)]),
        states=t,
    ),
    networks("GRU", states=t),
    networks(
        "LSTM",
        layer(3, 5, proj_size=2, inputs=[t(4, 2, 3)]),
        layer(
            3,
            5,
            2,
            bidirectional=True,
            proj_size=4,
            bias=False,
            batch_first=True,
            inputs=[t(2, 4, 3), (t(4, 2, 4), t(4, 2, 5))],
        ),
        states=pair,
    ),
    cells(
        "RNNCell",
        layer(3, 5, nonlinearity="relu", inputs=[t(4, 3)]),
        mode=lambda m: f"RNN_{m.nonlinearity.upper()}",
        states=t,
    ),
    cells("GRUCell", mode=lambda m: "GRU", states=t),
    cells("LSTMCell", mode=lambda m: "LSTM", states=pair),
]
