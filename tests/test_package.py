"""What a user installs: size, time of import, report, choice of instruction set."""

import importlib.metadata
import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import lamina

PACKAGE = Path(lamina.__file__).parent
MAX_WHEEL_BYTES = 3_000_000

# 15 ms, on a machine that imports NumPy in 66 ms; a slower or busier one gets as much more.
MAX_IMPORT_OVER_NUMPY = 15 / 66

TIME_IMPORTS = """
from time import perf_counter
start = perf_counter()
import numpy
middle = perf_counter()
import lamina
print(perf_counter() - middle, middle - start)
"""


def run_python(*arguments, **environment):
    """Run Python in a process of its own and return it, ended."""
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_tests_are_of_the_installed_package():
    source = Path(__file__).parents[1] / "python"
    if source in PACKAGE.parents:
        pytest.skip("running from the source tree: PYTHONPATH=python")
    assert importlib.metadata.version("lamina") == lamina.__version__


def test_a_wheel_of_these_files_is_small():
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for root in (PACKAGE, *PACKAGE.parent.glob("lamina-*.dist-info")):
            for path in root.rglob("*"):
                if path.suffix != ".pyc":
                    archive.write(path)
    assert wheel.tell() <= MAX_WHEEL_BYTES


def test_import_is_quick():
    # Whatever else the machine does can only add to the time, so the least of some runs counts.
    runs = [run_python("-c", TIME_IMPORTS).stdout.split() for _ in range(9)]
    own, numpy = (min(float(run[i]) for run in runs) for i in (0, 1))
    assert own / numpy <= MAX_IMPORT_OVER_NUMPY


@pytest.mark.parametrize("name", ["py.typed", "_core.pyi"])
def test_type_information_is_installed(name):
    assert (PACKAGE / name).is_file()


def test_the_report_tells_what_runs():
    report = run_python("-m", "lamina")
    assert report.returncode == 0, report.stderr
    facts = dict(line.split(maxsplit=1) for line in report.stdout.splitlines())
    assert facts["lamina"] == lamina.__version__
    assert facts["isa"].startswith(lamina.isa())


@pytest.mark.parametrize("isa", lamina.config()["isas_built"])
def test_an_instruction_set_can_be_forced(isa):
    result = run_python("-c", "import lamina; print(lamina.isa())", LAMINA_ISA=isa)
    if isa in lamina.config()["isas_available"]:
        assert result.stdout.strip() == isa
    else:
        assert "expected an instruction set of this processor" in result.stderr
        assert f"got '{isa}'" in result.stderr


def test_an_unknown_instruction_set_is_an_error():
    result = run_python("-c", "import lamina", LAMINA_ISA="sse9")
    built = ", ".join(lamina.config()["isas_built"])
    assert result.returncode == 1
    assert f"[LAMINA_ISA] expected one of {built}; got 'sse9'" in result.stderr


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_documents_name_files_that_exist(document):
    root = Path(__file__).parents[1]
    named = re.findall(
        r"`((?:tests|csrc|cmake|python|examples)/[\w./]+)`", (root / document).read_text()
    )
    assert not [name for name in named if not (root / name).exists()]
