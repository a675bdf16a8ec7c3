"""A job gets a control group where the system delegates one; a folder stands for the kernel's tree.

What the kernel does with limits is not tested here, for want of a delegated group; that a process
joins a group and is killed with it is, where this machine has a tree without controllers.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmark.sandbox import cgroup, process
from benchmark.worker.limits import Limits

LIMITS = Limits(memory_mb=100, processes=9)
MOUNTS = "30 1 0:26 {} {} rw shared:4 - cgroup2 cgroup2 rw\n"


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A delegated group that holds us and another process."""
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids\n")
    (tmp_path / "cgroup.procs").write_text(f"{os.getpid()}\n1\n")
    (tmp_path / "cgroup.subtree_control").write_text("\n")
    monkeypatch.setattr(cgroup, "_own", lambda: tmp_path)
    monkeypatch.setattr(cgroup, "_is_delegated", lambda _: True)
    monkeypatch.setattr(cgroup, "_removed", lambda folder: not shutil.rmtree(folder))
    cgroup._parent.cache_clear()
    yield tmp_path
    cgroup._parent.cache_clear()


def test_a_group_has_the_limits_of_its_job(tree):
    group = cgroup.new(LIMITS)
    assert (group.folder / "memory.max").read_text() == str(100 * 2**20)
    assert (group.folder / "memory.oom.group").read_text() == "1"
    assert (group.folder / "pids.max").read_text() == "9"
    assert cgroup.new(LIMITS).folder != group.folder
    assert (tree / cgroup.JUDGE / "cgroup.procs").read_text() == "1"  # moved last
    assert (tree / "cgroup.subtree_control").read_text() == "+memory +pids"
    group.remove()
    assert not group.folder.exists()


def test_a_group_that_hands_down_already_is_left_as_it_is(tree):
    (tree / "cgroup.subtree_control").write_text("memory pids\n")
    assert cgroup.new(LIMITS)
    assert not (tree / cgroup.JUDGE).exists()


def test_groups_of_judges_that_were_killed_go_away(tree):
    ended = subprocess.Popen(["true"])
    ended.wait()
    for pid in (ended.pid, os.getpid()):
        (tree / f"{cgroup.JOB}-{pid}-7").mkdir()
    cgroup.new(LIMITS)
    left = sorted(path.name for path in tree.glob(f"{cgroup.JOB}-*-7"))
    assert left == [f"{cgroup.JOB}-{os.getpid()}-7"]


def test_there_is_none_without_the_controller_of_memory(tmp_path):
    (tmp_path / "cgroup.controllers").write_text("hugetlb pids\n")
    assert not cgroup._is_delegated(tmp_path)


def test_what_is_not_told_to_be_ours_is_not_touched(tmp_path, monkeypatch):
    (tmp_path / "cgroup.controllers").write_text("memory pids\n")
    (tmp_path / "cgroup.procs").touch()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert not cgroup._is_delegated(tmp_path)
    marks = {"user.delegate": b"1"}
    monkeypatch.setattr(os, "getxattr", lambda _, name: marks[name])
    assert cgroup._is_delegated(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "access", lambda path, _: path.name != "cgroup.procs")
    assert not cgroup._is_delegated(tmp_path)
    monkeypatch.setattr(os, "access", lambda *_: True)
    assert cgroup._is_delegated(tmp_path)


@pytest.mark.parametrize(
    ("own", "root", "expected"),
    [
        ("/user/run.scope", "/", "/sys/user/run.scope"),
        (f"/user/run.scope/{cgroup.JUDGE}", "/", "/sys/user/run.scope"),
        ("/user/run.scope", "/user", "/sys/run.scope"),
        ("/", "/", "/sys"),
        ("/other", "/user", None),
        (None, "/", None),
    ],
)
def test_the_own_group_is_found(monkeypatch, own, root, expected):
    said = {
        "/proc/self/cgroup": f"4:memory:/a\n{'' if own is None else f'0::{own}'}\n",
        "/proc/self/mountinfo": "25 1 0:5 / /proc rw - proc proc rw\n"
        + MOUNTS.format(root, "/sys"),
    }
    monkeypatch.setattr(Path, "read_text", lambda path, _encoding: said[str(path)])
    assert cgroup._own() == (expected and Path(expected))


@pytest.mark.usefixtures("tree")
def test_what_the_kernel_ends_for_want_of_memory_used_too_much(tmp_path):
    """The group's files are written by hand, as the kernel would."""
    command = [sys.executable, "-c", "print('up', flush=True); import time; time.sleep(60)"]
    with process.Child(command, tmp_path, tmp_path / "log", LIMITS, {}) as child:
        assert child.out.readline() == b"up\n"
        folder = child._group.folder
        assert (folder / "cgroup.procs").read_text() == "0\n"  # it joined before it started
        (folder / "cpu.stat").write_text("usage_usec 7500000\nuser_usec 1\n")
        assert child.cpu_seconds() == 7.5
        (folder / "memory.events").write_text("oom 1\noom_kill 1\n")
        assert child.out.read() == b""
        assert not child.was_killed()
        assert child.stopped == "used more than 100 MB of memory"
    assert (child.cpu_seconds(), folder.exists()) == (7.5, False)


def test_a_process_joins_a_real_group_and_is_killed_with_it():
    try:
        folder = cgroup._own() / f"{cgroup.JOB}-{os.getpid()}-test"
        folder.mkdir()
    except (TypeError, OSError):
        pytest.skip("needs a tree of control groups (version 2) that may be written to")
    group = cgroup.Group(folder)
    code = "import os; os.fork() or os.setsid(); os.write(1, b'.'); import time; time.sleep(60)"
    command = list(map(str, group.within([sys.executable, "-c", code])))
    with subprocess.Popen(command, stdout=-1) as child:
        assert child.stdout.read(2) == b".."
        assert len((folder / "cgroup.procs").read_text().split()) == 2
        assert 0 < group.cpu_seconds() < 60
        start = time.monotonic()
        group.kill()
    assert time.monotonic() - start < 10
    group.remove()
    assert not folder.exists()
