"""Limits are noticed whatever else goes on, and only where they are exceeded."""

import dataclasses
import sys
import time

import pytest

from benchmark.core import MachineFault
from benchmark.sandbox import backends, holdings, process, usage
from benchmark.worker.limits import Limits
from parts import needs

MB = 2**20
GROW = """
import time
held = [b"x" * (10 * 2**20) for _ in range(20)]
time.sleep(60)
"""
FILES_IN_MEMORY = """
for n in range(6):
    with open(f"/tmp/{n}" if n % 2 else f"/dev/shm/{n}", "wb", 0) as file:
        file.write(b"x" * (10 * 2**20))
print("up", flush=True)
import time; time.sleep(60)
"""


QUEUE = """
import socket, time
listener = socket.socket(socket.AF_UNIX)
listener.bind("\\0queue")
listener.listen(1000)
for _ in range(400):
    with socket.socket(socket.AF_UNIX) as one:
        one.connect("\\0queue")
time.sleep(60)
"""


def run(code, folder, limits, backend="process"):
    view = backends.View((), scratch_mb=limits.scratch_mb)
    command = backends.sandboxed(backend, [sys.executable, "-c", code], view)
    return process.Child(command, folder, folder / "log", limits, {}, {folder: folder})


def test_a_search_that_takes_long_does_not_blind_the_other_watcher(tmp_path, monkeypatch):
    searches = []

    def search(*arguments):
        searches.append(time.monotonic())
        while not arguments[-1]():
            time.sleep(0.01)

    monkeypatch.setattr(holdings.Folders, "check", search)
    code = "print('up', flush=True); input()\n" + GROW
    with run(code, tmp_path, Limits(memory_mb=100)) as child:
        assert child.out.readline() == b"up\n"
        while not searches:
            time.sleep(0.01)
        child.to.write(b"\n")
        assert child.out.read() == b""
        assert child.stopped == "used more than 100 MB of memory"
    assert len(searches) == 1


@pytest.mark.parametrize("backend", ["bubblewrap", "unshare"])
def test_files_in_memory_of_a_sandbox_count(tmp_path, backend):
    needs(backend)
    tmp_path.chmod(0o755)
    limits = Limits(memory_mb=70, scratch_mb=32)
    with run(FILES_IN_MEMORY, tmp_path, limits, backend) as child:
        assert child.out.read() in (b"", b"up\n")
        assert child.stopped == "used more than 70 MB of memory"
    assert child.peak_mb > 70
    enough = dataclasses.replace(limits, memory_mb=150)
    with run(FILES_IN_MEMORY, tmp_path, enough, backend) as child:
        assert child.out.readline() == b"up\n"
        time.sleep(0.2)
        assert not child.stopped
    assert 60 < child.peak_mb < 150


@pytest.mark.parametrize("backend", ["bubblewrap", "unshare"])
def test_sockets_of_a_sandbox_count_that_wait_to_be_accepted(tmp_path, backend):
    needs(backend)
    tmp_path.chmod(0o755)
    with run(QUEUE, tmp_path, Limits(memory_mb=100), backend) as child:
        assert child.out.read() == b""
        assert child.stopped == "used more than 100 MB of memory"


def test_a_process_that_starts_another_shares_its_memory_for_a_moment(tmp_path, monkeypatch):
    """One look finds it twice: that is not enough to end it."""
    looks = []
    look = usage.look

    def twice(root):
        (found,) = look(root)
        looks.append(found)
        found = dataclasses.replace(found, resident=60 * MB)
        return [found, found] if len(looks) % 2 else [found]

    monkeypatch.setattr(usage, "look", twice)
    monkeypatch.setattr(usage, "proportional_bytes", usage.most_bytes)
    code = "import time; time.sleep(60)"
    with run(code, tmp_path, Limits(memory_mb=100)) as child:
        while len(looks) < 8:
            time.sleep(0.01)
        assert not child.stopped


def test_threads_count_as_processes(tmp_path):
    code = (
        "import threading, time; threading.stack_size(65536);"
        "[threading.Thread(target=time.sleep, args=(60,)).start() for _ in range(20)]"
    )
    with run(code, tmp_path, Limits(processes=10)) as child:
        assert child.out.read() == b""
        assert child.stopped == "had more than 10 processes"


def test_the_searching_watcher_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(holdings, "NAMES", 10)
    code = (
        f"for n in range(20): open(f'{tmp_path}/{{n}}', 'w').close()\nimport time; time.sleep(60)"
    )
    with run(code, tmp_path, Limits()) as child:
        assert child.out.read() == b""
        assert child.stopped == "made more than 10 files"


def test_nothing_goes_on_without_a_watcher(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("no descriptors left")

    monkeypatch.setattr(holdings.Folders, "check", fail)
    with run("import time; time.sleep(60)", tmp_path, Limits()) as child:
        assert child.out.read() == b""
        with pytest.raises(MachineFault, match="the watcher of the model failed: no descriptors"):
            child.was_killed()
