"""Isolation back ends: run a command with only the files it was given and without a network.

- `bubblewrap`, where the program `bwrap` is installed.
- `unshare`: the same by system calls alone (`unshare.py`); the fallback without bubblewrap.
- `process`: no sandbox, only the limits of `process.py`.

A back end is tried out, not guessed: `is_available` runs a Python in it.

In a sandbox the command sees the system's libraries, the interpreter and what its `View` names, all
read-only but for the writable folders, an empty /tmp and an empty /dev/shm of limited size. It has
namespaces of its own for mounts, processes, IPC, host name and network. Started by root it runs as
a user without rights, with a user id that no other job has at that time, so that limits of a user
hold for it alone; started by anyone else, in a user namespace. Neither can undo a mount.
"""

from __future__ import annotations

import errno
import functools
import json
import os
import shutil
import site
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from benchmark.core import UserError

Backend = Literal["bubblewrap", "unshare", "process"]
BACKENDS: tuple[Backend, ...] = get_args(Backend)  # the strongest first
SCRATCH = Path("/tmp")  # as seen in a sandbox
SYSTEM = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/alternatives", "/etc/localtime"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d"),
)
UNSHARE_SCRIPT = Path(__file__).resolve().with_name("unshare.py")
FIRST_USER, USERS = 50_000, 10_000  # user ids that no person and no service has
PROBE_SECONDS = 20

Step = tuple[Literal["read", "write", "link", "hide"], Path]


@dataclass(frozen=True)
class View:
    """What a command sees besides the system and the interpreter, each path where it really is."""

    readable: tuple[Path, ...]
    writable: tuple[Path, ...] = ()
    elsewhere: Mapping[Path, Path] = field(default_factory=dict)  # where such a one really lies
    hidden: tuple[Path, ...] = ()  # folders, in case they lie inside something that is visible
    scratch_mb: int = 1024


def strongest() -> Backend:
    """The strongest back end that works on this machine."""
    return next(backend for backend in BACKENDS if is_available(backend))


def is_available(backend: Backend) -> bool:
    """Whether a Python starts in such a sandbox and finds its libraries."""
    if backend == "process":
        return True
    if backend == "bubblewrap" and shutil.which("bwrap") is None:
        return False
    probe = [sys.executable, "-c", "import numpy"]
    try:
        done = subprocess.run(
            sandboxed(backend, probe, View(())), capture_output=True, timeout=PROBE_SECONDS
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def sandbox_user() -> int | None:
    """The user id that sandboxes of this process run as; None: as the caller, who is not root."""
    return _reserved_user(os.getpid()) if os.geteuid() == 0 else None


@functools.lru_cache(maxsize=1)  # a fork is another process, and reserves another one
def _reserved_user(pid: int) -> int:
    """A user id that no other process of this machine has; it is free again when this one ends."""
    for offset in range(USERS):
        number = FIRST_USER + (pid + offset) % USERS
        # An abstract socket is a lock that needs no folder and that nobody has to clean up.
        lock = socket.socket(socket.AF_UNIX)
        try:
            lock.bind(f"\0silentbench-user-{number}")
        except OSError as error:
            lock.close()
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            lock.detach()  # open as long as the process lives
            return number
    raise UserError(f"all {USERS} user ids from {FIRST_USER} on are in use by other jobs")


def sandboxed(backend: Backend, command: Sequence[str], view: View) -> list[str]:
    """The command line that runs `command` in a sandbox with this view."""
    if backend == "process":
        return list(command)
    steps = sorted(set(_steps(view)), key=lambda step: (len(step[1].parts), step))
    if backend == "bubblewrap":
        return [*_bubblewrap(steps, view), *command]
    layout = {
        "steps": [(action, str(path)) for action, path in steps],
        "elsewhere": {str(path): str(source) for path, source in view.elsewhere.items()},
        "scratch_mb": view.scratch_mb,
        "user": sandbox_user(),
    }
    return [sys.executable, "-I", "-S", str(UNSHARE_SCRIPT), json.dumps(layout), *command]


def _steps(view: View) -> Iterator[Step]:
    """What is mounted where, in any order: the deeper path is mounted later, and wins."""
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
    """Folders of Python and its libraries, but none that holds or lies in a hidden one."""
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


def _bubblewrap(steps: Sequence[Step], view: View) -> list[str]:
    out = ["bwrap", "--die-with-parent", "--unshare-pid", "--unshare-net", "--unshare-ipc"]
    out += ["--unshare-uts", "--unshare-cgroup-try", "--proc", "/proc", "--dev", "/dev"]
    out += _nodes()
    size = str(view.scratch_mb * 2**20)
    for folder in ("/dev/shm", str(SCRATCH)):
        out += ["--perms", "1777", "--size", size, "--tmpfs", folder]
    made: set[Path] = set()
    for action, path in steps:
        for parent in reversed(path.parents[:-1]):
            if parent not in made:  # bwrap would make it, but for root alone
                out += ["--perms", "0755", "--dir", str(parent)]
        made |= {path, *path.parents}
        match action:
            case "read":
                out += ["--ro-bind", str(path), str(path)]
            case "write":
                out += ["--bind", str(view.elsewhere.get(path, path)), str(path)]
            case "link":
                out += ["--symlink", os.readlink(path), str(path)]
            case "hide":
                out += ["--tmpfs", str(path)]
    # Else a model could write to these without a limit.
    for folder in (*(str(path) for action, path in steps if action == "hide"), "/dev", "/"):
        out += ["--remount-ro", folder]
    out += ["--chdir", str(SCRATCH)]
    if (number := sandbox_user()) is None:
        return [*out, "--unshare-user"]
    out += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "setpriv", "--no-new-privs"]
    return [*out, f"--reuid={number}", f"--regid={number}", "--clear-groups", "--inh-caps=-all"]


def _nodes() -> list[str]:
    """The devices of graphics cards, where there are any."""
    nodes = sorted(Path("/dev").glob("nvidia*"))
    return [word for path in nodes for word in ("--dev-bind", str(path), str(path))]
