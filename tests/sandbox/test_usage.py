"""What a process tree uses is measured as the kernel counts it."""

import math
import os
import subprocess
import sys

import psutil
import pytest

from benchmark.sandbox import usage

MB = 2**20
SHARED = """
import mmap, os, time
memory = mmap.mmap(-1, 64 * 2**20)
memory.write(b"x" * (64 * 2**20))
for _ in range(3):
    if os.fork() == 0:
        memory[:64 * 2**20:4096]  # it is mapped here too
        os.write(1, b"up" + bytes([10]))  # in one piece
        time.sleep(60)
time.sleep(60)
"""
GRANDCHILD = """
import subprocess, sys, threading, time
inner = "import os, time; os.fork() and os.write(1, b'up' + bytes([10])); time.sleep(60)"
threading.Thread(target=lambda: subprocess.run([sys.executable, "-c", inner])).start()
time.sleep(60)
"""


@pytest.fixture
def start():
    started = []

    def run(code, lines=1):
        command = [sys.executable, "-c", code]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
        started.append(process)
        for _ in range(lines):
            assert process.stdout.readline() == b"up\n"
        return process.pid

    yield run
    for process in started:
        os.killpg(process.pid, 9)
        process.wait()
        process.stdout.close()


def test_the_tree_holds_children_of_threads_and_grandchildren(start):
    root = start(GRANDCHILD)
    tree = usage.tree_of(root)
    assert tree[0].pid == root
    assert len(tree) == 3
    assert {p.pid for p in psutil.Process(root).children(recursive=True)} == {
        p.pid for p in tree[1:]
    }


def test_shared_memory_counts_once_in_pss_and_each_time_in_rss(start):
    tree = usage.tree_of(start(SHARED, lines=3))
    assert len(tree) == 4
    assert usage.resident_bytes(tree) > 4 * 60 * MB
    assert 64 * MB < usage.proportional_bytes(tree) < 128 * MB


def test_a_process_with_unreadable_memory_counts_with_its_rss(monkeypatch):
    process = psutil.Process()

    def refuse():
        raise psutil.AccessDenied(process.pid)

    monkeypatch.setattr(process, "memory_full_info", refuse)
    assert usage.proportional_bytes([process]) == pytest.approx(process.memory_info().rss, rel=0.1)


def test_a_process_that_ended_uses_nothing():
    ended = subprocess.Popen(["sleep", "60"])
    process = psutil.Process(ended.pid)
    ended.kill()
    ended.wait()
    assert usage.tree_of(ended.pid) == []
    assert usage.resident_bytes([process]) == usage.proportional_bytes([process]) == 0
    assert usage.peak_mb(process) == usage.unlinked_bytes([process]) == 0


def test_folders_count_blocks_and_names(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_bytes(b"x" * MB)
    (tmp_path / "link").symlink_to("/usr")
    size = usage.folder_bytes([tmp_path, tmp_path / "absent"])
    assert MB + 3 * 4096 <= size < 1.1 * MB
    assert usage.folder_bytes([tmp_path / "a" / "file"]) == math.inf  # no folder to look into


def test_open_files_without_a_name_count_once():
    before = usage.unlinked_bytes([psutil.Process()])
    memory = os.memfd_create("nameless")
    os.write(memory, b"x" * MB)
    again = os.dup(memory)
    assert usage.unlinked_bytes([psutil.Process()]) - before == MB
    os.close(memory)
    os.close(again)
