"""Learning-rate schedules, drawn before the first step is taken."""

from __future__ import annotations

import matplotlib.pyplot as plt
from figures import show

import lamina as lm
from lamina.optim import lr_scheduler as schedules

STEPS, RATE = 100, 0.1


def warm_up_then_cosine(optimizer: lm.optim.Optimizer) -> schedules.SequentialLR:
    warm_up = schedules.LinearLR(optimizer, 0.1, total_iters=10)
    cosine = schedules.CosineAnnealingLR(optimizer, STEPS - 10)
    return schedules.SequentialLR(optimizer, [warm_up, cosine], [10])


SCHEDULES = {
    "step": lambda o: schedules.StepLR(o, 30, 0.3),
    "multi-step": lambda o: schedules.MultiStepLR(o, [20, 70], 0.3),
    "exponential": lambda o: schedules.ExponentialLR(o, 0.96),
    "polynomial": lambda o: schedules.PolynomialLR(o, STEPS, power=2),
    "warm-up, then cosine": warm_up_then_cosine,
    "cosine with restarts": lambda o: schedules.CosineAnnealingWarmRestarts(o, 15, 2),
    "one cycle": lambda o: schedules.OneCycleLR(o, RATE, total_steps=STEPS),
    "cyclic": lambda o: schedules.CyclicLR(o, 0.01, RATE, 15),
    "any function": lambda o: schedules.LambdaLR(o, lambda step: 1 / (1 + step) ** 0.5),
}


def main() -> None:
    _, axes = plt.subplots(3, 3, figsize=(11, 7), sharex=True, sharey=True, layout="constrained")
    ends = {}
    for ax, (name, make) in zip(axes.flat, SCHEDULES.items(), strict=True):
        optimizer = lm.optim.SGD([lm.zeros(1)], lr=RATE, momentum=0.9)
        lm.plot.learning_rates(make(optimizer), STEPS, ax)
        rates = ax.get_lines()[0].get_ydata()
        assert rates.max() <= RATE * 1.000001
        ends[name] = rates[-1]
        ax.set_title(name)
        ax.label_outer()
    assert max(ends["one cycle"], ends["polynomial"], ends["warm-up, then cosine"]) < 0.001
    show(
        f"{len(SCHEDULES)} schedules of {STEPS} steps from at most {RATE}; one cycle ends at "
        f"{ends['one cycle']:.0e}",
        axes.flat[0],
    )


if __name__ == "__main__":
    main()
