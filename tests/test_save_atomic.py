"""save at its worst moments: the old file stays whole, the new one comes whole, no litter."""

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
import tempfile
import time

import pytest

import lamina as lm

OLD = {"version": "old", "x": lm.zeros(3000)}
NEW = {"version": "new", "x": lm.ones(5000)}


@pytest.fixture
def path(tmp_path):
    lm.save(OLD, tmp_path / "model")
    return tmp_path / "model"


def version(path):
    loaded = lm.load(path)
    expected = {"old": OLD, "new": NEW}[loaded["version"]]
    assert lm.equal(loaded["x"], expected["x"])
    return loaded["version"]


def fail_at(number, function):
    """The function, failing when it is called for that time, counted from 0."""
    calls = iter(range(1000))

    def failing(*arguments):
        if next(calls) == number:
            raise OSError(errno.EIO, "planted")
        return function(*arguments)

    return failing


@pytest.mark.parametrize(
    ("name", "number", "left"),
    [
        ("fchmod", 0, "old"),
        ("fsync", 0, "old"),
        ("replace", 0, "old"),
        ("open", 0, "new"),  # of the folder, when the new file has its name
        ("fsync", 1, "new"),
    ],
)
def test_a_failed_save_leaves_the_old_file_burn_5479(path, monkeypatch, name, number, left):
    monkeypatch.setattr(os, name, fail_at(number, getattr(os, name)))
    with pytest.raises(OSError, match="planted"):
        lm.save(NEW, path)
    monkeypatch.undo()
    assert version(path) == left
    assert os.listdir(path.parent) == ["model"]
    lm.save(NEW, path)
    assert version(path) == "new"


@pytest.mark.parametrize("limit", [0, 1, 8, 100, 500, 4096, 8192, 20_000])
def test_each_write_fails(path, limit):
    """As a full disk does: the system takes that many bytes and no more."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            lm.save(NEW, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert version(path) == "old"
    assert os.listdir(path.parent) == ["model"]


def test_an_interrupt_leaves_no_litter(path, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        lm.save(NEW, path)
    assert version(path) == "old"
    assert os.listdir(path.parent) == ["model"]


def test_a_folder_that_takes_no_files():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model")
        lm.save(OLD, path)
        os.chmod(folder, 0o555)
        user = os.geteuid()
        if user == 0:  # whom no mode keeps out
            os.seteuid(65534)
        try:
            with pytest.raises(PermissionError):
                lm.save(NEW, path)
        finally:
            os.seteuid(user)
            os.chmod(folder, 0o755)
        assert version(path) == "old"
        assert os.listdir(folder) == ["model"]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        lm.save(NEW, tmp_path / "nowhere" / "model")


def test_modes_and_links_stay(path):
    os.chmod(path, 0o640)
    link = path.with_name("link")
    link.symlink_to("model")
    lm.save(NEW, link)
    assert link.is_symlink()
    assert version(path) == "new"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o640


def test_only_files_are_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", os.devnull):
        with pytest.raises(ValueError, match=r"\[save\] expected the path of a file; got "):
            lm.save(NEW, path)
    assert os.listdir(tmp_path) == ["pipe"]


SAVE_FOR_EVER = """
import sys
import lamina as lm
versions = [{"version": "old", "x": lm.zeros(3000)}, {"version": "new", "x": lm.ones(5000)}]
while True:
    for value in versions:
        lm.save(value, sys.argv[1])
        print("saved", flush=True)
"""


@pytest.mark.parametrize("kills", [6, pytest.param(200, marks=pytest.mark.slow)])
def test_killed_at_any_moment(path, kills):
    seen = set()
    for number in range(kills):
        command = [sys.executable, "-c", SAVE_FOR_EVER, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            time.sleep(0.01 + 0.0037 * (number % 6) + 0.0001 * (number // 6))
            process.send_signal(signal.SIGKILL)
            process.stdout.read()
        seen.add(version(path))
    assert seen <= {"old", "new"}
    assert kills < 100 or seen == {"old", "new"}


FILL_A_DISK = """
import errno, os, sys
import lamina as lm
path = os.path.join(sys.argv[1], "model")
lm.save({"x": lm.zeros(3000)}, path)
for count in range(10_000, 80_000, 5_000):  # each ends elsewhere in the file
    try:
        lm.save({"x": lm.ones(count)}, path)
    except OSError as error:
        assert error.errno == errno.ENOSPC
    else:
        raise SystemExit("expected a full disk")
    assert lm.equal(lm.load(path)["x"], lm.zeros(3000))
    assert os.listdir(sys.argv[1]) == ["model"]
lm.save({"x": lm.ones(3000)}, path)
assert lm.equal(lm.load(path)["x"], lm.ones(3000))
"""


def test_a_full_disk(tmp_path):
    """In a namespace of its own, where everybody may mount a small one."""
    private = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    mount = 'mount -t tmpfs -o size=40k none "$0"'
    try:
        subprocess.run([*private, mount, tmp_path], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no namespace, no small disk")
    script = f'{mount} && exec "$1" -c "$2" "$0"'
    command = [*private, script, tmp_path, sys.executable, FILL_A_DISK]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert os.listdir(tmp_path) == []
