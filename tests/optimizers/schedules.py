"""Schedules of learning rates."""

import math

from optimizers import ScheduleCase, refused


def triangle(step, up, down):
    """How high a wave of this form is, 0 to 1, and the number of the wave, from 1."""
    wave, place = divmod(step, up + down)
    return (place / up if place <= up else (up + down - place) / down), wave + 1


def cosine(start, end, part):
    return end + (start - end) / 2 * (1 + math.cos(math.pi * part))


def one_cycle(step, lowest, highest, final, first_end, end, anneal=cosine):
    if step <= first_end:
        return anneal(lowest, highest, step / first_end)
    return anneal(highest, final, (step - first_end) / (end - first_end))


def restarted(epoch, base, length, growth, low):
    while epoch >= length:
        epoch, length = epoch - length, length * growth
    return low + (base - low) * (1 + math.cos(math.pi * epoch / length)) / 2


def plateau(mode, factor, patience, threshold, relative, cooldown=0, least=0.0):
    def rates(base, metrics):
        best, bad, cool, result = None, 0, 0, []
        sign = 1 if mode == "max" else -1
        for value in metrics:
            margin = threshold * (abs(best) if relative and best is not None else 1)
            better = best is None or sign * (value - best) > margin
            best, bad = (value, 0) if better else (best, bad + 1)
            if cool > 0:
                cool, bad = cool - 1, 0
            if bad > patience:
                base, bad, cool = max(base * factor, least), 0, cooldown
            result.append(base)
        return result

    return rates


METRICS = (5, 4, 3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2.5, 2.5, 2.5, 1, 1, 1, 1)

SCHEDULES = [
    ScheduleCase("LambdaLR", {"lr_lambda": lambda epoch: 0.9**epoch}, lambda t, b: b * 0.9**t),
    ScheduleCase(
        "MultiplicativeLR",
        {"lr_lambda": lambda epoch: 0.9},
        lambda t, b: b * 0.9**t,
        errors=[refused("a function; got int", TypeError, lr_lambda=3)],
    ),
    ScheduleCase("StepLR", {"step_size": 3}, lambda t, b: b * 0.1 ** (t // 3)),
    ScheduleCase("StepLR", {"step_size": 1, "gamma": 0.5}, lambda t, b: b * 0.5**t),
    ScheduleCase(
        "MultiStepLR",
        {"milestones": [2, 5, 5, 9], "gamma": 0.5},
        lambda t, b: b * 0.5 ** sum(t >= m for m in (2, 5, 5, 9)),
    ),
    ScheduleCase(
        "ConstantLR",
        {"factor": 0.5, "total_iters": 4},
        lambda t, b: b * (0.5 if t < 4 else 1),
        errors=[refused("0 <= factor <= 1; got 2", factor=2)],
    ),
    ScheduleCase(
        "LinearLR",
        {"start_factor": 0.25, "end_factor": 0.75, "total_iters": 8},
        lambda t, b: b * (0.25 + 0.5 * min(t, 8) / 8),
        errors=[
            refused("0 < start_factor <= 1; got 0", start_factor=0),
            refused("0 <= end_factor <= 1; got -1", end_factor=-1),
        ],
    ),
    ScheduleCase("LinearLR", {}, lambda t, b: b * (1 / 3 + 2 / 3 * min(t, 5) / 5)),
    ScheduleCase("ExponentialLR", {"gamma": 0.8}, lambda t, b: b * 0.8**t),
    ScheduleCase("PolynomialLR", {}, lambda t, b: b * max(0, 1 - t / 5)),
    ScheduleCase(
        "PolynomialLR",
        {"total_iters": 12, "power": 2.0},
        lambda t, b: b * max(0, 1 - t / 12) ** 2,
    ),
    ScheduleCase(
        "CosineAnnealingLR",
        {"T_max": 7, "eta_min": 0.01},
        lambda t, b: 0.01 + (b - 0.01) * (1 + math.cos(math.pi * t / 7)) / 2,
    ),
    ScheduleCase("CosineAnnealingWarmRestarts", {"T_0": 4}, lambda t, b: restarted(t, b, 4, 1, 0)),
    ScheduleCase(
        "CosineAnnealingWarmRestarts",
        {"T_0": 2, "T_mult": 2, "eta_min": 0.01},
        lambda t, b: restarted(t, b, 2, 2, 0.01),
        errors=[
            refused("T_0 to be an integer above 0; got 0", T_0=0),
            refused("T_0 to be an integer above 0; got 1.5", T_0=1.5),
            refused("T_mult to be an integer above 0; got 0", T_0=1, T_mult=0),
            refused("eta_min to be a number; got x", T_0=1, eta_min="x"),
        ],
    ),
    ScheduleCase(
        "CyclicLR",
        {"base_lr": 0.1, "max_lr": 0.5, "step_size_up": 3, "step_size_down": 5},
        lambda t, b: 0.1 + 0.4 * triangle(t, 3, 5)[0],
        lambda t: 0.9 - 0.1 * triangle(t, 3, 5)[0],
        errors=[
            refused("mode to be one of .*; got 'x'", base_lr=0.1, max_lr=1, mode="x"),
            refused("2 values of base_lr; got 1", base_lr=[0.1], max_lr=1),
        ],
    ),
    ScheduleCase(
        "CyclicLR",
        {"base_lr": 0.1, "max_lr": 0.5, "step_size_up": 3, "mode": "triangular2"},
        lambda t, b: 0.1 + 0.4 * triangle(t, 3, 3)[0] / 2 ** (triangle(t, 3, 3)[1] - 1),
        lambda t: 0.9 - 0.1 * triangle(t, 3, 3)[0] / 2 ** (triangle(t, 3, 3)[1] - 1),
    ),
    ScheduleCase(
        "CyclicLR",
        {
            "base_lr": 0.1,
            "max_lr": 0.5,
            "step_size_up": 4,
            "mode": "exp_range",
            "gamma": 0.9,
            "cycle_momentum": False,
        },
        lambda t, b: 0.1 + 0.4 * triangle(t, 4, 4)[0] * 0.9**t,
    ),
    ScheduleCase(
        "CyclicLR",
        {
            "base_lr": 0.1,
            "max_lr": 0.5,
            "step_size_up": 4,
            "scale_fn": lambda x: 1 / (5**x),
            "scale_mode": "iterations",
            "base_momentum": 0.5,
            "max_momentum": 0.7,
        },
        lambda t, b: 0.1 + 0.4 * triangle(t, 4, 4)[0] / 5**t,
        lambda t: 0.7 - 0.2 * triangle(t, 4, 4)[0] / 5**t,
    ),
    ScheduleCase(
        "OneCycleLR",
        {"max_lr": 0.5, "total_steps": 20},
        lambda t, b: one_cycle(t, 0.02, 0.5, 2e-6, 5, 19),
        lambda t: one_cycle(t, 0.95, 0.85, 0.95, 5, 19),
        errors=[
            refused("total_steps, or epochs and steps_per_epoch; got neither", max_lr=1),
            refused("total_steps to be an integer above 0; got 0", max_lr=1, total_steps=0),
            refused("epochs to be an integer", max_lr=1, epochs=0.5, steps_per_epoch=3),
            refused("steps_per_epoch to be an", max_lr=1, epochs=5, steps_per_epoch=-1),
            refused("0 <= pct_start <= 1; got 2.0", max_lr=1, total_steps=9, pct_start=2.0),
            refused("'cos' or 'linear'; got 'x'", max_lr=1, total_steps=9, anneal_strategy="x"),
        ],
    ),
    ScheduleCase(
        "OneCycleLR",
        {
            "max_lr": 0.5,
            "epochs": 4,
            "steps_per_epoch": 5,
            "pct_start": 0.5,
            "anneal_strategy": "linear",
            "cycle_momentum": False,
            "div_factor": 10.0,
            "final_div_factor": 5.0,
        },
        lambda t, b: one_cycle(t, 0.05, 0.5, 0.01, 9, 19, lambda a, z, x: a + (z - a) * x),
    ),
    ScheduleCase(
        "OneCycleLR",
        {"max_lr": 0.5, "total_steps": 20, "pct_start": 0.4, "three_phase": True},
        lambda t, b: (
            one_cycle(t, 0.02, 0.5, 0.02, 7, 14)
            if t <= 14
            else cosine(0.02, 2e-6, (t - 14) / (19 - 14))
        ),
        lambda t: one_cycle(t, 0.95, 0.85, 0.95, 7, 14) if t <= 14 else 0.95,
    ),
    ScheduleCase(
        "ReduceLROnPlateau",
        {"patience": 2},
        plateau("min", 0.1, 2, 1e-4, True),
        metrics=METRICS,
        errors=[
            refused("factor < 1; got 1.0", factor=1.0),
            refused("mode to be 'min' or 'max'; got 'x'", mode="x"),
            refused("threshold_mode to be 'rel' or 'abs'; got 'x'", threshold_mode="x"),
            refused("2 values of min_lr; got 3", min_lr=[1, 2, 3]),
        ],
    ),
    ScheduleCase(
        "ReduceLROnPlateau",
        {"mode": "max", "factor": 0.5, "patience": 1, "threshold_mode": "abs", "threshold": 0.2},
        plateau("max", 0.5, 1, 0.2, False),
        metrics=tuple(-value for value in METRICS),
    ),
    ScheduleCase(
        "ReduceLROnPlateau",
        {"factor": 0.5, "patience": 0, "cooldown": 2, "min_lr": 0.05, "threshold": 0.1},
        plateau("min", 0.5, 0, 0.1, True, 2, 0.05),
        metrics=METRICS,
    ),
]
