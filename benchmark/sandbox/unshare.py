"""Run a command within namespaces, by system calls alone: `python -I -S enclose.py ORDER COMMAND`.

What `walls.py` asks for where bubblewrap is not installed. Imports nothing but the standard
library, since it starts once a job and before anything else. Needs Linux 5.12.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from typing import Any

LIBC = ctypes.CDLL(None, use_errno=True)
# From linux/sched.h, linux/mount.h and linux/prctl.h.
NEWNS, NEWUTS, NEWIPC = 0x20000, 0x4000000, 0x8000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000
NOSUID, NODEV, BIND, RECURSIVE, PRIVATE, RDONLY = 2, 4, 4096, 16384, 1 << 18, 1
DETACH, AT_FDCWD, AT_RECURSIVE = 2, -100, 0x8000
PIVOT_ROOT, MOUNT_SETATTR = 155, 442
if os.uname().machine == "aarch64":
    PIVOT_ROOT = 41
PDEATHSIG, NO_NEW_PRIVS = 1, 38
DEVICES = ("null", "zero", "full", "random", "urandom")


def main(text: str, *command: str) -> None:
    order = json.loads(text)
    caller = os.getuid(), os.getgid()
    spaces = NEWNS | NEWPID | NEWIPC | NEWUTS | NEWNET
    call("unshare", spaces if order["user"] else spaces | NEWUSER)
    if not order["user"]:
        stay(*caller)
    die_with_parent()
    call("mount", None, b"/", None, RECURSIVE | PRIVATE, None)
    child = os.fork()
    if child:
        wait_for(child)
    build(order["steps"], f"size={order['scratch_mb']}m,mode=1777".encode())
    call("prctl", NO_NEW_PRIVS, 1, 0, 0, 0)
    if order["user"]:
        os.setgroups([])
        os.setresgid(*[order["user"]] * 3)
        os.setresuid(*[order["user"]] * 3)
    else:
        # What a namespace inherits from one with more rights, it cannot take away.
        call("unshare", NEWUSER | NEWNS)
        stay(*caller)
    die_with_parent()
    command_pid = os.fork()
    if command_pid:
        wait_for(command_pid)
    os.execvp(command[0], command)


def call(name: str, *arguments: Any) -> None:
    if getattr(LIBC, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def die_with_parent() -> None:
    """With the first process of a namespace all others end; a change of rights forgets this."""
    call("prctl", PDEATHSIG, signal.SIGKILL)


def stay(user: int, group: int) -> None:
    """Be the same user and group within the new user namespace."""
    for name, content in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(content)


def wait_for(child: int) -> None:
    """Bury all that dies, and end as the child does."""
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def build(steps: list[tuple[str, str]], scratch: bytes) -> None:
    """A new root with nothing in it but what the steps put there."""
    call("mount", b"tmpfs", b"/tmp", b"tmpfs", NOSUID | NODEV, b"mode=755")
    os.mkdir("/tmp/old")
    os.mkdir("/tmp/new")
    os.chdir("/tmp")
    call("syscall", PIVOT_ROOT, b"/tmp", b"/tmp/old")
    os.chdir("/")
    call("mount", b"tmpfs", b"/new", b"tmpfs", NOSUID | NODEV, b"mode=755")
    for name in ("dev", "proc", "tmp"):
        os.mkdir(f"/new/{name}")
    call("mount", b"proc", b"/new/proc", b"proc", NOSUID | NODEV | 8, None)
    devices()
    for place in (b"/new/dev/shm", b"/new/tmp"):
        call("mount", b"tmpfs", place, b"tmpfs", NOSUID | NODEV, scratch)
    hidden = []
    for what, path in steps:
        if what == "link":
            os.makedirs(os.path.dirname(f"/new{path}"), exist_ok=True)
            os.symlink(os.readlink(f"/old{path}"), f"/new{path}")
        elif what == "hide":
            os.makedirs(f"/new{path}", exist_ok=True)
            call("mount", b"tmpfs", f"/new{path}".encode(), b"tmpfs", NOSUID, b"mode=755")
            hidden.append(path)
        else:
            bind(path, NOSUID | NODEV | (RDONLY if what == "read" else 0))
    for path in (*hidden, "/dev", ""):
        set_flags(f"/new{path}", NOSUID | RDONLY, whole=False)
    os.chdir("/new")
    call("syscall", PIVOT_ROOT, b".", b".")
    call("umount2", b".", DETACH)
    os.chdir("/tmp")


def devices() -> None:
    call("mount", b"tmpfs", b"/new/dev", b"tmpfs", NOSUID, b"mode=755")
    os.mkdir("/new/dev/shm")
    nodes = [name for name in os.listdir("/old/dev") if name.startswith("nvidia")]
    for name in (*DEVICES, *nodes):
        bind(f"/dev/{name}", NOSUID)
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        os.symlink(f"/proc/self/fd{target}", f"/new/dev/{name}")


def bind(path: str, flags: int) -> None:
    """The same file or folder, with all that is mounted below it."""
    source, target = real(path), f"/new{path}"
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "a"):
            pass
    call("mount", source.encode(), target.encode(), None, BIND | RECURSIVE, None)
    set_flags(target, flags, whole=True)


def real(path: str) -> str:
    """Where a path of the old root leads, links followed within the old root."""
    found = "/old"
    for part in path.strip("/").split("/"):
        step = f"{found}/{part}"
        if os.path.islink(step):
            inside = found.removeprefix("/old")
            step = real(os.path.normpath(os.path.join(inside or "/", os.readlink(step))))
        found = step
    return found


class Attributes(ctypes.Structure):
    """`struct mount_attr`"""

    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


def set_flags(path: str, flags: int, whole: bool) -> None:
    """Read-only and the like, of a mount or of it with all below; these flags are MS_ and ATTR_."""
    attributes = Attributes(flags, 0, 0, 0)
    below = AT_RECURSIVE if whole else 0
    size = ctypes.sizeof(attributes)
    call(
        *("syscall", MOUNT_SETATTR, AT_FDCWD, path.encode(), below),
        *(ctypes.byref(attributes), ctypes.c_size_t(size)),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
