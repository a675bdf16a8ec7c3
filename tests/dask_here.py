"""A real Dask scheduler with workers in network namespaces of their own, for tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from exclusive import exclusive

PORT = 28786
SETTINGS = {
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",
    "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "6s",
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "15s",
}


@dataclass
class Cluster:
    """Where its scheduler answers, and its workers by number."""

    address: str
    workers: list[subprocess.Popen[bytes]]

    def kill(self, number: int) -> None:
        self.workers[number].send_signal(signal.SIGKILL)
        self.workers[number].wait()

    def cut_off(self, number: int) -> None:
        ip("link", "set", f"sbh{number}", "down")


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextmanager
def cluster(folder: Path, count: int = 2) -> Iterator[Cluster]:
    """A scheduler on this machine and `count` workers that reach it through cables of their own."""
    with exclusive("dask"):
        _remove_cables(count)  # of a test that was killed
        with _cluster(folder, count) as found:
            yield found


@contextmanager
def _cluster(folder: Path, count: int) -> Iterator[Cluster]:
    program = [sys.executable, "-m", "distributed.cli"]
    environment = {**os.environ, **SETTINGS, "DASK_TEMPORARY_DIRECTORY": str(folder)}
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str, *command: str) -> subprocess.Popen[bytes]:
        with (folder / f"{name}.log").open("wb") as log:
            started.append(subprocess.Popen(command, stdout=log, stderr=log, env=environment))
        return started[-1]

    try:
        scheduler = [*program[:-1], f"{program[-1]}.dask_scheduler", "--host=0.0.0.0"]
        start("scheduler", *scheduler, f"--port={PORT}", "--no-dashboard")
        workers = []
        for number in range(count):
            _cable(number)
            worker = [*program[:-1], f"{program[-1]}.dask_worker", f"tcp://10.97.{number}.1:{PORT}"]
            options = ["--nthreads=1", "--no-nanny", "--no-dashboard", "--death-timeout=60"]
            space = ["ip", "netns", "exec", f"sb{number}"]
            workers.append(start(f"worker{number}", *space, *worker, *options))
        address = f"tcp://127.0.0.1:{PORT}"
        _wait_for_workers(address, count)
        yield Cluster(address, workers)
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()
        _remove_cables(count)


def _remove_cables(count: int) -> None:
    for number in range(count):
        for words in (("netns", "delete", f"sb{number}"), ("link", "delete", f"sbh{number}")):
            subprocess.run(["ip", *words], capture_output=True, check=False)


def _cable(number: int) -> None:
    space, here, there = f"sb{number}", f"sbh{number}", f"sbw{number}"
    ip("netns", "add", space)
    ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", space)
    ip("addr", "add", f"10.97.{number}.1/24", "dev", here)
    ip("link", "set", here, "up")
    for words in (
        ("addr", "add", f"10.97.{number}.2/24", "dev", there),
        ("link", "set", there, "up"),
        ("link", "set", "lo", "up"),
    ):
        ip("-n", space, *words)


def _wait_for_workers(address: str, count: int) -> None:
    # In a process of its own: a client leaves threads behind that outlive a test.
    text = (
        "from distributed import Client\n"
        f"with Client({address!r}, timeout='30s') as client:\n"
        f"    client.wait_for_workers({count}, timeout=30)\n"
    )
    subprocess.run([sys.executable, "-c", text], check=True, timeout=90)
