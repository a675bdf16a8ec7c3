"""Run a command in namespaces of its own, by system calls alone.

    python -I -S unshare.py LAYOUT COMMAND...

The fallback of `backends.py` where bubblewrap is not installed, and frozen: it does what the
sandbox needs and nothing else. LAYOUT is JSON: `steps` (what is mounted or made where, the deeper
paths last), `elsewhere` (where a writable path really lies, if not there), `scratch` (options of
each tmpfs), `devices`, `counters` (files of /proc to close) and `user` (the user id to run as, null
for the caller's). It imports the standard library only, since it starts with every job. Needs Linux
5.12.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
# From linux/sched.h, linux/mount.h and linux/prctl.h.
NEWNS, NEWUTS, NEWIPC = 0x20000, 0x4000000, 0x8000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000
NOSUID, NODEV, NOEXEC, RDONLY = 2, 4, 8, 1
BIND, RECURSIVE, PRIVATE = 4096, 16384, 1 << 18
DETACH, AT_FDCWD, AT_RECURSIVE = 2, -100, 0x8000
PIVOT_ROOT, MOUNT_SETATTR = 155, 442
if os.uname().machine == "aarch64":
    PIVOT_ROOT = 41
PDEATHSIG, NO_NEW_PRIVS = 1, 38


def main(text: str, *command: str) -> None:
    layout = json.loads(text)
    user, caller = layout.pop("user"), (os.getuid(), os.getgid())
    namespaces = NEWNS | NEWPID | NEWIPC | NEWUTS | NEWNET
    call("unshare", namespaces if user else namespaces | NEWUSER)
    if not user:
        map_ids(*caller)
    die_with_parent()
    call("mount", None, b"/", None, RECURSIVE | PRIVATE, None)
    child = os.fork()
    if child:
        exit_with(child)
    build_root(**layout)
    call("prctl", NO_NEW_PRIVS, 1, 0, 0, 0)
    if not user:
        # Mounts that a namespace inherits from one with more rights, it cannot undo.
        call("unshare", NEWUSER | NEWNS)
        map_ids(*caller)
    # By it, a process says to the kernel who is to be killed for a lack of memory, and more.
    set_flags("/proc", RDONLY, whole=True)
    if user:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    die_with_parent()
    child = os.fork()
    if child:
        exit_with(child)
    os.execvp(command[0], command)


def call(name: str, *arguments: object) -> None:
    """Call a function of libc; OSError where it reports an error."""
    if getattr(LIBC, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def die_with_parent() -> None:
    """So that the whole namespace ends, as it does with its first process.

    A change of user or of namespace resets this.
    """
    call("prctl", PDEATHSIG, signal.SIGKILL)


def map_ids(user: int, group: int) -> None:
    """Keep the caller's user and group id in the new user namespace."""
    for name, content in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(content)


def exit_with(child: int) -> None:
    """Reap every process that ends, and exit with the status of `child`."""
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def build_root(
    steps: list[tuple[str, str]],
    elsewhere: dict[str, str],
    scratch: str,
    devices: list[str],
    counters: list[str],
) -> None:
    """Make a new root that holds only what the steps put there, and move into it."""
    call("mount", b"tmpfs", b"/tmp", b"tmpfs", NOSUID | NODEV, b"mode=755")
    os.mkdir("/tmp/old")
    os.mkdir("/tmp/new")
    os.chdir("/tmp")
    call("syscall", PIVOT_ROOT, b"/tmp", b"/tmp/old")
    os.chdir("/")
    call("mount", b"tmpfs", b"/new", b"tmpfs", NOSUID | NODEV, b"mode=755")
    for name in ("dev", "proc", "tmp"):
        os.mkdir(f"/new/{name}")
    call("mount", b"proc", b"/new/proc", b"proc", NOSUID | NODEV | NOEXEC, None)
    add_devices(devices)
    for folder in (b"/new/dev/shm", b"/new/tmp"):
        call("mount", b"tmpfs", folder, b"tmpfs", NOSUID | NODEV, scratch.encode())
    hidden = []
    for action, path in steps:
        if action == "link":
            os.makedirs(os.path.dirname(f"/new{path}"), exist_ok=True)
            os.symlink(os.readlink(f"/old{path}"), f"/new{path}")
        elif action == "folder":
            os.makedirs(f"/new{path}", exist_ok=True)
        elif action == "hide" and os.path.isdir(f"/old{path}"):
            os.makedirs(f"/new{path}", exist_ok=True)
            call("mount", b"tmpfs", f"/new{path}".encode(), b"tmpfs", NOSUID | NODEV, b"mode=755")
            hidden.append(path)
        elif action == "hide":
            close(path)
        else:
            flags = NOSUID | NODEV | (RDONLY if action == "read" else 0)
            bind(elsewhere.get(path, path), path, flags)
    for name in counters:
        if os.path.exists(f"/new/proc/{name}"):
            close(f"/proc/{name}")
    for path in (*hidden, "/dev", ""):
        set_flags(f"/new{path}", NOSUID | RDONLY, whole=False)
    os.chdir("/new")
    call("syscall", PIVOT_ROOT, b".", b".")
    call("umount2", b".", DETACH)
    os.chdir("/tmp")


def add_devices(names: list[str]) -> None:
    call("mount", b"tmpfs", b"/new/dev", b"tmpfs", NOSUID, b"mode=755")
    os.mkdir("/new/dev/shm")
    for name in names:
        bind(f"/dev/{name}", f"/dev/{name}", NOSUID | RDONLY)  # its times too: others see them
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        os.symlink(f"/proc/self/fd{target}", f"/new/dev/{name}")


def close(path: str) -> None:
    """Put something that nobody can open over a file."""
    call("mount", b"/old/dev/null", f"/new{path}".encode(), None, BIND, None)
    set_flags(f"/new{path}", NOSUID | NODEV | RDONLY, whole=False)


def bind(place: str, path: str, flags: int) -> None:
    """Mount a file or folder of the old root at a path, with all mounts below it."""
    source, target = resolved(place), f"/new{path}"
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "ab"):
            pass
    call("mount", source.encode(), target.encode(), None, BIND | RECURSIVE, None)
    set_flags(target, flags, whole=True)


def resolved(path: str) -> str:
    """The path below /old that a path of the old root leads to, its links followed there."""
    reached = "/old"
    for part in path.strip("/").split("/"):
        step = f"{reached}/{part}"
        if os.path.islink(step):
            inside = reached.removeprefix("/old")
            step = resolved(os.path.normpath(os.path.join(inside or "/", os.readlink(step))))
        reached = step
    return reached


class Attributes(ctypes.Structure):
    """`struct mount_attr`"""

    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


def set_flags(path: str, flags: int, whole: bool) -> None:
    """Set flags of a mount, `whole`: and of all below; MS_ and MOUNT_ATTR_ have these values."""
    attributes = Attributes(flags, 0, 0, 0)
    below = AT_RECURSIVE if whole else 0
    size = ctypes.sizeof(attributes)
    call(
        *("syscall", MOUNT_SETATTR, AT_FDCWD, path.encode(), below),
        *(ctypes.byref(attributes), ctypes.c_size_t(size)),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
