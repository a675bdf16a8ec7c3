"""Isolation back ends: run a command with only the files it was given and without a network.

- `bubblewrap`, where the program `bwrap` is installed.
- `unshare`: the same by system calls alone (`unshare.py`); the fallback without bubblewrap.
- `process`: no sandbox, only the limits of `process.py`. It is never chosen, only asked for.

A back end is tried out, not guessed: `problem` runs a Python in it.

In a sandbox the command sees what an interpreter needs of the system (`view/`) and what its
`View` names, all read-only but for the writable folders, an empty /tmp and an empty /dev/shm of
limited size. It has namespaces of its own for mounts, processes, IPC, host name and network.
Started by root it runs as a user without rights, with a user id that no other job has at that time,
so that limits of a user hold for it alone; started by anyone else, in a user namespace. Neither can
undo a mount.
"""

from __future__ import annotations

import errno
import functools
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

from benchmark.core import MachineFault, UserError
from benchmark.sandbox.view import libraries
from benchmark.sandbox.view.layout import Step, View

Backend = Literal["bubblewrap", "unshare", "process"]
BACKENDS: tuple[Backend, ...] = get_args(Backend)  # the strongest first
SCRATCH = Path("/tmp")  # as seen in a sandbox
NAMES = 65_536  # files in a folder of scratch
# Without /dev/zero: memory that is shared by mapping it is nobody's in the books of the kernel.
DEVICES = ("null", "full", "random", "urandom")
# Counters of the whole machine: by them, one job could tell another what it read or looked up.
COUNTERS = (
    *("buddyinfo", "diskstats", "interrupts", "kallsyms", "loadavg", "locks", "pagetypeinfo"),
    *("schedstat", "softirqs", "vmstat", "zoneinfo", "sys/fs/dentry-state", "sys/fs/file-nr"),
    *("sys/fs/inode-nr", "sys/fs/inode-state", "pressure/cpu", "pressure/io", "pressure/memory"),
)
UNSHARE_SCRIPT = Path(__file__).resolve().with_name("unshare.py")
FIRST_USER, USERS = 50_000, 10_000  # user ids that no person and no service has
PROBE_SECONDS = 20


def strongest() -> Backend:
    """The strongest sandbox that works on this machine; UserError where none does."""
    problems = []
    for backend in BACKENDS[:-1]:
        if not (said := problem(backend)):
            return backend
        problems.append(f"{backend}: {said}")
    raise UserError(
        f"this machine has no sandbox for the code of entries ({'; '.join(problems)}): install "
        "bubblewrap and allow user namespaces, or run code that you trust without a sandbox by "
        "--isolation process"
    )


def is_available(backend: Backend) -> bool:
    """Whether a Python starts in such a sandbox and finds its libraries."""
    return not problem(backend)


def problem(backend: Backend) -> str:
    """Why no Python starts in such a sandbox, in the last words of what failed, or ""."""
    if backend == "process":
        return ""
    if backend == "bubblewrap" and shutil.which("bwrap") is None:
        return "the program bwrap is not installed"
    probe = [libraries.interpreter(), "-c", "import numpy"]
    try:
        done = subprocess.run(
            sandboxed(backend, probe, View(())),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PROBE_SECONDS,
            env={"PATH": os.environ.get("PATH", os.defpath), **libraries.variables(None, ())},
        )
    except subprocess.TimeoutExpired:
        return f"it did not start within {PROBE_SECONDS} s"
    except (OSError, MachineFault) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    said = done.stderr.decode(errors="replace").strip().splitlines()
    return said[-1][:300] if said else f"it ended with status {done.returncode}"


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
    raise MachineFault(f"all {USERS} user ids from {FIRST_USER} on are in use by other jobs")


def sandboxed(backend: Backend, command: Sequence[str], view: View) -> list[str]:
    """The command line that runs `command` in a sandbox with this view.

    MachineFault where something to be hidden is what has to be visible.
    """
    if backend == "process":
        return list(command)
    steps = view.steps
    if backend == "bubblewrap":
        return [*_bubblewrap(steps, view), *command]
    layout = {
        "steps": [(action, str(path)) for action, path in steps],
        "elsewhere": {str(path): str(source) for path, source in view.elsewhere.items()},
        "scratch": f"size={view.scratch_mb}m,nr_inodes={NAMES},mode=1777",
        "devices": [*DEVICES, *(path.name for path in _graphics())],
        "counters": _counters(),
        "user": sandbox_user(),
    }
    return [sys.executable, "-I", "-S", str(UNSHARE_SCRIPT), json.dumps(layout), *command]


def _bubblewrap(steps: Sequence[Step], view: View) -> list[str]:
    out = ["bwrap", "--die-with-parent", "--unshare-pid", "--unshare-net", "--unshare-ipc"]
    out += ["--unshare-uts", "--unshare-cgroup-try", "--proc", "/proc", "--tmpfs", "/dev"]
    for path in (*(Path("/dev", name) for name in DEVICES), *_graphics()):
        out += ["--dev-bind", str(path), str(path)]
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        out += ["--symlink", f"/proc/self/fd{target}", f"/dev/{name}"]
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
            case "folder":
                out += ["--perms", "0755", "--dir", str(path)]
            case "hide" if path.is_dir():
                out += ["--perms", "0755", "--tmpfs", str(path)]
            case "hide":
                out += ["--ro-bind", "/dev/null", str(path)]
    for name in _counters():
        out += ["--ro-bind", "/dev/null", f"/proc/{name}"]
    # Else a model could write to these without a limit, or say to the kernel what to do with it.
    closed = (str(path) for action, path in steps if action == "hide" and path.is_dir())
    for folder in (*closed, "/proc", "/dev", "/"):
        out += ["--remount-ro", folder]
    out += ["--chdir", str(SCRATCH)]
    if (number := sandbox_user()) is None:
        return [*out, "--unshare-user"]
    out += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "setpriv", "--no-new-privs"]
    return [*out, f"--reuid={number}", f"--regid={number}", "--clear-groups", "--inh-caps=-all"]


def _counters() -> list[str]:
    """The files of /proc to close: COUNTERS that are here, and those of the file systems."""
    found = [name for name in COUNTERS if Path("/proc", name).exists()]
    for folder, _, names in os.walk("/proc/fs"):
        paths = [f"{folder}/{name}" for name in names]
        found += [os.path.relpath(path, "/proc") for path in paths if not os.path.islink(path)]
    return found


def _graphics() -> list[Path]:
    """The devices of graphics cards, where there are any."""
    return sorted(Path("/dev").glob("nvidia*"))
