"""Builds and calls layers and optimizers with junk; test_layer_errors.py runs it in a process.

As junk_calls.py does for tensors: every exception is fine, but no signal, no endless loop, no
memory without bound. The last line of the report names the call that was under way.
"""

import inspect
import random
import resource
import signal
import sys
import warnings

import numpy as np
from junk_calls import MEMORY, SECONDS_PER_CALL, junk

import lamina as lm
from lamina import nn, optim


def plausible():
    """Arguments that often fit, so that some calls get far."""
    small = [1, 1, 2, 2, 3, 3, 4, True, False, 0.5, "mean", "sum", "none", "relu", (2, 2), (1,)]
    shapes = [(3,), (2, 3), (2, 3, 4), (2, 2, 5, 5), (1, 2, 4, 4, 4), (2, 0, 3), (0, 2, 5, 5)]
    floats = [lm.randn(*shape) for shape in shapes]
    wide = [lm.randn(*shape, dtype=lm.float64) for shape in shapes[:4]]
    graded = [lm.randn(*shape, requires_grad=True) for shape in shapes[:4]]
    labels = [lm.tensor([0, 1, 1]), lm.tensor([[0, 5], [-1, 1]]), lm.tensor(2)]
    return small * 3 + floats * 2 + wide + graded + labels


def pick(chance, things):
    return chance.choice(plausible() if chance.random() < 0.7 else things)


def operand(chance, things):
    tensors = [x for x in plausible() if isinstance(x, lm.Tensor)]
    return chance.choice(tensors) if chance.random() < 0.8 else pick(chance, things)


def numbers(chance, things, count):
    """Constructors mostly want numbers."""
    return [
        chance.choice([1, 2, 3, 4, 2, 3]) if chance.random() < 0.7 else pick(chance, things)
        for _ in range(count)
    ]


def use(target, chance):
    things = junk()
    made = target(*numbers(chance, things, chance.choice([0, 1, 2, 2, 3, 3, 4, 5])))
    if isinstance(made, nn.Module):
        count = len(inspect.signature(made.forward).parameters) if chance.random() < 0.8 else 2
        results = made(*[operand(chance, things) for _ in range(min(count, 3))])
        if isinstance(results, lm.Tensor) and results.requires_grad:
            results.sum().backward()


def optimize(target, chance):
    things = junk()
    params = chance.choice([[lm.ones(2, 3, requires_grad=True)], chance.choice(things)])
    names = [*inspect.signature(target).parameters][1:]
    options = {chance.choice(names): pick(chance, things) for _ in range(2)}
    made = target(params, **options)
    for p in params:
        p.grad = chance.choice([lm.ones(2, 3), None])
    made.step()
    made.step(chance.choice([None, lambda: 1.0, lambda: lm.ones(1), lambda: None]))


def call(target, chance):
    things = junk()
    more = [pick(chance, things) for _ in range(chance.choice([0, 1, 1, 2, 2, 3, 4]))]
    target(operand(chance, things), *more)


def targets(part):
    root, run = {
        "layers": (nn, use),
        "functions": (nn.functional, call),
        "init": (nn.init, call),
        "optim": (optim, optimize),
    }[part]
    for name in sorted(dir(root)):
        target = getattr(root, name)
        if not name.startswith("_") and callable(target) and name not in {"Optimizer", "Tensor"}:
            yield name, target, run


def main(part, times):
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    done = 0
    for name, target, run in targets(part):
        for number in range(times):
            print(name, number, file=sys.stderr)
            signal.alarm(SECONDS_PER_CALL)
            try:
                run(target, random.Random(f"{name} {number}"))
                done += 1
            except SystemError:
                raise  # an error without an exception set: a bug of the bindings
            except Exception as error:
                str(error)
            signal.alarm(0)
    print(done)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
