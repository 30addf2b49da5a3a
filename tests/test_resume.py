"""100 steps are 50, save, load in a fresh process, and 50 more: the same to the bit."""

from pathlib import Path

import pytest
from test_package import run_python

SCRIPT = str(Path(__file__).with_name("resumed_training.py"))


def digest(*arguments):
    done = run_python(SCRIPT, *map(str, arguments))
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("kind", ["adam", "momentum"])
def test_resume_is_exact_transformers_17032(kind, tmp_path):
    whole = digest(kind, 100, "-", "-")
    assert len(whole) == 64
    assert whole != digest(kind, 99, "-", "-")
    for steps in (50, 45):  # in the middle of an epoch of 15 batches, and at the end of one
        digest(kind, steps, "-", tmp_path / "state")
        assert digest(kind, 100 - steps, tmp_path / "state", "-") == whole
