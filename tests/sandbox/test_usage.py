"""What a process tree uses is measured as the kernel counts it."""

import dataclasses
import os
import subprocess
import sys
import time
import uuid

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
PAGE_TABLES = """
import mmap, time
memory = mmap.mmap(-1, 2**33, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ)
memory.madvise(15)  # no huge pages
for place in range(0, 2**33, 2**21):
    memory[place]
print("up", flush=True)
time.sleep(60)
"""
FIRST_THREAD_ENDED = """
import ctypes, threading, time
def hold():
    memory = b"x" * (64 * 2**20)
    time.sleep(0.2)
    print("up", flush=True)
    time.sleep(60)
threading.Thread(target=hold).start()
ctypes.CDLL(None).pthread_exit(None)
"""

MARK = f"of-test-{uuid.uuid4().hex}"  # other tests run beside


@pytest.fixture
def start():
    started = []

    def run(code, lines=1):
        command = [sys.executable, "-c", code]
        environment = {**os.environ, "MARK": MARK}
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, start_new_session=True, env=environment
        )
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
    tree = usage.look(root)
    assert tree[0].pid == root
    assert tree[0].threads == 2
    parents = {tree[0].pid: os.getpid(), tree[1].pid: root, tree[2].pid: tree[1].pid}
    for pid, parent in parents.items():
        assert f"\nPPid:\t{parent}\n".encode() in usage.read(f"/proc/{pid}/status")


def test_shared_memory_counts_once_in_pss_and_each_time_in_rss(start):
    tree = usage.look(start(SHARED, lines=3))
    assert len(tree) == 4
    assert usage.most_bytes(tree) > 4 * 60 * MB
    assert 64 * MB < usage.proportional_bytes(tree) < 128 * MB
    assert 64 * MB < usage.least_bytes(tree) < 128 * MB


def test_files_in_memory_count_once_whether_mapped_or_not(start):
    tree = usage.look(start(SHARED, lines=3))
    once = usage.proportional_bytes(tree)
    assert usage.proportional_bytes(tree, tmpfs=64 * MB) == pytest.approx(once, rel=0.05)
    more = usage.proportional_bytes(tree, tmpfs=164 * MB)
    assert more == pytest.approx(once + 100 * MB, rel=0.05)


def test_page_tables_count(start):
    (process,) = usage.look(start(PAGE_TABLES))
    assert process.resident < 32 * MB
    assert process.kernel > 16 * MB  # 4 kB for each 2 MB of 8 GB
    for count in (usage.most_bytes, usage.least_bytes, usage.proportional_bytes):
        assert count([process]) > 16 * MB


def test_a_process_whose_first_thread_has_ended_still_counts(start):
    pid = start(FIRST_THREAD_ENDED)
    (process,) = usage.look(pid)
    assert process.thread != pid
    assert process.resident > 64 * MB
    assert usage.proportional_bytes([process]) > 64 * MB
    assert usage.is_alive(process)
    assert usage.marked(f"MARK={MARK}".encode()) == [pid]


def test_a_process_with_unreadable_memory_counts_with_its_rss(monkeypatch, start):
    (process,) = usage.look(start("print('up', flush=True); import time; time.sleep(60)"))
    read = usage.read

    def refuse(path):
        if "smaps" in path:
            raise PermissionError
        return read(path)

    monkeypatch.setattr(usage, "read", refuse)
    assert usage.proportional_bytes([process]) == usage.most_bytes([process]) > 4 * MB


def test_a_process_that_ended_uses_nothing():
    ended = subprocess.Popen(["sleep", "60"])
    (process,) = usage.look(ended.pid)
    assert usage.is_alive(process)
    assert not usage.is_alive(dataclasses.replace(process, started=process.started - 1))
    ended.kill()
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    assert not usage.is_alive(process)  # it is only not waited for
    (left,) = usage.look(ended.pid)
    assert (left.thread, left.resident, left.peak) == (0, 0, 0)
    ended.wait()
    assert usage.look(ended.pid) == []
    assert usage.proportional_bytes([process]) == process.kernel


def process(pid, cpu, of_children=0.0):
    return usage.Process(pid, 0, pid, 1, 0, 0, 0, 0, cpu, of_children)


@pytest.mark.parametrize(
    ("looks", "total"),
    [
        ([[process(1, 1)], [process(1, 2)]], 2),
        ([[process(1, 1), process(2, 3)], [process(1, 5, 3)]], 5),  # waited for
        ([[process(1, 1), process(2, 3)], [process(1, 2)], [process(1, 2)]], 5),  # by nobody
        # Waited for after its parent was looked at.
        ([[process(1, 1), process(2, 3)], [process(1, 1)], [process(1, 4, 3)]], 4),
        ([[process(1, 2)], []], 2),
    ],
)
def test_time_of_ended_processes_counts_once(looks, total):
    cpu = usage.Cpu()
    for tree in looks:
        cpu.look(tree)
    assert cpu.seconds == total


def test_a_look_is_cheap(start):
    root = start(SHARED, lines=3)
    before = time.process_time()
    for _ in range(50):
        usage.look(root)
    assert (time.process_time() - before) / 50 < 0.002
