"""System calls that no model needs, refused to a process and its children for good.

They make namespaces and mounts, where memory hides that nobody counts, look into other processes,
or widen what of the kernel can be attacked. A filter for `seccomp`, without further rights.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

_NO_NEW_PRIVS, _SECCOMP, _FILTER = 38, 22, 2  # of prctl
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # of BPF
_NUMBER, _MACHINE, _FIRST = 0, 4, 16  # where seccomp_data has them
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_NEWUSER = 0x10000000
_X32 = 0x40000000  # another way to call, of x86 alone

# By machine: its number for the audit, then call -> number.
_MACHINES = {
    "x86_64": (
        0xC000003E,
        {
            "clone": 56,
            "unshare": 272,
            "setns": 308,
            "mount": 165,
            "umount2": 166,
            "pivot_root": 155,
            "shmget": 29,
            "msgget": 68,
            "mq_open": 240,
            "ptrace": 101,
            "process_vm_readv": 310,
            "process_vm_writev": 311,
            "add_key": 248,
            "request_key": 249,
            "keyctl": 250,
            "bpf": 321,
            "perf_event_open": 298,
            "userfaultfd": 323,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "clone": 220,
            "unshare": 97,
            "setns": 268,
            "mount": 40,
            "umount2": 39,
            "pivot_root": 41,
            "shmget": 194,
            "msgget": 186,
            "mq_open": 180,
            "ptrace": 117,
            "process_vm_readv": 270,
            "process_vm_writev": 271,
            "add_key": 217,
            "request_key": 218,
            "keyctl": 219,
            "bpf": 280,
            "perf_event_open": 241,
            "userfaultfd": 282,
        },
    ),
}
# The younger ones have the same number everywhere.
_YOUNG = {
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "mount_setattr": 442,
    "memfd_secret": 447,
}
_CLONE3 = 435  # its flags lie where a filter cannot look; without it, libraries use `clone`


def refuse() -> None:
    """Refuse them from now on; on an unknown machine nothing happens."""
    if os.uname().machine not in _MACHINES:
        return
    program = _program(*_MACHINES[os.uname().machine])
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    whole = struct.pack("HP", len(program), ctypes.addressof(code))
    for arguments in ((_NO_NEW_PRIVS, 1, 0, 0, 0), (_SECCOMP, _FILTER, whole)):
        if ctypes.CDLL(None, use_errno=True).prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


def _program(machine: int, numbers: dict[str, int]) -> list[tuple[int, int, int, int]]:
    """Steps (operation, steps to skip if true, if false, value), of which each skips few."""
    forbidden = _RETURN, 0, 0, _ERROR | errno.EPERM
    absent = _RETURN, 0, 0, _ERROR | errno.ENOSYS
    steps = [
        (_LOAD, 0, 0, _MACHINE),
        *((_EQUAL, 1, 0, machine), forbidden),
        (_LOAD, 0, 0, _NUMBER),
        *((_AT_LEAST, 0, 1, _X32), absent),
        *((_EQUAL, 0, 1, _CLONE3), absent),
        # A namespace of its own for users gives all others.
        *((_EQUAL, 0, 4, numbers["clone"]), (_LOAD, 0, 0, _FIRST)),
        *((_ANY_BIT, 0, 1, _NEWUSER), forbidden, (_RETURN, 0, 0, _ALLOW)),
    ]
    for name, number in (numbers | _YOUNG).items():
        if name != "clone":
            steps += [(_EQUAL, 0, 1, number), forbidden]
    return [*steps, (_RETURN, 0, 0, _ALLOW)]
