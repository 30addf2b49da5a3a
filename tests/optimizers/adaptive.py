"""Optimizers with a rate of its own for each element."""

import numpy as np

from optimizers import OptimizerCase, refused

NAN = float("nan")


def averaged(state, key, value, beta):
    state[key] = beta * state.get(key, np.zeros_like(value)) + (1 - beta) * value
    return state[key]


def counted(state):
    state["step"] = state.get("step", 0) + 1
    return state["step"]


def decayed(p, g, lr, weight_decay, decoupled, maximize):
    g = -g if maximize else g
    return (p * (1 - lr * weight_decay), g) if decoupled else (p, g + weight_decay * p)


def adagrad(
    p,
    g,
    state,
    lr=1e-2,
    lr_decay=0,
    weight_decay=0,
    initial_accumulator_value=0,
    eps=1e-10,
    maximize=False,
):
    p, g = decayed(p, g, lr, weight_decay, False, maximize)
    t = counted(state)
    state["sum"] = state.get("sum", np.full_like(p, initial_accumulator_value)) + g * g
    return p - lr / (1 + (t - 1) * lr_decay) * g / (np.sqrt(state["sum"]) + eps)


def adadelta(p, g, state, lr=1.0, rho=0.9, eps=1e-6, weight_decay=0, maximize=False):
    p, g = decayed(p, g, lr, weight_decay, False, maximize)
    counted(state)
    v = averaged(state, "square_avg", g * g, rho)
    delta = np.sqrt(state.get("acc_delta", np.zeros_like(p)) + eps) / np.sqrt(v + eps) * g
    averaged(state, "acc_delta", delta * delta, rho)
    return p - lr * delta


def rmsprop(
    p,
    g,
    state,
    lr=1e-2,
    alpha=0.99,
    eps=1e-8,
    weight_decay=0,
    momentum=0,
    centered=False,
    maximize=False,
    nesterov=False,
):
    p, g = decayed(p, g, lr, weight_decay, False, maximize)
    counted(state)
    v = averaged(state, "square_avg", g * g, alpha)
    if centered:
        v = v - averaged(state, "grad_avg", g, alpha) ** 2
    u = g / (np.sqrt(v) + eps)
    if momentum:
        b = state["momentum_buffer"] = momentum * state.get("momentum_buffer", 0) + u
        u = u + momentum * b if nesterov else b
    return p - lr * u


def adam(
    p,
    g,
    state,
    lr=1e-3,
    betas=(0.9, 0.999),
    eps=1e-8,
    weight_decay=0,
    amsgrad=False,
    maximize=False,
    decoupled_weight_decay=False,
):
    p, g = decayed(p, g, lr, weight_decay, decoupled_weight_decay, maximize)
    t = counted(state)
    m = averaged(state, "exp_avg", g, betas[0])
    v = averaged(state, "exp_avg_sq", g * g, betas[1])
    if amsgrad:
        v = state["max_exp_avg_sq"] = np.maximum(state.get("max_exp_avg_sq", 0 * v), v)
    scale = np.sqrt(v / (1 - betas[1] ** t)) + eps
    return p - lr * m / (1 - betas[0] ** t) / scale


def adamw(p, g, state, weight_decay=1e-2, **options):
    return adam(p, g, state, weight_decay=weight_decay, decoupled_weight_decay=True, **options)


def adamax(p, g, state, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, maximize=False):
    p, g = decayed(p, g, lr, weight_decay, False, maximize)
    t = counted(state)
    m = averaged(state, "exp_avg", g, betas[0])
    u = np.maximum(betas[1] * state.get("exp_inf", np.zeros_like(p)), abs(g) + eps)
    state["exp_inf"] = u
    return p - lr / (1 - betas[0] ** t) * m / u


def nadam(
    p,
    g,
    state,
    lr=2e-3,
    betas=(0.9, 0.999),
    eps=1e-8,
    weight_decay=0,
    momentum_decay=4e-3,
    decoupled_weight_decay=False,
    maximize=False,
):
    p, g = decayed(p, g, lr, weight_decay, decoupled_weight_decay, maximize)
    t = counted(state)
    mu, following = (betas[0] * (1 - 0.5 * 0.96 ** (step * momentum_decay)) for step in (t, t + 1))
    product = state["mu_product"] = state.get("mu_product", 1) * mu
    m = averaged(state, "exp_avg", g, betas[0])
    scale = np.sqrt(averaged(state, "exp_avg_sq", g * g, betas[1]) / (1 - betas[1] ** t)) + eps
    of_grad, of_mean = (1 - mu) / (1 - product), following / (1 - product * following)
    return p - lr * (of_grad * g + of_mean * m) / scale


def radam(
    p,
    g,
    state,
    lr=1e-3,
    betas=(0.9, 0.999),
    eps=1e-8,
    weight_decay=0,
    decoupled_weight_decay=False,
    maximize=False,
):
    p, g = decayed(p, g, lr, weight_decay, decoupled_weight_decay, maximize)
    t = counted(state)
    m = averaged(state, "exp_avg", g, betas[0]) / (1 - betas[0] ** t)
    v = averaged(state, "exp_avg_sq", g * g, betas[1])
    longest = 2 / (1 - betas[1]) - 1
    length = longest - 2 * t * betas[1] ** t / (1 - betas[1] ** t)
    if length <= 5:
        return p - lr * m
    rectified = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
    return p - lr * m * np.sqrt(rectified * (1 - betas[1] ** t)) / (np.sqrt(v) + eps)


def adafactor(
    p,
    g,
    state,
    lr=1e-2,
    beta2_decay=-0.8,
    eps=(None, 1e-3),
    d=1.0,
    weight_decay=0.0,
    maximize=False,
    epsilon=2.0**-52,
):
    g = -g if maximize else g
    t = counted(state)
    smallest = epsilon if eps[0] is None else eps[0]
    beta = 1 - t**beta2_decay
    rate = min(lr, t**-0.5) * max(eps[1], np.sqrt(np.mean(p * p)))
    p = p * (1 - lr * weight_decay)
    if p.ndim > 1:
        rows = averaged(state, "row_var", np.mean(g * g, -1, keepdims=True), beta)
        columns = averaged(state, "col_var", np.mean(g * g, -2, keepdims=True), beta)
        v = rows * columns / np.maximum(np.mean(rows, -2, keepdims=True), smallest)
    else:
        v = averaged(state, "variance", g * g, beta)
    u = g / np.maximum(np.sqrt(v), smallest)
    return p - rate * u / max(1, np.sqrt(np.mean(u * u)) / d)


BETAS = [
    refused(r"0 <= betas\[0\] < 1; got 1.0", betas=(1.0, 0.0)),
    refused(r"0 <= betas\[1\] < 1; got 1.0", betas=(0.0, 1.0)),
    refused(r"0 <= betas\[0\] < 1; got nan", betas=(NAN, 0.5)),
]
COMMON = [
    refused("lr >= 0; got -1", lr=-1),
    refused("lr >= 0; got nan", lr=NAN),
    refused("weight_decay >= 0; got -0.5", weight_decay=-0.5),
]
EPS = [refused("eps >= 0; got -1", eps=-1)]
ADAM = [
    {},
    {"lr": 0.1},
    {"weight_decay": 0.1, "lr": 0.1},
    {"weight_decay": 0.1, "maximize": True},
    {"weight_decay": 0.1, "amsgrad": True, "betas": (0.8, 0.9), "lr": 0.1},
]

OPTIMIZERS = [
    OptimizerCase(
        "Adagrad",
        adagrad,
        [
            {},
            {"weight_decay": 0.1, "maximize": True},
            {"lr": 0.1, "lr_decay": 0.5},
            {"initial_accumulator_value": 0.1, "weight_decay": 0.1},
        ],
        {"step", "sum"},
        [
            *COMMON,
            *EPS,
            refused("lr_decay >= 0; got -0.5", lr_decay=-0.5),
            refused("initial_accumulator_value >= 0; got -1", initial_accumulator_value=-1),
        ],
    ),
    OptimizerCase(
        "Adadelta",
        adadelta,
        [{}, {"lr": 0.01}, {"rho": 0.95, "weight_decay": 0.9}, {"maximize": True}],
        {"step", "square_avg", "acc_delta"},
        [*COMMON, *EPS, refused("0 <= rho <= 1; got 1.1", rho=1.1)],
    ),
    OptimizerCase(
        "RMSprop",
        rmsprop,
        [
            {},
            {"weight_decay": 0.1, "maximize": True},
            {"centered": True, "alpha": 0.9},
            {"momentum": 0.5, "alpha": 0.9},
            {"weight_decay": 0.1, "centered": True, "momentum": 0.1},
        ],
        {"step", "square_avg", "grad_avg", "momentum_buffer"},
        [
            *COMMON,
            *EPS,
            refused("momentum >= 0; got -1.0", momentum=-1.0),
            refused("alpha >= 0; got -1", alpha=-1),
        ],
        tol=16,  # centered: v - m^2 loses digits
    ),
    OptimizerCase(
        "RMSprop",  # with what PyTorch's does not have
        rmsprop,
        [
            {"momentum": 0.5, "nesterov": True},
            {"momentum": 0.5, "nesterov": True, "centered": True},
        ],
        {"step", "square_avg", "grad_avg", "momentum_buffer"},
        [refused("a momentum with nesterov; got 0", nesterov=True)],
        tol=16,
        torch=False,
    ),
    OptimizerCase(
        "Adam",
        adam,
        [*ADAM, {"weight_decay": 0.1, "decoupled_weight_decay": True}],
        {"step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"},
        [
            *COMMON,
            *EPS,
            *BETAS,
            refused("only one of foreach and fused", RuntimeError, foreach=True, fused=True),
            refused("differentiable=True is not", NotImplementedError, differentiable=True),
        ],
    ),
    OptimizerCase(
        "AdamW",
        adamw,
        ADAM,
        {"step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"},
        [*COMMON, *EPS, *BETAS],
    ),
    OptimizerCase(
        "Adamax",
        adamax,
        [{}, {"lr": 0.1}, {"weight_decay": 0.1, "maximize": True}],
        {"step", "exp_avg", "exp_inf"},
        [*COMMON, *EPS, *BETAS],
    ),
    OptimizerCase(
        "NAdam",
        nadam,
        [
            {},
            {"weight_decay": 0.1, "momentum_decay": 6e-3},
            {"weight_decay": 0.1, "decoupled_weight_decay": True, "lr": 0.1},
            {"maximize": True},
        ],
        {"step", "mu_product", "exp_avg", "exp_avg_sq"},
        [*COMMON, *EPS, *BETAS, refused("momentum_decay >= 0; got -0.2", momentum_decay=-0.2)],
    ),
    OptimizerCase(
        "RAdam",
        radam,
        [
            {},
            {"lr": 0.1, "eps": 1e-6},
            {"weight_decay": 0.1, "decoupled_weight_decay": True},
            {"weight_decay": 0.1, "maximize": True, "betas": (0.8, 0.9)},
        ],
        {"step", "exp_avg", "exp_avg_sq"},
        [*COMMON, *EPS, *BETAS],
    ),
    OptimizerCase(
        "Adafactor",
        adafactor,
        [{}, {"weight_decay": 0.1, "maximize": True}, {"beta2_decay": -1.0}, {"d": 1.5, "lr": 0.1}],
        {"step", "row_var", "col_var", "variance"},
        [
            *COMMON,
            refused(r"eps\[0\] >= 0 or None; got -1e-30", eps=(-1e-30, 1e-3)),
            refused(r"eps\[1\] >= 0; got -1", eps=(None, -1)),
            refused("d >= 1; got 0.0", d=0.0),
            refused("beta2_decay <= 0; got 0.8", beta2_decay=0.8),
        ],
        shapes=((7, 5), (5,), (), (2, 3, 4), (37,)),
        tol=4,
    ),
]
