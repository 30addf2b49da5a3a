"""The stub of the C++ module is what pybind11-stubgen makes of the module today."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

STUB = Path(__file__).parents[1] / "python" / "lamina" / "_core.pyi"


@pytest.mark.skipif(
    importlib.util.find_spec("pybind11_stubgen") is None, reason="pybind11-stubgen is not installed"
)
def test_the_stub_is_current(tmp_path):
    command = ["-m", "pybind11_stubgen", "lamina._core", "--output-dir", str(tmp_path)]
    made = subprocess.run(
        [sys.executable, *command, "--exit-code"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    fresh = (tmp_path / "lamina" / "_core.pyi").read_text()
    assert fresh == STUB.read_text(), "regenerate it: see CONTRIBUTING.md, `The stub`"
