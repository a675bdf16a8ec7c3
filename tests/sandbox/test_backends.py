"""What a command sees and may do in a sandbox, tried from inside."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmark.core import MachineFault, UserError
from benchmark.sandbox import backends
from benchmark.sandbox.view import layout
from parts import needs

BACKENDS = [name for name in backends.BACKENDS if name != "process"]
READ = """
import json, os, sys
contents = {}
for path in sys.argv[1:]:
    try:
        contents[path] = sorted(os.listdir(path)) if os.path.isdir(path) else open(path).read()
    except OSError as error:
        contents[path] = None
print(json.dumps(contents))
"""


@pytest.fixture(params=BACKENDS)
def backend(request):
    needs(request.param)
    return request.param


@pytest.fixture
def tree(tmp_path):
    """tree/{open, open/closed, open/closed/seen, other}/file, each file with its folder's name."""
    for name in ("open", "open/closed", "open/closed/seen", "other"):
        folder = tmp_path / "tree" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "file").write_text(name)
    return tmp_path / "tree"


def run(backend, view, code, *words):
    command = backends.sandboxed(backend, [sys.executable, "-c", code, *map(str, words)], view)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def read(backend, view, *paths):
    return list(json.loads(run(backend, view, READ, *paths)).values())


def test_only_paths_of_the_view_are_visible(backend, tree):
    view = layout.View((tree / "open" / "file",))
    file, other, folder = read(backend, view, tree / "open/file", tree / "other/file", tree)
    assert file == "open"
    assert other is None
    assert folder == ["open"]


def test_a_deeper_path_overrides_the_one_above(backend, tree):
    view = layout.View((tree / "open", tree / "open/closed/seen"), hidden=(tree / "open/closed",))
    paths = [tree / "open" / name for name in ("file", "closed/file", "closed/seen/file")]
    assert read(backend, view, *paths) == ["open", None, "open/closed/seen"]


def test_only_writable_folders_and_scratch_can_be_written(backend, tree):
    kept = tree / "other"
    if (user := backends.sandbox_user()) is not None:
        os.chown(kept, user, user)
    code = """
import sys
for path in sys.argv[1:]:
    try:
        open(path + "/mine", "w").write("x")
        print(path)
    except OSError:
        pass
"""
    view = layout.View((tree / "open",), writable=(kept,), hidden=(tree / "open/closed",))
    folders = [tree / "open", tree / "open/closed", kept, "/tmp", "/dev/shm", "/dev", "/", "/usr"]
    written = run(backend, view, code, *folders).split()
    assert written == [str(kept), "/tmp", "/dev/shm"]
    assert (kept / "mine").read_text() == "x"
    assert not Path("/tmp/mine").exists()


def test_the_scratch_folder_is_limited(backend):
    code = """
try:
    with open("/tmp/much", "wb") as file:
        for _ in range(32):
            file.write(bytes(2**20))
except OSError as error:
    print(error.errno)
"""
    assert run(backend, layout.View((), scratch_mb=8), code).strip() == "28"
    assert run(backend, layout.View((), scratch_mb=64), code).strip() == ""


def test_a_command_has_own_processes_and_no_rights(backend):
    code = """
import os
own = [int(name) for name in os.listdir("/proc") if name.isdigit()]
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(len(own), os.getuid(), int(status["CapEff"], 16), int(status["NoNewPrivs"]))
"""
    processes, user, capabilities, no_new = map(int, run(backend, layout.View(()), code).split())
    assert processes <= 3
    assert user == (backends.sandbox_user() or os.getuid())
    assert user != 0
    assert capabilities == 0
    assert no_new == 1


@pytest.mark.parametrize("parent", [False, True])
def test_all_processes_end_with_the_first_one_or_its_parent(backend, tmp_path, parent):
    code = (
        "import os, time\nif os.fork(): print('up', flush=True)\nelse: os.setsid()\ntime.sleep(60)"
    )
    mark = str(tmp_path)
    command = backends.sandboxed(backend, [sys.executable, "-c", code, mark], layout.View(()))
    if parent:
        start = "import subprocess, sys; subprocess.run(sys.argv[1:])"
        command = [sys.executable, "-c", start, *command]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"up\n"
        process.kill()
        for _ in range(100):
            left = [p for p in Path("/proc").glob("[0-9]*/cmdline") if mark in text(p)]
            if not left:
                break
            time.sleep(0.05)
        assert not left


def text(path):
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def test_library_folders_of_the_user_are_visible(backend, tree, monkeypatch):
    monkeypatch.setenv("LD_LIBRARY_PATH", f"{tree / 'other'}:relative:{tree.parent}")
    view = layout.View((), hidden=(tree / "open",))
    other, hidden, above = read(backend, view, tree / "other/file", tree / "open/file", tree)
    assert other == "other"
    assert hidden is None
    assert above == ["open", "other"]  # a folder that holds a hidden one is not added


def test_the_process_back_end_leaves_the_command_unchanged():
    assert backends.sandboxed("process", ["a", "b"], layout.View(())) == ["a", "b"]
    assert backends.is_available("process")


def test_without_a_sandbox_none_is_chosen_and_the_reasons_are_said(monkeypatch):
    monkeypatch.setattr(backends.shutil, "which", lambda _: None)
    assert backends.problem("bubblewrap") == "the program bwrap is not installed"
    monkeypatch.setattr(backends, "UNSHARE_SCRIPT", Path("/nowhere"))
    with pytest.raises(UserError, match=r"bwrap is not installed; unshare: .*/nowhere") as error:
        backends.strongest()
    assert "install bubblewrap" in str(error.value)
    assert "--isolation process" in str(error.value)


RESERVE = """
import sys
from benchmark.sandbox import backends
from benchmark.sandbox.view import layout
backends.FIRST_USER, backends.USERS = int(sys.argv[1]), 3
print(backends.sandbox_user(), flush=True)
input()
"""


@pytest.mark.needs("root")
def test_processes_never_share_a_user_id(monkeypatch):
    """Not even where their process ids differ by a multiple of the number of user ids."""
    first = 1_000_000 + 3 * os.getpid()  # no other run of this test has these
    monkeypatch.setattr(backends, "FIRST_USER", first)
    monkeypatch.setattr(backends, "USERS", 3)
    backends._reserved_user.cache_clear()
    command = [sys.executable, "-c", RESERVE, str(first)]
    started = [subprocess.Popen(command, stdin=-1, stdout=-1) for _ in range(3)]
    try:
        numbers = {int(process.stdout.readline()) for process in started}
        assert numbers == {first, first + 1, first + 2}
        with pytest.raises(MachineFault, match=f"all 3 user ids from {first} on are in use"):
            backends.sandbox_user()
    finally:
        for process in started:
            process.communicate(b"\n")
    number = backends.sandbox_user()
    assert number in numbers  # they are free again
    assert backends.sandbox_user() == number
    backends._reserved_user.cache_clear()
