"""Run hostile entries together with an honest one, and report what they did to the machine.

`python attack_runs.py BACKEND...` prints the reports as JSON, for runs as another user.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import toy
from benchmark.core import Paths
from benchmark.data import splits
from benchmark.execution import executors, plan, runner
from benchmark.sandbox import backends
from benchmark.sandbox.request import RunConfig
from benchmark.worker.limits import Limits
from hostile import attacks
from hostile.attack import Attack

SECRET = "sesame-"  # in everything that no entry may read
NORMAL = Limits(seconds=60, memory_mb=300, scratch_mb=16, kept_mb=16, processes=64)
SHORT = Limits(seconds=10, memory_mb=300, scratch_mb=16, kept_mb=16, processes=64)
AT_ONCE = 5  # since most of them wait most of the time
SPELL = toy.TASK.format(module="text", target="text", metrics="text.WER").replace("Toy", "Spell")
PARTS = {
    "sandbox": ((attacks.SANDBOX, NORMAL), (attacks.ORDINARY_LIMITS, SHORT)),
    "protocol": ((attacks.PROTOCOL, NORMAL), (attacks.HANGING, SHORT)),
    "unsandboxed": ((attacks.UNSANDBOXED, NORMAL),),  # attacks that do no harm without a sandbox
}
Report = dict[str, Any]


def run_attacks(backend: backends.Backend, part: str) -> Report:
    """Run one part of the attacks in one isolation back end; the report has what tests check."""
    folder = Path(tempfile.mkdtemp(prefix="attacks-")).resolve()
    start, before = time.monotonic(), _mounts()
    report: Report = {"attacks": {}, "honest": []}
    try:
        os.chmod(folder, 0o755)
        with _secrets(folder) as (paths, blanks, received):
            canary = _state(paths.root / "canary")
            for several, limits in PARTS[part]:
                found = _run(paths, backend, several, limits, blanks)
                report["honest"].append(found.pop("honest"))
                report["attacks"] |= found
            report["seconds"] = time.monotonic() - start
            report["received"] = received
            report["canary"] = [canary, _state(paths.root / "canary")]
        report["processes"] = _living(folder)
        report["mounts"] = sorted(set(_mounts()) ^ set(before))
        report["temporary"] = os.listdir(folder / "tmp")
        report["late"] = _grow(folder)
        report["loot"] = _loot(folder)
        report["kept_mb"] = _size_mb(folder / "runs" / "checkpoints")
        kept = (folder / "runs" / "checkpoints").glob("*/*/*/*/*")
        report["kept"] = sorted(path.parent.name for path in kept)
    finally:  # by programs that work at any depth of folders
        subprocess.run(["chmod", "-R", "u+rwX", folder], check=True)
        subprocess.run(["rm", "-rf", folder, f"{folder}-libraries"], check=True)
    return report


def _run(
    paths: Paths,
    backend: backends.Backend,
    several: tuple[Attack, ...],
    limits: Limits,
    blanks: dict,
) -> Report:
    """One run of these attacks and the honest entry, each with how it ended."""
    for path in (paths.root / "baselines").glob("*.py"):
        path.unlink()
    (paths.root / "baselines" / "honest.py").write_text(attacks.HONEST)
    for attack in several:
        text = attack.text
        for name, value in blanks.items():
            text = text.replace(f"@{name}@", str(value))
        (paths.root / "baselines" / f"{attack.name}.py").write_text(text)
    chosen = plan.plan(paths, plan.RunSelection(), {"toy": toy.corpus()})
    assert not chosen.notes, chosen.notes
    config = RunConfig(limits, backend)
    runner.run(paths, chosen, executors.local_executor(AT_ONCE), config)
    again = "plants_links_and_fails"
    if again in chosen.entries:  # its checkpoints are there when it starts again
        once_more = plan.plan(paths, plan.RunSelection(entries=(again,)), {"toy": toy.corpus()})
        runner.run(paths, once_more, executors.serial_executor(), config, retry_failed=True)
    return {job.entry: _ending(paths, job) for job in chosen.jobs}


def _ending(paths: Paths, job: Any) -> Report:
    result = runner.read_result(paths.runs, job)
    log = paths.runs / "logs" / job.key.with_suffix(".log")
    evaluator_log = log.with_suffix(".evaluator.log")
    ending: Report = {
        "status": result.status if result else "missing",
        "reason": result.reason if result else evaluator_log.read_text()[-2000:],
        # A job has two workers, in an order drawn by lot; the first that fails ends it.
        "log": _log_text(log) + _log_text(log.with_suffix(".second.log")),
        "log_bytes": log.stat().st_size if log.exists() else 0,
        "isolation": result.isolation if result else "",
        "parameters": result.cost.parameters if result and result.cost else None,
        "items": {},
    }
    for item in result.items if result else ():
        ending["items"][item.recording] = {
            "prediction": item.prediction,
            **{name: list(found.statistics) for name, found in item.measurements.items()},
        }
    return ending


def _log_text(log: Path) -> str:
    """Its beginning and its end."""
    text = log.read_bytes().decode(errors="replace") if log.exists() else ""
    return text if len(text) < 100_000 else text[:50_000] + text[-50_000:]


@contextlib.contextmanager
def _secrets(folder: Path) -> Iterator[tuple[Paths, dict[str, object], list[str]]]:
    """A project with secrets in every folder, and sockets that should receive nothing."""
    paths = toy.project(folder)
    fold = splits.by_group(toy.recordings(folder), "text", ["sentence 4"], ["sentence 5"])
    path = folder / "tasks" / "splits" / "toy.all.json"
    splits.write(path, "new sentences", ["text"], {"a": fold})  # one job an entry is enough
    (folder / "tasks" / "spell.py").write_text(SPELL)
    for name in (
        *("data/corpus", "home/.ssh/id", ".git/config", "baselines/honest.json", "canary"),
        *("submissions/other.json", "runs/results/toy/other.json", "runs/logs/other.log"),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(SECRET + name)
    (folder / "tmp").mkdir()
    libraries = _libraries(folder)
    paths_of_modules = [os.environ.get("PYTHONPATH", ""), str(libraries), str(folder), "/"]
    planted = {
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "TOKEN": SECRET + "key",
        "PYTHONPATH": os.pathsep.join(paths_of_modules),
    }
    saved = {name: os.environ.get(name) for name in planted}
    os.environ.update(planted)
    shared = Path("/dev/shm", f"attacks-{uuid.uuid4().hex}")
    shared.write_text(SECRET + "shared")
    libc, key = ctypes.CDLL(None), uuid.uuid4().int % 2**31
    segment = libc.shmget(key, 4096, 0o1666)
    received: list[str] = []
    try:
        with _listeners(folder, received) as blanks:
            yield paths, {**blanks, "SHM": key, "LIBRARIES": libraries}, received
    finally:
        libc.shmctl(segment, 0, None)
        shared.unlink()
        for name, value in saved.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _libraries(folder: Path) -> Path:
    """A folder of libraries beside the project, as PYTHONPATH names it, with copies of answers."""
    libraries = folder.with_name(f"{folder.name}-libraries")
    for name in (
        *("benchmark/core.py", "benchmark/__init__.py", "benchmark/corpora/__init__.py"),
        *("clone.git/HEAD", "clone.git/objects/pack", "clone.git/refs/main"),
        *("old/prepared/0/answers/y", "old/signals/y", "silentbench-1.tar.gz"),
        *("unpacked/run_benchmark.py", "unpacked/data"),
    ):
        (libraries / name).parent.mkdir(parents=True, exist_ok=True)
        (libraries / name).write_text(f"# {SECRET}{name}")
    (libraries / "attacks_library.py").touch()
    return libraries


@contextlib.contextmanager
def _listeners(folder: Path, received: list[str]) -> Iterator[dict[str, object]]:
    """Sockets of every kind, and a client for the port that an attack opens."""
    abstract = f"attacks-{uuid.uuid4().hex}"
    ended = threading.Event()
    with contextlib.ExitStack() as stack:
        opened: dict[str, socket.socket] = {}
        for name, family, kind, address in (
            ("tcp", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            ("udp", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            ("abstract", socket.AF_UNIX, socket.SOCK_STREAM, f"\0{abstract}"),
            ("path", socket.AF_UNIX, socket.SOCK_STREAM, "socket"),
            ("free", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        ):
            opened[name] = stack.enter_context(socket.socket(family, kind))
            if name == "path":  # too long for the address of a socket, but for a relative one
                before = os.getcwd()
                os.chdir(folder)
                opened[name].bind(address)
                os.chdir(before)
                os.chmod(folder / "socket", 0o777)
            else:
                opened[name].bind(address)
            if kind == socket.SOCK_STREAM:
                opened[name].listen()
            opened[name].setblocking(False)
        free = opened.pop("free")
        port = free.getsockname()[1]
        free.close()

        def listen() -> None:
            while not ended.wait(0.05):
                for name, one in opened.items():
                    with contextlib.suppress(BlockingIOError):
                        if one.type == socket.SOCK_STREAM:
                            one.accept()[0].close()
                            received.append(name)
                        elif one.recv(9):
                            received.append(name)
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    received.append("a port that an entry opened")

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield {
                "TCP": opened["tcp"].getsockname()[1],
                "UDP": opened["udp"].getsockname()[1],
                "ABSTRACT": abstract,
                "LISTEN": port,
            }
        finally:
            ended.set()
            thread.join()


def _living(folder: Path) -> list[str]:
    """Processes of this run that are still alive, killed now: they name or mount its folder."""
    found = []
    above = _ancestors()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (process / "cmdline").read_bytes()
            text = command + (process / "environ").read_bytes()
            text += (process / "mountinfo").read_bytes()
            if str(folder).encode() in text and int(process.name) not in above and command:
                found.append(f"{process.name}: {command[:80]!r}")
                os.kill(int(process.name), signal.SIGKILL)
    return found


def _ancestors() -> set[int]:
    found, pid = set(), os.getpid()
    while pid:
        found.add(pid)
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return found


def _mounts() -> list[str]:
    """All but network namespaces, which tests of Dask make and remove meanwhile."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [line for line in lines if not line.split()[4].startswith("/run/netns")]


def _state(path: Path) -> list[object]:
    """Owner, mode and size of a file that no entry may have changed."""
    if not os.access(path, os.R_OK):
        return [path.stat().st_uid, path.stat().st_mode]
    return [path.stat().st_uid, path.stat().st_mode, path.stat().st_size]


def _grow(folder: Path) -> bool:
    """Whether some process still writes."""
    first = _size_mb(folder)
    time.sleep(0.3)
    return _size_mb(folder) != first


def _size_mb(folder: Path) -> float:
    done = subprocess.run(["du", "-sk", folder], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return int(done.stdout.split()[0]) / 1024


def _loot(folder: Path) -> list[str]:
    """Files that an attack made anywhere but in its checkpoints."""
    folders = (folder, Path("/tmp"), Path("/dev/shm"), Path("/"), Path.home(), Path(sys.prefix))
    kept = folder / "runs" / "checkpoints"
    found = [str(p / "loot") for p in folders if os.path.lexists(p / "loot")]
    for root, folders, files in os.walk(folder):
        if Path(root) == kept:
            folders.clear()
        elif "loot" in files:
            found.append(root)
    return found


def main(*names: backends.Backend) -> None:
    print(json.dumps({backend: run_attacks(backend, "sandbox") for backend in names}))


if __name__ == "__main__":
    main(*sys.argv[1:])
