"""Calls one part of lamina's surface with junk; test_errors.py runs it in a process of its own.

Every exception is fine; what must not happen is a signal, an endless loop, or memory without bound.
The last line of the report names the call that was under way.
"""

import random
import resource
import signal
import sys
import warnings

import numpy as np

import lamina as lm

SECONDS_PER_CALL = 20
MEMORY = 8 << 30
LEFT_OUT = {"Node"}


def self_containing():
    loop = [1.0]
    loop.append(loop)
    return loop


def junk():
    """Things to pass; made anew for every call, as calls may change them."""
    frozen = np.arange(6.0)
    frozen.flags.writeable = False
    plain = [None, True, False, 0, 1, -1, 2, 7, -(1 << 62), 1 << 40, 1 << 70, 0.5, -1e308]
    odd = [float("nan"), float("inf"), 1j, "", "text", "sum", b"bytes", object(), int, len, ...]
    nests = [[], (), {}, [1, 2], [[1.0], [2.0, 3.0]], [None], ["a"], (1 << 40,), (1 << 40, 1 << 40)]
    sizes = [(-1,), (0, 3), (2, -1), [0] * 70, range(3), {1, 2}, self_containing(), slice(None)]
    arrays = [frozen, np.float64(2), np.array("text"), np.zeros(3, np.complex64), np.zeros((2, 0))]
    tensors = [
        lm.tensor(2.5),
        lm.tensor([1, -1, 1 << 40]),
        lm.tensor([True, False, True]),
        lm.ones(3),
        lm.ones(2, 3, dtype=lm.float64),
        lm.ones(3, requires_grad=True),
        lm.ones(3, requires_grad=True) * 2,
        lm.zeros(0, 3),
        lm.ones([1] * 12),
        lm.ones(3).expand(4, 3),
        lm.ones(4, 4).t(),
        lm.from_numpy(np.arange(3)),
        lm.tensor([float("nan"), float("inf"), -1.0]),
        lm.tensor([250, 1, 7], dtype=lm.uint8),
    ]
    kinds = [lm.float32, lm.int64, lm.bool, np.float32, "float64", lambda *_: 1 / 0]
    return plain + odd + nests + sizes + arrays + tensors * 3 + kinds


KEYWORDS = ["dim", "keepdim", "dtype", "out", "size", "input", "other", "generator", "device", "p"]


def targets(part):
    """Public callables of lamina, of its tensors, of its autograd."""
    root = {"functions": lm, "methods": lm.Tensor, "autograd": lm.autograd}[part]
    for name in sorted(dir(root)):
        own = not name.startswith("_") or name in {"__getitem__", "__setitem__", "__array__"}
        if own and name not in LEFT_OUT and callable(getattr(root, name)):
            yield name, getattr(root, name)


def call_once(name, target, chance, of_tensor):
    things = junk()
    args = [chance.choice(things) for _ in range(chance.choice([0, 1, 1, 2, 2, 3, 4]))]
    if of_tensor:
        args.insert(0, chance.choice([x for x in things if isinstance(x, lm.Tensor)]))
    kwargs = {chance.choice(KEYWORDS): chance.choice(things)} if chance.random() < 0.2 else {}
    print(name, [type(x).__name__ for x in args], list(kwargs), file=sys.stderr)
    signal.alarm(SECONDS_PER_CALL)
    try:
        target(*args, **kwargs)
    except SystemError:
        raise  # an error without an exception set: a bug of the bindings
    except Exception as error:
        str(error)
    signal.alarm(0)


def main(part, times):
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    for name, target in targets(part):
        chance = random.Random(name)
        for _ in range(times):
            call_once(name, target, chance, of_tensor=part == "methods")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
