"""The system calls that a worker and its children may make from now on, for good.

A list of what is allowed, as a filter for `seccomp`, which needs no further rights:

- What no list names ends with ENOSYS, as on an older kernel, so that libraries fall back.
- What is named and refused ends with EPERM; locks of files with ENOSYS, so that libraries of locks
  say so at once instead of trying again.

Files that several jobs read, such as libraries, carry no locks, leases or watchers, and nothing
tells whether they are in memory. Nothing holds memory or files that no process shows: no segments,
no queues, no files without a name (memfd) and none on their way through a socket (sendmsg), no
shared memory without a file: it stays after it was let go. Libraries use files in /dev/shm instead,
which has a size; the drivers of graphics cards do not, so where there is a card, it is allowed.
Sockets are those of AF_UNIX, with others in the same sandbox.
"""

from __future__ import annotations

import ctypes
import errno
import glob
import os
import struct
from collections.abc import Iterable, Mapping

from benchmark.core import MachineFault
from benchmark.worker.system_calls import ALLOWED, MACHINES, REFUSED, numbers

Step = tuple[int, int, int, int]  # operation, steps to skip if true and if not, value
Code = tuple[Step, ...]

_NO_NEW_PRIVS = 38  # of prctl
_LOAD_FILTER, _ALL_THREADS = 1, 1  # of seccomp
# Operations of BPF, and where `seccomp_data` has what they look at, in little-endian order.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN, _JUMP, _AND = 0x20, 0x15, 0x35, 0x45, 0x06, 0x05, 0x54
_NUMBER, _MACHINE, _ARGUMENTS = 0, 4, 16
_FARTHEST = 255  # steps that a condition can skip
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_AUDITED = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # other ways to call have other numbers

_NEW_NAMESPACES = 0x7E020000  # CLONE_NEW*
_CLONE_PARENT = 0x8000  # a child that is nobody's descendant
_CLONE_THREAD, _CLONE_FILES = 0x10000, 0x400  # a thread has no descriptors of its own
_AF_UNIX = 1
_NO_OPTION = (7, 8, 26, 32, 33, 50)  # of sockets: how much they hold, and filters
_SHARED_ANONYMOUS, _HUGETLB = 0x21, 0x40000
# Not: reading files into memory or out of it, merging pages with those of others, making holes.
_ADVICE = (*(0, 1, 2, 4, 8, 10, 11), *range(14, 20), *(24, 102, 103))
# Descriptors, flags and the size of a pipe; not locks, leases, watchers and marks on files.
_FCNTL = (*range(5), *(1027, 1030, 1032, 1034))
# Typing for others (TIOCSTI, TIOCLINUX), other kinds of terminals (TIOCSETD), attributes of files.
# Not a list of what is allowed, since drivers of graphics cards have hundreds.
_NO_IOCTL = (0x5412, 0x541C, 0x5423, 0x40086602, 0x401C5820)
_SCHED = (0, 3, 5)  # OTHER, BATCH, IDLE
_PERSONALITY = (0xFFFFFFFF,)  # which asks only
# Names, timers, registers and what only asks: nothing that hides a process or outlives a parent.
_PRCTL = (
    *(2, 3, 7, 15, 16, 21, 23, 25, 27, 29, 30, 38, 39, 40, 41, 42, 50, 51, 52),
    *(54, 55, 56, 60, 61, 63, 64),
)


def refuse(network: bool = False) -> None:
    """Load the filter; with `network`, sockets of every family are allowed.

    MachineFault on a machine of another kind, or on a kernel without such filters.
    """
    machine = os.uname().machine
    if machine not in MACHINES:
        raise MachineFault(
            f"system calls cannot be filtered on {machine}: expected {' or '.join(MACHINES)}"
        )
    steps = program(machine, network, shared=bool(glob.glob("/dev/nvidia*")))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    whole = struct.pack("HP", len(steps), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    word = ctypes.c_ulong
    for name, arguments in (
        ("prctl", (_NO_NEW_PRIVS, word(1), word(0), word(0), word(0))),
        ("syscall", (word(_SECCOMP[machine]), word(_LOAD_FILTER), word(_ALL_THREADS), whole)),
    ):
        if getattr(libc, name)(*arguments) != 0:
            why = os.strerror(ctypes.get_errno())
            raise MachineFault(f"the filter of system calls cannot be loaded: {name}: {why}")


def program(machine: str, network: bool = False, shared: bool = False) -> list[Step]:
    """The filter for one of MACHINES; `shared`: with shared memory that is no file."""
    allowed, refused = numbers(ALLOWED, machine), numbers(REFUSED, machine)
    rules = _rules(network, shared)
    verdicts = {number: rules.get(name, _ALLOWED) for name, number in allowed.items()}
    verdicts |= dict.fromkeys(refused.values(), _fails(errno.EPERM))
    return [
        (_LOAD, 0, 0, _MACHINE),
        *((_EQUAL, 1, 0, _AUDITED[machine]), *_fails(errno.ENOSYS)),
        (_LOAD, 0, 0, _NUMBER),
        *_tree(_ranges(verdicts)),
    ]


def _rules(network: bool, shared: bool) -> Mapping[str, Code]:
    """What is asked of the arguments of some allowed calls."""
    families: Code = _ALLOWED if network else _only(0, (_AF_UNIX,), errno.EAFNOSUPPORT)
    sizes: Code = _ALLOWED if network else _but(2, _NO_OPTION, errno.EPERM)
    no_flags = _only(5, (0,), errno.ENOSYS)  # one of them asks what is in memory
    return {
        "socket": families,
        "socketpair": families,
        "setsockopt": sizes,
        "close_range": _only(2, (0, 4), errno.EINVAL),  # not: descriptors of a thread's own
        "preadv2": no_flags,
        "pwritev2": no_flags,
        "fcntl": _only(1, _FCNTL, errno.ENOSYS),
        "ioctl": _but(1, _NO_IOCTL, errno.EPERM)[:-1]
        + (_ALLOWED if network or shared else _TERMINAL),
        "madvise": _only(2, _ADVICE, errno.EINVAL),
        "prctl": _only(0, _PRCTL, errno.EPERM),
        "personality": _only(0, _PERSONALITY, errno.EPERM),
        "sched_setscheduler": _only(1, _SCHED, errno.EPERM),
        "clone": (
            _argument(0),
            *((_ANY_BIT, 0, 1, _NEW_NAMESPACES | _CLONE_PARENT), *_fails(errno.EPERM)),
            (_AND, 0, 0, _CLONE_THREAD | _CLONE_FILES),
            *((_EQUAL, 0, 1, _CLONE_THREAD), *_fails(errno.EPERM)),
            *_ALLOWED,
        ),
        "mmap": (
            _argument(3),
            *((_ANY_BIT, 0, 1, _HUGETLB), *_fails(errno.EPERM)),
            (_AND, 0, 0, _SHARED_ANONYMOUS),
            *((_EQUAL, 0, 1, _SHARED_ANONYMOUS), *(_ALLOWED if shared else _fails(errno.EPERM))),
            *_ALLOWED,
        ),
    }


_ALLOWED: Code = ((_RETURN, 0, 0, _ALLOW),)
# Of ioctl, requests to terminals, pipes and sockets (0x54..), which no file system answers: those
# of ext4 load the places of a file's blocks into memory and ask whether they are there.
_TERMINAL: Code = (
    (_AND, 0, 0, 0xFF00),
    *((_EQUAL, 1, 0, 0x5400), (_RETURN, 0, 0, _ERROR | errno.ENOTTY)),
    *_ALLOWED,
)


def _fails(number: int) -> Code:
    return ((_RETURN, 0, 0, _ERROR | number),)


def _argument(index: int) -> Step:
    """Load the lower half of an argument: all that the kernel reads of an int or of these flags."""
    return _LOAD, 0, 0, _ARGUMENTS + 8 * index


def _only(index: int, values: Iterable[int], error: int) -> Code:
    """Allow a call whose argument has one of these values."""
    tests = [step for value in values for step in ((_EQUAL, 0, 1, value), *_ALLOWED)]
    return (_argument(index), *tests, *_fails(error))


def _but(index: int, values: Iterable[int], error: int) -> Code:
    """Allow a call whose argument has none of these values."""
    tests = [step for value in values for step in ((_EQUAL, 0, 1, value), *_fails(error))]
    return (_argument(index), *tests, *_ALLOWED)


def _ranges(verdicts: Mapping[int, Code]) -> list[tuple[int, Code]]:
    """(first number, verdict) of ranges in order, which together hold every number."""
    absent = _fails(errno.ENOSYS)
    last: Code = ()
    found: list[tuple[int, Code]] = []
    for number in range(max(verdicts) + 2):
        verdict = verdicts.get(number, absent)
        if verdict is not last:
            found.append((number, verdict))
            last = verdict
    return found


def _tree(ranges: list[tuple[int, Code]]) -> Code:
    """Search the range of a number by halves: a list would be walked at every call."""
    if len(ranges) == 1:
        return ranges[0][1]
    middle = len(ranges) // 2
    below, above = _tree(ranges[:middle]), _tree(ranges[middle:])
    if len(below) <= _FARTHEST:
        return ((_AT_LEAST, len(below), 0, ranges[middle][0]), *below, *above)
    return (
        *((_AT_LEAST, 0, 1, ranges[middle][0]), (_JUMP, 0, 0, len(below))),
        *(*below, *above),
    )
