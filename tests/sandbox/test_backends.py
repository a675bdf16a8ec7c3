"""What a command sees within walls, by what it finds there."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmark.sandbox import backends

KINDS = [kind for kind in backends.KINDS if kind != "process"]
LOOK = """
import json, os, sys
found = {}
for path in sys.argv[1:]:
    try:
        found[path] = sorted(os.listdir(path)) if os.path.isdir(path) else open(path).read()
    except OSError as error:
        found[path] = None
print(json.dumps(found))
"""


@pytest.fixture(params=KINDS)
def kind(request):
    if not backends.works(request.param):
        pytest.skip(f"this machine cannot isolate by {request.param}")
    return request.param


@pytest.fixture
def house(tmp_path):
    """house/{open, closed}/..., each with a file of its name."""
    for name in ("open", "open/closed", "open/closed/seen", "other"):
        folder = tmp_path / "house" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "file").write_text(name)
    return tmp_path / "house"


def run(kind, view, code, *words):
    command = backends.enclosed(kind, [sys.executable, "-c", code, *map(str, words)], view)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def look(kind, view, *paths):
    return list(json.loads(run(kind, view, LOOK, *paths)).values())


def test_only_what_is_named_is_there(kind, house):
    view = backends.View((house / "open" / "file",))
    file, other, folder = look(kind, view, house / "open/file", house / "other/file", house)
    assert file == "open"
    assert other is None
    assert folder == ["open"]


def test_the_deeper_path_wins(kind, house):
    view = backends.View(
        (house / "open", house / "open/closed/seen"), hidden=(house / "open/closed",)
    )
    paths = [house / "open" / name for name in ("file", "closed/file", "closed/seen/file")]
    assert look(kind, view, *paths) == ["open", None, "open/closed/seen"]


def test_what_is_written_stays_only_where_it_may(kind, house):
    kept = house / "other"
    if (user := backends.user()) is not None:
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
    view = backends.View((house / "open",), writable=(kept,), hidden=(house / "open/closed",))
    places = [house / "open", house / "open/closed", kept, "/tmp", "/dev/shm", "/dev", "/", "/usr"]
    written = run(kind, view, code, *places).split()
    assert written == [str(kept), "/tmp", "/dev/shm"]
    assert (kept / "mine").read_text() == "x"
    assert not Path("/tmp/mine").exists()


def test_the_scratch_has_an_end(kind):
    code = """
try:
    with open("/tmp/much", "wb") as file:
        for _ in range(32):
            file.write(bytes(2**20))
except OSError as error:
    print(error.errno)
"""
    assert run(kind, backends.View((), scratch_mb=8), code).strip() == "28"
    assert run(kind, backends.View((), scratch_mb=64), code).strip() == ""


def test_processes_and_rights_are_its_own(kind):
    code = """
import os
own = [int(name) for name in os.listdir("/proc") if name.isdigit()]
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(len(own), os.getuid(), int(status["CapEff"], 16), int(status["NoNewPrivs"]))
"""
    processes, user, capabilities, no_new = map(int, run(kind, backends.View(()), code).split())
    assert processes <= 3
    assert user == (backends.user() or os.getuid())
    assert user != 0
    assert capabilities == 0
    assert no_new == 1


@pytest.mark.parametrize("between", [False, True])
def test_the_end_of_the_first_process_is_the_end_of_all(kind, tmp_path, between):
    """Of the first one itself, and of whoever started it."""
    code = (
        "import os, time\nif os.fork(): print('up', flush=True)\nelse: os.setsid()\ntime.sleep(60)"
    )
    mark = str(tmp_path)
    command = backends.enclosed(kind, [sys.executable, "-c", code, mark], backends.View(()))
    if between:
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


def test_libraries_that_the_user_named_are_seen(kind, house, monkeypatch):
    monkeypatch.setenv("LD_LIBRARY_PATH", f"{house / 'other'}:relative:{house.parent}")
    view = backends.View((), hidden=(house / "open",))
    other, hidden, above = look(kind, view, house / "other/file", house / "open/file", house)
    assert other == "other"
    assert hidden is None
    assert above == ["open", "other"]  # what holds a hidden folder is not shown for it


def test_without_walls_the_command_is_left_alone():
    assert backends.enclosed("process", ["a", "b"], backends.View(())) == ["a", "b"]
    assert backends.works("process")


def test_a_wall_that_is_missing_is_not_taken(monkeypatch):
    monkeypatch.setattr(backends.shutil, "which", lambda _: None)
    assert not backends.works("bubblewrap")
    assert backends.best() != "bubblewrap"
    monkeypatch.setattr(backends, "ENCLOSE", Path("/nowhere"))
    assert backends.best() == "process"
