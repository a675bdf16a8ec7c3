"""Evaluators are forked: each is a process of its own, and its launcher learns how it ended.

That they end with their launcher is tested with whole runs, in `tests/execution/test_crash.py`.
"""

import json
import os
import signal
import sys
import time

import pytest

from benchmark.evaluation import fork_server
from benchmark.worker.limits import ONE_THREAD

# A server whose evaluators do what their request says.
STAND_IN = """
import os, random, signal, socket, sys
from benchmark.evaluation import evaluator, fork_server
def main(request, server):
    assert int(server) == os.getppid()
    exec(request)
evaluator.main = main
fork_server.serve(socket.socket(fileno=int(sys.argv[-1])))
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Have an evaluator do something; its exit status, and what it printed."""
    script = tmp_path / "python"
    script.write_text(f"#!{sys.executable}\n{STAND_IN}")
    script.chmod(0o755)
    monkeypatch.setattr(fork_server.sys, "executable", str(script))
    monkeypatch.setattr(fork_server, "_servers", {})
    monkeypatch.setenv("PYTHONPATH", str(fork_server.ROOT))

    def do(request, may_start=lambda: None, **variables):
        log = tmp_path / "log"
        status = fork_server.run(request, log, {**os.environ, **variables}, may_start)
        return status, log.read_text()

    yield do
    fork_server.end()


@pytest.mark.parametrize(
    ("request_", "status", "said"),
    [
        ("print('done')", 0, "done\n"),
        ("print('75'); sys.exit(75)", 75, "75\n"),
        ("os.write(2, b'error'); os._exit(3)", 3, "error"),
        ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL, ""),
        ("os.kill(os.getpid(), signal.SIGSEGV)", -signal.SIGSEGV, ""),
    ],
)
def test_status_and_output_are_those_of_the_evaluator(run, request_, status, said):
    assert run(request_) == (status, said)


def test_what_an_evaluator_raises_ends_its_log(run):
    status, said = run("raise RuntimeError('a bug')")
    assert status == 1
    assert said.splitlines()[-1] == "RuntimeError: a bug"
    assert run("print(1)") == (0, "1\n")  # nor does it end the server


def test_evaluators_share_a_server_and_nothing_else(run):
    tell = "print(os.getpid(), os.getppid(), random.random(), sorted(os.listdir('/proc/self/fd')))"
    first, second = (run(tell)[1].split(" ", 3) for _ in range(2))
    assert first[0] != second[0]
    assert first[1] == second[1]
    assert first[2] != second[2]
    # Its input, its output and the folder that is listed: no other job's, and no way to the server.
    assert first[3] == second[3] == "['0', '1', '2', '3']\n"


def test_an_evaluator_has_the_environment_of_its_job(run, tmp_path):
    assert run("print(ascii(os.environb[b'JOB']))", JOB="ä\udcff")[1] == "b'\\xc3\\xa4\\xff'\n"
    assert run("print(os.environ.get('JOB'))")[1] == "None\n"
    folder = str(tmp_path / "temporary")
    os.mkdir(folder)
    assert run("import tempfile; print(tempfile.gettempdir())", TMPDIR=folder)[1] == f"{folder}\n"


def test_evaluators_calculate_in_one_thread_each(run, monkeypatch):
    for name in ONE_THREAD:
        monkeypatch.delenv(name, raising=False)
    tell = "print([one['num_threads'] for one in threadpoolctl.threadpool_info()])"
    counts = json.loads(run(f"import threadpoolctl; {tell}")[1])
    assert counts
    assert set(counts) == {1}


def test_an_evaluator_waits_until_it_may_start(run):
    def may_start():
        time.sleep(0.2)
        moments.append(time.monotonic())

    moments = []
    _, said = run("sys.stdin.read(); import time; print(time.monotonic())", may_start)
    assert float(said) >= moments[0]


def test_a_server_that_was_killed_is_a_lost_job_and_is_started_anew(run):
    first = run("print(os.getppid())")[1]
    status, _ = run("os.kill(os.getppid(), signal.SIGKILL); import time; time.sleep(60)")
    assert status == -signal.SIGKILL
    again = run("print(os.getppid())")[1]
    assert int(again) != int(first)


def test_a_server_that_cannot_start_is_told(run, monkeypatch):
    monkeypatch.setattr(fork_server.sys, "executable", "/bin/false")
    assert run("print(1)") == (1, "")
