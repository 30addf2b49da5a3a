"""Optimizers that follow the gradient or its sign."""

import numpy as np

from optimizers import OptimizerCase, refused


def sgd(
    p, g, state, lr=1e-3, momentum=0, dampening=0, weight_decay=0, nesterov=False, maximize=False
):
    g = (-g if maximize else g) + weight_decay * p
    if momentum:
        first = "momentum_buffer" not in state
        b = g if first else momentum * state["momentum_buffer"] + (1 - dampening) * g
        state["momentum_buffer"] = b
        g = g + momentum * b if nesterov else b
    return p - lr * g


def asgd(p, g, state, lr=1e-2, lambd=1e-4, alpha=0.75, t0=1e6, weight_decay=0, maximize=False):
    g = (-g if maximize else g) + weight_decay * p
    eta, mu = state.get("eta", lr), state.get("mu", 1)
    p = p * (1 - lambd * eta) - eta * g
    average = state.get("ax", np.zeros_like(p))
    state["ax"] = average + (p - average) * mu
    t = state["step"] = state.get("step", 0) + 1
    state["eta"] = lr / (1 + lambd * lr * t) ** alpha
    state["mu"] = 1 / max(1, t - t0)
    return p


def rprop(p, g, state, lr=1e-2, etas=(0.5, 1.2), step_sizes=(1e-6, 50), maximize=False):
    g = -g if maximize else g
    sign = np.sign(g * state.get("prev", np.zeros_like(g)))
    factor = np.select([sign > 0, sign < 0], [etas[1], etas[0]], 1.0)
    size = np.clip(state.get("step_size", np.full_like(g, lr)) * factor, *step_sizes)
    g = np.where(sign < 0, 0.0, g)
    state.update(step=state.get("step", 0) + 1, prev=g, step_size=size)
    return p - np.sign(g) * size


def lion(p, g, state, lr=1e-4, betas=(0.9, 0.99), weight_decay=0, maximize=False):
    g = -g if maximize else g
    m = state.get("exp_avg", np.zeros_like(g))
    p = p * (1 - lr * weight_decay) - lr * np.sign(betas[0] * m + (1 - betas[0]) * g)
    state["exp_avg"] = betas[1] * m + (1 - betas[1]) * g
    return p


def muon(
    p,
    g,
    state,
    lr=1e-3,
    weight_decay=0.1,
    momentum=0.95,
    nesterov=True,
    ns_coefficients=(3.4445, -4.7750, 2.0315),
    eps=1e-7,
    ns_steps=5,
    adjust_lr_fn=None,
):
    m = momentum * state.get("momentum_buffer", np.zeros_like(g)) + (1 - momentum) * g
    state["momentum_buffer"] = m
    u = (1 - momentum) * g + momentum * m if nesterov else m
    x = u.T if u.shape[0] > u.shape[1] else u
    x = x / max(np.linalg.norm(x), eps)
    for _ in range(ns_steps):
        (a, b, c), gram = ns_coefficients, x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    x = x.T if u.shape[0] > u.shape[1] else x
    rows, columns = p.shape
    ratio = np.sqrt(max(1, rows / columns))
    if adjust_lr_fn == "match_rms_adamw":
        ratio = 0.2 * np.sqrt(max(rows, columns))
    return p * (1 - lr * weight_decay) - lr * ratio * x


OPTIMIZERS = [
    OptimizerCase(
        "SGD",
        sgd,
        [
            {},
            {"lr": 0.1},
            {"lr": 0.1, "weight_decay": 0.5},
            {"lr": 0.1, "momentum": 0.9},
            {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.1},
            {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
            {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "maximize": True, "weight_decay": 0.1},
        ],
        {"momentum_buffer"},
        [
            refused("lr >= 0; got -1", lr=-1),
            refused("momentum >= 0; got -0.5", lr=0.1, momentum=-0.5),
            refused("weight_decay >= 0; got -1", weight_decay=-1),
            refused("a momentum and no dampening with nesterov", nesterov=True),
            refused(
                "no dampening with nesterov; got .*0.5", momentum=0.9, dampening=0.5, nesterov=True
            ),
            refused("only one of foreach and fused", RuntimeError, foreach=True, fused=True),
            refused("differentiable=True is not", NotImplementedError, differentiable=True),
        ],
    ),
    OptimizerCase(
        "ASGD",
        asgd,
        [
            {},
            {"lambd": 0.1},
            {"lr": 0.02},
            {"t0": 3},
            {"t0": 2, "weight_decay": 0.1, "maximize": True},
        ],
        {"step", "eta", "mu", "ax"},
        [
            refused("lr >= 0; got -1", lr=-1),
            refused("weight_decay >= 0; got -0.5", weight_decay=-0.5),
        ],
        tol=4,  # eta and mu are kept in float32, as in PyTorch
    ),
    OptimizerCase(
        "Rprop",
        rprop,
        [{}, {"lr": 2e-4}, {"etas": (0.5, 1.5)}, {"step_sizes": (2e-3, 0.05)}, {"maximize": True}],
        {"step", "prev", "step_size"},
        [
            refused("lr >= 0; got nan", lr=float("nan")),
            refused(r"etas\[0\] < 1 < etas\[1\]; got \(1.0, 0.5\)", etas=(1.0, 0.5)),
        ],
    ),
    OptimizerCase(
        "Lion",
        lion,
        [
            {},
            {"lr": 0.1},
            {"weight_decay": 0.1, "lr": 0.1},
            {"maximize": True, "betas": (0.8, 0.9)},
        ],
        {"exp_avg"},
        [
            refused("lr >= 0; got -1", lr=-1),
            refused(r"0 <= betas\[0\] < 1; got 1.0", betas=(1.0, 0.0)),
            refused("weight_decay >= 0; got -1", weight_decay=-1),
        ],
        torch=False,
    ),
    OptimizerCase(
        "Muon",
        muon,
        [
            {},
            {"lr": 0.01, "nesterov": False},
            {"weight_decay": 0.2, "momentum": 0.8},
            {"ns_steps": 6, "adjust_lr_fn": "match_rms_adamw"},
            {"ns_coefficients": (3.4, -4.7, 2.0), "adjust_lr_fn": "original"},
        ],
        {"momentum_buffer"},
        [
            refused("lr >= 0; got -1", lr=-1),
            refused("momentum >= 0; got -1", momentum=-1),
            refused("adjust_lr_fn to be None or one of original, .*; got x", adjust_lr_fn="x"),
        ],
        shapes=((7, 5), (5, 7), (4, 4), (1, 3)),
        tol=64,  # Newton-Schulz steps stretch small singular values, and roundings with them
    ),
]
