"""What a hostile entry is made of: its text, how it must end, and the tools that all of them have.

Each logs TRIED when it has tried its attack, and GOT for each success. An attack that fails for its
own bugs would prove nothing: so a test asks for TRIED wherever an attack lives long enough to write
it, and some are run without a sandbox to see that they succeed.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

import toy

# The end of every hostile file: what its methods use. `@...@` is filled in by `attack_runs`.
TOOLS = '''

import contextlib, ctypes, errno, fcntl, gc, glob, json, mmap, re, resource, signal, socket
import os, stat, struct, subprocess, sys, threading
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
KEPT = Path(os.environ["SILENTBENCH_CHECKPOINTS"])
RUNS = KEPT.parents[5]
ROOT = RUNS.parent
SECRET = b"ses" + b"ame-"  # in pieces, so that this file does not hold it
MB = 2**20


def got(what):
    os.write(2, f"GOT {what}\\n".encode())


def wait_to_be_found():
    """Hold what was taken for much longer than it takes to find it, also on a busy machine."""
    time.sleep(25)


def tried(what=""):
    os.write(2, f"TRIED {what}\\n".encode())


def check_file(path):
    """Report a file that holds the secret or is an answer."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return
        with open(path, "rb") as file:
            if SECRET in file.read(65_536):
                got(f"secret in {path}")
    except (OSError, ValueError):
        return
    if re.search("s[0-9]-5[.]npy$", str(path)):
        got(f"answer {path}")


def search_below(prefix=""):
    """Check everything of value at its known path, below another root."""
    for name in (
        *("baselines", "submissions", "data", "home", ".git", "tasks", "canary"),
        *("runs/results", "runs/logs", "runs/predictions", "runs/signals", "runs/prepared"),
    ):
        where = f"{prefix}{ROOT}/{name}"
        for path in (where, *glob.glob(f"{where}/**", recursive=True)):
            check_file(path)
    for path in ("/etc/shadow", "/etc/passwd", "/var", "/boot", "/srv", "/sys/kernel"):
        if os.path.exists(prefix + path) and not sys.base_prefix.startswith(path):
            got(f"sight of {prefix + path}")


def refuse_root():
    """What follows is for a sandbox only: without one, root could do harm by it."""
    if os.getuid() == 0:
        sys.exit("refuses to run as root")


def pipe():
    """The descriptor that answers go through, which the model is not given."""
    printed = os.readlink("/proc/self/fd/2")
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            kind = os.readlink(f"/proc/self/fd/{name}")
            flags = fcntl.fcntl(int(name), fcntl.F_GETFL)
            if kind.startswith("pipe:") and kind != printed and flags & 3 == os.O_WRONLY:
                return int(name)


def write_answer(content):
    while content:
        content = content[os.write(pipe(), content):]


def in_child(do):
    """Call `do` in a process of its own."""
    if (child := os.fork()) == 0:
        try:
            do()
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def call(name, *arguments):
    return getattr(LIBC, name)(*arguments) == 0


# Written at import, before the model is made:
'''


@dataclass(frozen=True)
class Attack:
    name: str
    text: str
    ends: tuple[str, ...] = ("good",)  # status of its result
    reason: str = ""  # a regular expression that the result's reason contains
    tries: bool = True  # logs TRIED


def attack(
    name: str,
    ends: str | tuple[str, ...] = "good",
    reason: str = "",
    *,
    fit: str = "pass",
    predict: str = toy.SUM,
    top: str = "",
    tries: bool = True,
    extra: str = "",
) -> Attack:
    text = toy.entry(fit, predict, extra) + TOOLS + textwrap.dedent(top)
    return Attack(name, text, (ends,) if isinstance(ends, str) else ends, reason, tries)
