"""A training that gets a real Ctrl-C in the middle of an epoch; run by test_trainer_stops.py."""

import os
import signal
import sys

import lamina as lm
from lamina import callbacks, nn


class Interrupt(callbacks.Callback):
    """Sends the signal from within a step, which must be finished all the same."""

    def on_batch_begin(self, batch):
        if self.trainer.steps == 25:
            os.kill(os.getpid(), signal.SIGINT)


def main():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job's is ignored
    lm.manual_seed(0)
    x = lm.randn(160, 5)
    y = (x.sum(1) > 0).long()
    model = nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
    trainer = lm.Trainer(model)
    stopping = callbacks.EarlyStopping(monitor="loss", patience=9)
    history = trainer.fit(
        x, y, epochs=9, batch_size=16, callbacks=[Interrupt(), stopping], verbose=0
    )
    assert history.interrupted, history
    assert history.epoch == [0, 1], history
    assert trainer.steps == 26
    best = stopping.best_weights
    assert all(lm.equal(value, best[name]) for name, value in model.state_dict().items())
    again = trainer.fit(x, y, epochs=3, batch_size=16, verbose=0)
    assert not again.interrupted
    assert again.epoch == [0, 1, 2]
    assert again["loss"][-1] < history["loss"][0]
    try:  # outside of fit Ctrl-C is what it was
        os.kill(os.getpid(), signal.SIGINT)
    except KeyboardInterrupt:
        sys.stdout.write("whole")


if __name__ == "__main__":
    main()
