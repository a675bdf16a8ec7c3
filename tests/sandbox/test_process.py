"""Process trees end with their child, limits are enforced, the environment is clean."""

import os
import sys
import time

import pytest

from benchmark.sandbox import process as process_module
from benchmark.worker.limits import Limits

ESCAPE = """
import os, sys, time
for depth in range(2):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(60)
        os._exit(0)
    os.wait()
print("ready", flush=True)
time.sleep(60)
"""


def child(tmp_path, code, limit=30.0, **environment):
    command = [sys.executable, "-c", code]
    limits = Limits(seconds=limit)
    started = process_module.Child(command, tmp_path, tmp_path / "log", limits, environment)
    started.begin()
    return started


def relatives(process):
    return process._left()


def test_no_process_of_the_tree_survives_the_end(tmp_path):
    with child(tmp_path, ESCAPE) as process:
        assert process.out.read(6) == b"ready\n"
        assert len(relatives(process)) == 3
    assert relatives(process) == set()


def test_the_time_limit_ends_the_whole_tree(tmp_path):
    start = time.monotonic()
    with child(tmp_path, ESCAPE, limit=1.0) as process:
        assert process.out.read() == b"ready\n"  # the end of the file comes with the kill
        assert process.timed_out
        assert relatives(process) == set()
    assert 0.9 < time.monotonic() - start < 5


def test_the_clock_stands_still_until_it_begins(tmp_path):
    code = "print('up', flush=True); input(); import time; time.sleep(60)"
    command = [sys.executable, "-c", code]
    limits = Limits(seconds=0.3)
    with process_module.Child(command, tmp_path, tmp_path / "log", limits, {}) as process:
        assert process.out.readline() == b"up\n"
        time.sleep(0.5)
        assert not process.stopped
        process.begin()
        process.to.write(b"\n")
        start = time.monotonic()
        assert process.out.read() == b""
        assert process.timed_out
        assert 0.25 < time.monotonic() - start < 10


BUSY = """
import os, signal, time
def spend():
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass
def child():
    if (pid := os.fork()) == 0:
        spend()
        os._exit(0)
    return pid
{}
print('up', flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize(
    ("what", "ends"),
    [
        ("child(); spend()", False),
        ("os.waitpid(child(), 0); spend()", False),
        # Nobody waits for it: only a look can see what it used.
        ("signal.signal(signal.SIGCHLD, signal.SIG_IGN); child(); spend()", False),
        ("os.waitpid(child(), 0); spend(); os._exit(0)", True),
    ],
)
def test_cpu_seconds_are_of_all_processes_ended_ones_too(tmp_path, what, ends):
    with child(tmp_path, BUSY.format(what)) as process:
        process.out.readline()
        if ends:
            assert not process.was_killed()
        time.sleep(0.3)
        during = process.cpu_seconds()
        process.end()
        assert 0.5 < during <= process.cpu_seconds() < 2


def test_a_child_that_ends_in_time_has_not_timed_out(tmp_path):
    with child(tmp_path, "print('done')", limit=0.8) as process:
        assert process.out.read() == b"done\n"
        assert process.end() == 0
        time.sleep(1.0)
        assert not process.timed_out


def test_the_environment_is_clean(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "x")
    code = "import os; print(sorted(os.environ))"
    with child(tmp_path, code, EXTRA="1") as process:
        names = process.out.read().decode()
    assert "SECRET_TOKEN" not in names
    assert "HOME" not in names
    assert "EXTRA" in names
    assert "OMP_NUM_THREADS" in names


def test_a_child_dies_with_the_process_that_started_it(tmp_path):
    root = os.path.dirname(os.path.dirname(os.path.dirname(process_module.__file__)))
    inner = (
        f"import sys; sys.path.insert(0, {root!r}); from benchmark.worker import limits;"
        "limits.die_with_parent(); print('ready', flush=True); import time; time.sleep(60)"
    )
    outer = (
        "import subprocess, sys, os;"
        f"p = subprocess.Popen([sys.executable, '-c', {inner!r}], stdout=subprocess.PIPE);"
        "print(p.stdout.readline().decode().strip(), flush=True); os._exit(0)"
    )
    with child(tmp_path, outer) as process:
        assert process.out.readline() == b"ready\n"
        deadline = time.monotonic() + 5
        while relatives(process) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert relatives(process) == set()


@pytest.mark.parametrize("which", ["root", "child"])
def test_what_cannot_be_killed_is_given_up_and_logged(tmp_path, monkeypatch, which):
    """Such as a process that hangs on a network file system: it holds the log's pipe as well."""
    code = "import os, time\nif os.fork(): print('up', flush=True)\ntime.sleep(60)"
    monkeypatch.setattr(process_module, "KILL_SECONDS", 0.3)
    with child(tmp_path, code) as process:
        assert process.out.readline() == b"up\n"
        root = process._process.pid
        survivor = root if which == "root" else min(relatives(process) - {root})
        kill, sent = os.kill, []

        def kill_others(pid, number):
            sent.append(pid)
            if pid != survivor:
                kill(pid, number)

        monkeypatch.setattr(os, "kill", kill_others)
        start = time.monotonic()
        assert process.end() == -9
        assert 0.2 < time.monotonic() - start < 5
        assert len(sent) < 100  # it does not spin
        kill(survivor, 9)
        process._process.wait()
    assert (tmp_path / "log").read_text() == (
        f"\n[not ended 0.3 s after SIGKILL: process {survivor}]\n"
    )


def test_the_log_keeps_the_beginning_and_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(process_module, "LOG_FIRST", 10)
    monkeypatch.setattr(process_module, "LOG_LAST", 5)
    with child(tmp_path, "import os; os.write(2, b'0123456789' + b'x' * 20 + b'abcde')") as process:
        process.out.read()
    log = (tmp_path / "log").read_bytes()
    assert log == b"0123456789\n[20 bytes left out]\nabcde"


def test_the_peak_memory_is_of_the_largest_process(tmp_path):
    code = "x = bytearray(50 * 2**20); del x; print('up', flush=True); input()"
    with child(tmp_path, code) as process:
        assert process.out.readline() == b"up\n"
        process.end()
    assert 50 < process.peak_mb < 100


@pytest.mark.parametrize(
    ("reason", "more"),
    [
        ("took longer than 1800 s", {"seconds": 1801.0}),
        ("took longer than 1.23457e+06 s", {"seconds": 1e7}),
        ("used more than 16,384 MB of memory", {"memory_mb": 17_000}),
    ],
)
def test_a_limit_that_was_exceeded_is_raised_by_more_of_it_alone(reason, more):
    low = {"seconds": 0.5, "memory_mb": 1}
    assert process_module.is_raised(reason, Limits(**{**low, **more}))
    assert not process_module.is_raised(reason, Limits(**low))
    for other in {"seconds": 1e9, "memory_mb": 10**9}.items():
        if other[0] not in more:
            assert not process_module.is_raised(reason, Limits(**{**low, **dict([other])}))


@pytest.mark.parametrize("reason", ["", "ValueError", "took longer than one s", "it took longer"])
def test_no_limit_helps_against_other_reasons(reason):
    assert not process_module.is_raised(reason, Limits(seconds=1e9, memory_mb=10**9))


@pytest.mark.parametrize(
    "small", [Limits(seconds=1_234_564.0, memory_mb=60), Limits(seconds=0.3, memory_mb=10_000)]
)
def test_what_stops_a_process_is_read_back(tmp_path, small):
    code = "x = bytearray(200 * 2**20); import time; time.sleep(20)"
    command = [sys.executable, "-c", code]
    with process_module.Child(command, tmp_path, tmp_path / "log", small, {}) as process:
        process.begin()
        process.out.read()
    assert process.stopped
    assert not process_module.is_raised(process.stopped, small)
    large = Limits(seconds=small.seconds * 2, memory_mb=small.memory_mb * 2)
    assert process_module.is_raised(process.stopped, large)
