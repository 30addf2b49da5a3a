"""A Trainer's 100 steps are 50, save, resume in a fresh process, and 50 more: the same bits."""

from pathlib import Path

import pytest
from resumed_trainer import cases
from test_package import run_python

SCRIPT = str(Path(__file__).with_name("resumed_trainer.py"))


@pytest.fixture(scope="module")
def digests(tmp_path_factory):
    folder = tmp_path_factory.mktemp("states")

    def lines(part):
        done = run_python(SCRIPT, part, str(folder))
        assert done.returncode == 0, done.stderr
        return dict(line.split(": ") for line in done.stdout.splitlines())

    return {part: lines(part) for part in ("whole", "first", "second")}


@pytest.mark.parametrize("case", list(cases()))
def test_resume_is_exact_transformers_46628(case, digests):
    assert len(digests["whole"][case]) == 64
    assert digests["first"][case] != digests["whole"][case]
    assert digests["second"][case] == digests["whole"][case]
