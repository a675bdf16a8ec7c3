"""Evaluators are forked from one process that has imported all that they need.

    python -m benchmark.evaluation.fork_server DESCRIPTOR_OF_A_SOCKET

Importing takes longer than many a job. A launcher starts one such process with its first job, and
has it fork an evaluator for each: a process of its own, with an environment and a log of its own.
All of them end when the launcher does.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from benchmark import metrics
from benchmark.results import environment
from benchmark.sandbox import worker_code
from benchmark.worker.limits import ONE_THREAD

ROOT = Path(__file__).resolve().parents[2]
OPEN_FILES = 4096  # that a server may have open, at most

_starting = threading.Lock()
_users: Counter[int] = Counter()  # runs that go on, by launcher
_servers: dict[int, tuple[subprocess.Popen[bytes], socket.socket]] = {}  # by launcher: one forks


def run(
    request: str, log: Path, environment: Mapping[str, str], may_start: Callable[[], Sequence[int]]
) -> int:
    """Run an evaluator to its end; its exit status, negative for a signal.

    It makes itself ready at once, and goes on when `may_start` returns the cores that it has, none
    for all. What it prints is in `log`.
    """
    process, calls = _server()
    asked, ask = os.pipe()
    told, tell = os.pipe()
    with open(told, "rb") as answers, open(ask, "wb") as requests:
        try:
            with log.open("wb") as file, contextlib.suppress(BrokenPipeError):  # it ended
                socket.send_fds(calls, [b"."], [asked, file.fileno(), tell])
        finally:
            os.close(asked)
            os.close(tell)
        with contextlib.suppress(BrokenPipeError):
            requests.write(json.dumps([request, dict(environment)]).encode() + b"\n")
            requests.flush()
        cores = may_start()
        with contextlib.suppress(BrokenPipeError):
            requests.write(json.dumps(cores).encode())
            requests.close()
        if answer := answers.read():
            return int(answer)
    # The server has ended, and its evaluators with it; the next job starts another one.
    with contextlib.suppress(subprocess.TimeoutExpired):
        return process.wait(1.0) or -signal.SIGKILL
    return -signal.SIGKILL


def _server() -> tuple[subprocess.Popen[bytes], socket.socket]:
    """The server of this process, started if it is not there."""
    with _starting:
        server = _servers.get(os.getpid())
        if server is None or server[0].poll() is not None:
            ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with its:
                process = subprocess.Popen(
                    [sys.executable, "-m", "benchmark.evaluation.fork_server", str(its.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    cwd=ROOT,
                    # Several score at once, and threads of BLAS that share a core wait busily.
                    env={**os.environ, **ONE_THREAD},
                    pass_fds=[its.fileno()],
                )
            if server:
                server[1].close()
            server = _servers[os.getpid()] = process, ours
        return server


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Keep a new server for a run of many jobs, and end it with the last run of this process."""
    with _starting:
        first = not _users[os.getpid()]
        _users[os.getpid()] += 1
    if first:
        end()  # of single jobs before, with the environment of that time
    try:
        yield
    finally:
        with _starting:
            _users[os.getpid()] -= 1
            last = not _users[os.getpid()]
        if last:
            end()


@atexit.register
def end() -> None:
    """End the server of this process, and with it what is left of its evaluators."""
    if server := _servers.pop(os.getpid(), None):
        process, calls = server
        calls.close()
        process.kill()
        process.wait()


def serve(calls: socket.socket) -> None:
    """Fork an evaluator for each call, and tell how it ended; until the launcher has ended."""
    from benchmark.evaluation import evaluator

    _prepare()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the launcher decides when this ends
    ended, notify = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(notify)
    server = str(os.getpid())
    running: dict[int, int] = {}  # evaluator -> where to tell its status
    while True:
        ready, _, _ = select.select([calls.fileno(), ended], [], [])
        if ended in ready:
            os.read(ended, OPEN_FILES)
            _tell(running)
        if calls.fileno() in ready:
            _, files, _, _ = socket.recv_fds(calls, 1, 3, socket.MSG_CMSG_CLOEXEC)
            if not files:
                return
            child = os.fork()
            if not child:
                _become(files, evaluator.main, server)
            running[child] = files.pop()
            for file in files:
                os.close(file)


def _prepare() -> None:
    """Do once what every evaluator needs, and have them share the memory of it."""
    for module in pkgutil.walk_packages(metrics.__path__, f"{metrics.__name__}."):
        importlib.import_module(module.name)
    environment.versions()
    worker_code.files()
    gc.collect()
    gc.freeze()


def _tell(running: dict[int, int]) -> None:
    """Tell the status of each evaluator that has ended."""
    while running:
        child, status = os.waitpid(-1, os.WNOHANG)
        if not child:
            return
        told = running.pop(child)
        with contextlib.suppress(BrokenPipeError):
            os.write(told, str(os.waitstatus_to_exitcode(status)).encode())
        os.close(told)


def _become(files: list[int], evaluate: Callable[[str, str], None], server: str) -> NoReturn:
    """Be an evaluator, which knows nothing of the server or of other evaluators."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for own, file in enumerate((files[0], files[1], files[1])):
            os.dup2(file, own)
        os.closerange(3, OPEN_FILES)
        request, environment = json.loads(sys.stdin.readline())
        os.environ.clear()
        os.environ.update(environment)
        tempfile.tempdir = None  # as the environment says, which may not be that of the server
        evaluate(request, server)
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 1
    except BaseException:  # noqa: BLE001
        traceback.print_exc()  # as an interpreter ends that raised
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
