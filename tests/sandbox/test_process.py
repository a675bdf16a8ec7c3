import os
import sys
import time

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
    return process_module.Child(
        command, tmp_path, tmp_path / "log", Limits(seconds=limit), environment
    )


def relatives(process):
    return process_module._marked(process._mark)


def test_nothing_of_the_tree_is_left(tmp_path):
    with child(tmp_path, ESCAPE) as process:
        assert process.out.read(6) == b"ready\n"
        assert len(relatives(process)) == 3
    assert relatives(process) == []


def test_time_is_up_for_the_whole_tree(tmp_path):
    start = time.monotonic()
    with child(tmp_path, ESCAPE, limit=1.0) as process:
        assert process.out.read() == b"ready\n"  # the end of the file comes with the kill
        assert process.timed_out
        assert relatives(process) == []
    assert 0.9 < time.monotonic() - start < 5


def test_who_ends_in_time_has_not_timed_out(tmp_path):
    with child(tmp_path, "print('done')", limit=0.8) as process:
        assert process.out.read() == b"done\n"
        assert process.end() == 0
        time.sleep(1.0)
        assert not process.timed_out


def test_the_environment_is_clean(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "x")
    code = "import os; print(sorted(os.environ))"
    with child(tmp_path, code, EXTRA="1") as process:
        found = process.out.read().decode()
    assert "SECRET_TOKEN" not in found
    assert "HOME" not in found
    assert "EXTRA" in found
    assert "OMP_NUM_THREADS" in found


def test_a_child_dies_with_the_process_that_started_it(tmp_path):
    package = os.path.dirname(os.path.dirname(process_module.__file__))
    inner = (
        f"import sys; sys.path.insert(0, {package!r}); from benchmark import limits;"
        "limits.die_with_parent(); print('ready', flush=True); import time; time.sleep(60)"
    )
    outer = (
        "import subprocess, sys, os;"
        f"p = subprocess.Popen([sys.executable, '-c', {inner!r}], stdout=subprocess.PIPE);"
        "p.stdout.readline(); print('up', flush=True); os._exit(0)"
    )
    with child(tmp_path, outer) as process:
        assert process.out.readline() == b"up\n"
        deadline = time.monotonic() + 5
        while relatives(process) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert relatives(process) == []
