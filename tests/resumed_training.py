"""A training that can stop after any step and go on in another process; run by test_resume.py.

Prints a digest of everything that training has changed.
"""

import hashlib
import sys

import lamina as lm
from lamina import nn
from lamina.utils.data import DataLoader, TensorDataset


def parts(kind):
    """The model, its optimizer and schedule, and the data, as their seeds make them."""
    lm.manual_seed(1)
    x = lm.randn(230, 8)
    data = TensorDataset(x, (x.sum(1) > 0).long())
    model = nn.Sequential(
        nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 2)
    )
    if kind == "adam":
        optimizer = lm.optim.AdamW(model.parameters(), 0.01)
        schedule = lm.optim.lr_scheduler.OneCycleLR(optimizer, 0.02, total_steps=100)
        loader = DataLoader(data, 16, shuffle=True, generator=lm.Generator().manual_seed(5))
    else:
        optimizer = lm.optim.SGD(model.parameters(), 0.1, momentum=0.9, nesterov=True)
        schedule = lm.optim.lr_scheduler.MultiStepLR(optimizer, [20, 40, 60, 80], 0.7)
        loader = DataLoader(data, 16, shuffle=True, num_workers=2)
    return {"model": model, "optimizer": optimizer, "schedule": schedule, "loader": loader}


def train(model, optimizer, schedule, loader, steps):
    """Take that many steps, through as many epochs as they need."""
    done = 0
    while True:
        for x, y in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
            schedule.step()
            done += 1
            if done == steps:
                return


def digest(model, optimizer, **_):
    tensors = list(model.state_dict().values())
    for state in optimizer.state_dict()["state"].values():
        tensors += [value for value in state.values() if isinstance(value, lm.Tensor)]
    bits = b"".join(tensor.numpy().tobytes() for tensor in tensors)
    rates = repr([group["lr"] for group in optimizer.param_groups]).encode()
    return hashlib.sha256(bits + rates + lm.rand(1).numpy().tobytes()).hexdigest()


def main(kind, steps, start, end):
    training = parts(kind)
    lm.manual_seed(2 if start == "-" else 3)
    if start != "-":
        state = lm.load(start)
        for name, part in training.items():
            part.load_state_dict(state[name])
        lm.set_rng_state(state["rng"])
    train(**training, steps=int(steps))
    state = {name: part.state_dict() for name, part in training.items()}
    if end != "-":
        lm.save({**state, "rng": lm.get_rng_state()}, end)
    sys.stdout.write(digest(**training))


if __name__ == "__main__":
    main(*sys.argv[1:])
