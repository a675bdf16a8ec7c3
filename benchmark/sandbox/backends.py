"""Walls around a command: the files that it was given, its own processes, no network.

`bubblewrap` where it is installed, else the same by `enclose.py` (the system call `unshare`), else
`process`: no walls. Which one is tried out, not guessed: `best` runs a Python within.

The command sees the system's libraries, the interpreter and what its `View` names, all read-only
but for the folders meant for writing, an empty /tmp and an empty /dev/shm of limited size. It has
namespaces of its own for mounts, processes, IPC, host name and network. Started by root it runs as
a user without rights whose number no other job has, so that limits hold for it; started by anyone
else, within a user namespace. Neither can take a mount away.
"""

from __future__ import annotations

import json
import os
import shutil
import site
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

Kind = Literal["bubblewrap", "unshare", "process"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SCRATCH = Path("/tmp")  # within walls
SYSTEM = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/alternatives", "/etc/localtime"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d"),
)
ENCLOSE = Path(__file__).resolve().with_name("unshare.py")
FIRST_USER, USERS = 50_000, 10_000  # numbers that no person and no service has
PROBE_SECONDS = 20

Step = tuple[Literal["read", "write", "link", "hide"], Path]


@dataclass(frozen=True)
class View:
    """What a command sees beside the system and the interpreter, each thing where it really is."""

    readable: tuple[Path, ...]
    writable: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()  # folders, in case they lie within something that is seen
    scratch_mb: int = 1024


def best() -> Kind:
    """The strongest walls that this machine can build."""
    return next(kind for kind in KINDS if works(kind))


def works(kind: Kind) -> bool:
    """Whether a Python starts within such walls and finds its libraries."""
    if kind == "process":
        return True
    if kind == "bubblewrap" and shutil.which("bwrap") is None:
        return False
    probe = [sys.executable, "-c", "import numpy"]
    try:
        done = subprocess.run(
            enclosed(kind, probe, View(())), capture_output=True, timeout=PROBE_SECONDS
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def user() -> int | None:
    """Who the command runs as when root starts it; None for the caller's own user."""
    return FIRST_USER + os.getpid() % USERS if os.geteuid() == 0 else None


def enclosed(kind: Kind, command: Sequence[str], view: View) -> list[str]:
    """The command that runs `command` within walls."""
    if kind == "process":
        return list(command)
    steps = sorted(set(_steps(view)), key=lambda step: (len(step[1].parts), step))
    if kind == "bubblewrap":
        return [*_bubblewrap(steps, view.scratch_mb), *command]
    order = {
        "steps": [(what, str(path)) for what, path in steps],
        "scratch_mb": view.scratch_mb,
        "user": user(),
    }
    return [sys.executable, "-I", "-S", str(ENCLOSE), json.dumps(order), *command]


def _steps(view: View) -> Iterator[Step]:
    """What is put where; the deeper path is the later one, and wins."""
    for name in SYSTEM:
        path = Path(name)
        if path.is_symlink():
            yield "link", path
        elif path.exists():
            yield "read", path
    for path in view.hidden:
        yield "hide", path
    for path in (*_interpreter(view.hidden), *view.readable):
        yield "read", path
    for path in view.writable:
        yield "write", path


def _interpreter(hidden: Sequence[Path]) -> Iterator[Path]:
    """Where Python and the libraries lie that it finds, without folders that shall be hidden."""
    yield from map(Path, dict.fromkeys((sys.prefix, sys.base_prefix)))
    link = Path(sys.executable)
    while link.is_symlink():
        link = link.parent / link.readlink()
        yield Path(os.path.normpath(link.parent))
    more = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    if site.ENABLE_USER_SITE:
        more.append(site.getusersitepackages())
    for path in map(Path, filter(os.path.isabs, more)):
        inside = any(path.is_relative_to(h) or h.is_relative_to(path) for h in hidden)
        if path.is_dir() and not inside:
            yield path


def _bubblewrap(steps: Sequence[Step], scratch_mb: int) -> list[str]:
    out = ["bwrap", "--die-with-parent", "--unshare-pid", "--unshare-net", "--unshare-ipc"]
    out += ["--unshare-uts", "--unshare-cgroup-try", "--proc", "/proc", "--dev", "/dev"]
    out += _nodes()
    size = str(scratch_mb * 2**20)
    for place in ("/dev/shm", str(SCRATCH)):
        out += ["--perms", "1777", "--size", size, "--tmpfs", place]
    there: set[Path] = set()
    for what, path in steps:
        for parent in reversed(path.parents[:-1]):
            if parent not in there:  # made by itself, only root could enter it
                out += ["--perms", "0755", "--dir", str(parent)]
        there |= {path, *path.parents}
        match what:
            case "read":
                out += ["--ro-bind", str(path), str(path)]
            case "write":
                out += ["--bind", str(path), str(path)]
            case "link":
                out += ["--symlink", os.readlink(path), str(path)]
            case "hide":
                out += ["--tmpfs", str(path)]
    # Else these are places to write to without a limit.
    for place in (*(str(path) for what, path in steps if what == "hide"), "/dev", "/"):
        out += ["--remount-ro", place]
    out += ["--chdir", str(SCRATCH)]
    if (number := user()) is None:
        return [*out, "--unshare-user"]
    out += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "setpriv", "--no-new-privs"]
    return [*out, f"--reuid={number}", f"--regid={number}", "--clear-groups", "--inh-caps=-all"]


def _nodes() -> list[str]:
    """The devices of graphics cards, where there are any."""
    found = sorted(Path("/dev").glob("nvidia*"))
    return [word for path in found for word in ("--dev-bind", str(path), str(path))]
