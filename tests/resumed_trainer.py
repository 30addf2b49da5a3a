"""Trainings by a Trainer that stop after some steps and go on in another process.

Run by test_trainer_resume.py: `whole`, `first` and `second` for all cases at once; prints a digest
of everything that training has changed, a line a case.
"""

import hashlib
import sys

import lamina as lm
from lamina import callbacks, nn
from lamina.optim import lr_scheduler

STEPS = {"in mid-epoch": 50, "between epochs": 45}  # of 100; an epoch has 15 batches
OPTIMIZERS = {
    "SGD": {"lr": 0.1, "momentum": 0.9, "nesterov": True},
    "ASGD": {"lr": 0.05, "t0": 10},
    "LBFGS": {"lr": 0.1, "max_iter": 3},
    "Muon": {"lr": 0.01},
}


def cases():
    names = sorted(name for name in lm.optim.__dict__ if name[0].isupper() and name != "Optimizer")
    for name in names:
        yield f"{name} in mid-epoch"
    yield from ("Adam between epochs", "accumulate in mid-epoch", "EMA in mid-epoch")
    yield from ("loader in mid-epoch", "cycle in mid-epoch", "eager in mid-epoch")


class StopAfter(callbacks.Callback):
    def __init__(self, steps):
        self.steps = steps

    def on_batch_end(self, batch, loss):
        if self.trainer.steps == self.steps:
            self.trainer.stop()


def training(kind):
    """The trainer and what `fit` gets, as their seeds make them."""
    lm.manual_seed(1)
    x = lm.randn(230, 8)
    y = (x.sum(1) > 0).long()
    norm = nn.BatchNorm1d(16) if kind != "Muon" else nn.Identity()  # Muon wants matrices
    bias = kind != "Muon"
    model = nn.Sequential(
        nn.Linear(8, 16, bias), norm, nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 2, bias)
    )
    name = kind if hasattr(lm.optim, kind) else "AdamW"
    optimizer = getattr(lm.optim, name)(model.parameters(), **OPTIMIZERS.get(name, {}))
    schedule = lr_scheduler.ExponentialLR(optimizer, 0.9)
    accumulate = 2 if kind == "accumulate" else 1
    trainer = lm.Trainer(
        model,
        optimizer=optimizer,
        metrics=["accuracy", "f1"],
        scheduler=None if kind == "cycle" else schedule,
        accumulate=accumulate,
        compile=kind != "eager",
    )
    extra = []
    if kind == "EMA":
        extra = [callbacks.EMA(0.9), callbacks.EarlyStopping(patience=9, restore_best=False)]
    if kind == "cycle":
        cycle = lr_scheduler.OneCycleLR(optimizer, 0.02, total_steps=120)
        extra = [callbacks.LearningRateScheduler(cycle, per="step")]
    data = {"x": x, "y": y, "batch_size": 16, "validation_split": 0.0}
    if kind == "loader":
        loader = lm.utils.data.DataLoader(
            lm.utils.data.TensorDataset(x, y), 16, shuffle=True, num_workers=2
        )
        data = {"x": loader}
    data["validation_data"] = (x[:40], y[:40])
    return trainer, data, extra


def digest(trainer):
    tensors = list(trainer.model.state_dict().values())
    for state in trainer.optimizer.state_dict()["state"].values():
        tensors += [value for value in state.values() if isinstance(value, lm.Tensor)]
    bits = b"".join(tensor.numpy().tobytes() for tensor in tensors)
    rest = repr((dict(trainer.history), trainer.epoch, trainer.batch, trainer.results())).encode()
    return hashlib.sha256(bits + rest + lm.rand(1).numpy().tobytes()).hexdigest()


def run(case, part, folder):
    kind, where = case.split(" ", 1)
    trainer, data, extra = training(kind)
    lm.manual_seed({"whole": 2, "first": 2, "second": 3}[part])
    file = f"{folder}/{case}"
    if part == "second":
        trainer.resume(file)
    steps = STEPS[where] if part == "first" else 100
    trainer.fit(**data, epochs=9, callbacks=[*extra, StopAfter(steps)], verbose=0)
    assert trainer.steps == steps
    if part == "first":
        trainer.save(file)
    return digest(trainer)


def main(part, folder):
    for case in cases():
        sys.stdout.write(f"{case}: {run(case, part, folder)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
