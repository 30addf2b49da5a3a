"""The stub of the C++ module is what tools/make_stub.py makes of the module today."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_stub_is_current(tmp_path):
    fresh = tmp_path / "_core.pyi"
    command = [sys.executable, str(ROOT / "tools" / "make_stub.py"), "--output", str(fresh)]
    made = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert made.returncode == 0, made.stderr
    current = (ROOT / "python" / "lamina" / "_core.pyi").read_text()
    assert fresh.read_text() == current, "regenerate it: see CONTRIBUTING.md, `The stub`"
