"""What a process can and cannot do under the filter, and what the filter says on both machines."""

import ctypes
import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmark.core import MachineFault
from benchmark.worker import seccomp
from benchmark.worker.system_calls import ALLOWED, MACHINES, REFUSED, numbers
from parts import needs

ROOT = Path(__file__).resolve().parents[2]
ALLOW = 0x7FFF0000
AUDITED = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# Name -> what raises OSError with which number; PREPARED has what these use.
REFUSED_HERE = {
    "flock": ("fcntl.flock(shared, fcntl.LOCK_SH)", errno.ENOSYS),
    "a lock for reading": ("fcntl.lockf(shared, fcntl.LOCK_SH)", errno.ENOSYS),
    "a question about locks": ("fcntl.fcntl(shared, fcntl.F_GETLK, bytes(64))", errno.ENOSYS),
    "a lock of an open file": ("fcntl.fcntl(shared, 37, bytes(64))", errno.ENOSYS),
    "a lease": ("fcntl.fcntl(own, fcntl.F_SETLEASE, fcntl.F_RDLCK)", errno.ENOSYS),
    "a notice": ("fcntl.fcntl(os.open('/', os.O_RDONLY), fcntl.F_NOTIFY, 4)", errno.ENOSYS),
    "a hint on an inode": ("fcntl.fcntl(shared, 1036, bytes(8))", errno.ENOSYS),
    "a larger pipe": ("fcntl.fcntl(os.pipe()[1], 1031, 2**20)", errno.ENOSYS),
    "reading what is in memory": (
        "os.preadv(shared, [bytearray(1)], 0, os.RWF_NOWAIT)",
        errno.EOPNOTSUPP,  # what libc makes of ENOSYS
    ),
    "mincore": ("call('mincore', at(private), 4096, bytes(1))", errno.EPERM),
    "cachestat": ("call('cachestat', shared, bytes(16), bytes(40), 0)", errno.EPERM),
    "fadvise": ("os.posix_fadvise(shared, 0, 0, os.POSIX_FADV_DONTNEED)", errno.EPERM),
    "readahead": ("call('readahead', shared, 0, 4096)", errno.EPERM),
    "advice to page out": ("private.madvise(21)", errno.EINVAL),
    "advice to read": ("private.madvise(mmap.MADV_WILLNEED)", errno.EINVAL),
    "inotify": ("call('inotify_init1', 0)", errno.EPERM),
    "a handle of a file": ("call('name_to_handle_at', -100, b'/', bytes(8), 0, 0)", errno.EPERM),
    "a file without a name": ("os.memfd_create('x')", errno.EPERM),
    "descriptors in flight": (
        "socket.send_fds(socket.socketpair()[0], [b'x'], [shared])",
        errno.EPERM,
    ),
    "splice": ("os.splice(shared, os.pipe()[1], 1)", errno.EPERM),
    "anonymous shared memory": ("mmap.mmap(-1, 4096)", errno.EPERM),
    "huge pages": ("mmap.mmap(-1, 2**21, mmap.MAP_PRIVATE | 0x20 | 0x40000)", errno.EPERM),
    "a segment": ("call('shmget', 0, 4096, 0o1600)", errno.EPERM),
    "semaphores": ("call('semget', 0, 250, 0o1600)", errno.EPERM),
    "messages": ("call('msgget', 0, 0o1600)", errno.EPERM),
    "a queue": ("call('mq_open', b'x', os.O_CREAT, 0o600, 0)", errno.EPERM),
    "asynchronous input": ("call('io_setup', 1, bytes(8))", errno.EPERM),
    "rings": ("call('io_uring_setup', 1, bytes(120))", errno.EPERM),
    "attributes of files": ("os.setxattr(own, 'user.x', b'x')", errno.EPERM),
    "a namespace": ("call('unshare', 0x10000000)", errno.EPERM),
    "a child in a namespace": ("call('clone', 0x10000011, 0, 0, 0, 0)", errno.EPERM),
    "a thread with descriptors of its own": ("call('clone', 0x10900, 0, 0, 0, 0)", errno.EPERM),
    "descriptors of its own": ("call('close_range', 1023, 1023, 2)", errno.EINVAL),
    "a larger socket": (
        "socket.socket(socket.AF_UNIX).setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**22)",
        errno.EPERM,
    ),
    "a sibling": ("call('clone', 0x8011, 0, 0, 0, 0)", errno.EPERM),
    "chroot": ("os.chroot('/')", errno.EPERM),
    "a mount": ("call('mount', 0, b'/', 0, 32, 0)", errno.EPERM),
    "ptrace": ("call('ptrace', 16, os.getppid(), 0, 0)", errno.EPERM),
    "another's descriptor": ("call('pidfd_getfd', shared, 0, 0)", errno.EPERM),
    "another filter": ("call('seccomp', 1, 0, 0)", errno.EPERM),
    "performance events": ("call('perf_event_open', bytes(128), 0, -1, -1, 0)", errno.EPERM),
    "keys": ("call('keyctl', 0, -3, 0)", errno.EPERM),
    "an older way to open": ("call(437, -100, b'/', bytes(24), 24)", errno.ENOSYS),
    "an unknown call": ("call(5000)", errno.ENOSYS),
    "other cores": ("os.sched_setaffinity(0, {0})", errno.EPERM),
    "real time": ("os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))", errno.EPERM),
    "a clock": ("time.clock_settime(time.CLOCK_REALTIME, time.time())", errno.EPERM),
    "another user": ("os.setresuid(os.getuid(), -1, -1)", errno.EPERM),
    "an unreadable process": ("prctl(4, 0)", errno.EPERM),
    "outliving its parent": ("prctl(1, 0)", errno.EPERM),
    "taking in orphans": ("prctl(36, 1)", errno.EPERM),
    "another personality": ("call('personality', 0x40000)", errno.EPERM),
    "a policy of memory": ("call('mbind', at(private), 4096, 1, 0, 0, 0)", errno.EPERM),
    "the places of blocks": ("fcntl.ioctl(shared, 0xC020660B, bytes(32))", errno.ENOTTY),
    "what is known of blocks": ("fcntl.ioctl(shared, 0x40046629, bytes(4))", errno.ENOTTY),
    "typing for others": ("fcntl.ioctl(shared, 0x5412, b'x')", errno.EPERM),
    "another kind of terminal": ("fcntl.ioctl(os.openpty()[1], 0x5423, bytes(4))", errno.EPERM),
    "packets": ("socket.socket(socket.AF_PACKET, socket.SOCK_RAW)", errno.EAFNOSUPPORT),
    "netlink": ("socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)", errno.EAFNOSUPPORT),
    "the machine below": ("socket.socket(40)", errno.EAFNOSUPPORT),
    "the network": ("socket.socket()", errno.EAFNOSUPPORT),
    "the network, version 6": ("socket.socket(socket.AF_INET6)", errno.EAFNOSUPPORT),
    "the kernel's ciphers": ("socket.socket(38, 5)", errno.EAFNOSUPPORT),
}

PREPARED = """
import ctypes, errno, fcntl, json, mmap, os, socket, sys, tempfile, time
from benchmark.worker import seccomp
from benchmark.worker.system_calls import ALLOWED, REFUSED, numbers

NUMBERS = numbers(ALLOWED, os.uname().machine) | numbers(REFUSED, os.uname().machine)
LIBC = ctypes.CDLL(None, use_errno=True)
shared = os.open(os.__file__, os.O_RDONLY)
own = tempfile.TemporaryFile().fileno()
private = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)

def at(memory):
    return ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(memory)))

def call(name, *arguments):
    if LIBC.syscall(NUMBERS.get(name, name), *arguments) == -1:
        raise OSError(ctypes.get_errno(), name)

def prctl(*arguments):
    if LIBC.prctl(*arguments, 0, 0, 0) == -1:
        raise OSError(ctypes.get_errno(), "prctl")
"""

TRY_ALL = """
found = {}
for name, text in json.loads(sys.argv[1]).items():
    try:
        exec(text)
        found[name] = 0
    except OSError as error:
        found[name] = error.errno
print(json.dumps(found))
"""

# What models do, each in its own words.
USES = """
import multiprocessing, shutil, subprocess, threading
from multiprocessing import shared_memory
from pathlib import Path
import numpy as np
from benchmark.worker.late_seed import seed_torch_when_imported

def square(x):
    return x * x

def main():
    seccomp.refuse()
    thread = threading.Thread(target=square, args=(2,))
    thread.start()
    thread.join()
    for method in ("fork", "spawn"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            assert pool.map(square, range(5)) == [0, 1, 4, 9, 16], method
    context = multiprocessing.get_context("fork")
    queue, lock, number = context.Queue(), context.Lock(), context.Value("i", 3)
    with lock:
        context.Process(target=queue.put, args=(number.value,)).start()
    assert queue.get(timeout=20) == 3
    block = shared_memory.SharedMemory(create=True, size=100)
    block.buf[0] = 1
    block.close()
    block.unlink()
    assert subprocess.run(["cat"], input=b"x", stdout=subprocess.PIPE).stdout == b"x"
    assert subprocess.run("echo $((1 + 1))", shell=True, stdout=subprocess.PIPE).stdout == b"2\\n"
    with tempfile.TemporaryDirectory() as folder:
        array = np.lib.format.open_memmap(f"{folder}/a.npy", "w+", np.float64, (100,))
        array[:] = 1
        array.flush()
        assert np.load(f"{folder}/a.npy", mmap_mode="r").sum() == 100
        shutil.copytree(folder, f"{folder}/again")
        Path(folder, "a.npy").rename(f"{folder}/b.npy")
        with open(f"{folder}/again/a.npy", "r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
            mapped[-1:] = b"x"
            mapped.flush()
    one, other = socket.socketpair()
    one.sendall(b"x")
    assert other.recv(1) == b"x"
    seed_torch_when_imported(0)
    import torch
    from torch.utils._filelock import FileLock
    with tempfile.TemporaryDirectory() as folder, FileLock(f"{folder}/lock"):  # as it compiles
        pass
    from sklearn.ensemble import RandomForestClassifier
    from torch.utils.data import DataLoader, TensorDataset
    torch.set_num_threads(2)
    net = torch.nn.Sequential(torch.nn.Linear(300, 300), torch.nn.ReLU(), torch.nn.Linear(300, 1))
    optimizer = torch.optim.Adam(net.parameters())
    data = TensorDataset(torch.randn(64, 300), torch.randn(64, 1))
    for x, y in (*DataLoader(data, 32), *DataLoader(data, 32, num_workers=1)):
        optimizer.zero_grad()
        (net(x) - y).square().mean().backward()
        optimizer.step()
    x = np.random.default_rng(0).normal(size=(40, 3))
    RandomForestClassifier(10, n_jobs=2).fit(x, x[:, 0] > 0)

if __name__ == "__main__":
    main()
"""


def run(path, text, *arguments):
    path.write_text(text)  # since `spawn` imports it again
    done = subprocess.run(
        [sys.executable, path, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        timeout=100,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """Name of what was tried -> the number of its error; 0: it went through."""
    path = tmp_path_factory.mktemp("refused") / "all.py"
    tries = {name: text for name, (text, _) in REFUSED_HERE.items()}
    return json.loads(run(path, PREPARED + "seccomp.refuse()" + TRY_ALL, json.dumps(tries)))


@pytest.mark.parametrize("name", REFUSED_HERE)
def test_what_is_refused_says_so(refused, name):
    found = refused[name]
    assert errno.errorcode.get(found, found) == errno.errorcode[REFUSED_HERE[name][1]]


def test_what_models_do_goes_on(tmp_path):
    run(tmp_path / "uses.py", PREPARED + USES)


def test_the_filter_holds_for_threads_that_run_already(tmp_path):
    text = """
import threading
loaded, found = threading.Event(), []
def late():
    loaded.wait()
    try:
        os.memfd_create("x")
    except PermissionError:
        found.append("refused")
thread = threading.Thread(target=late)
thread.start()
seccomp.refuse()
loaded.set()
thread.join()
assert found
"""
    run(tmp_path / "late.py", PREPARED + text)


def test_with_the_network_every_family_is_allowed(tmp_path):
    run(tmp_path / "network.py", PREPARED + "seccomp.refuse(network=True); socket.socket().close()")


def test_an_unknown_machine_is_a_fault_of_the_machine(monkeypatch):
    monkeypatch.setattr(os, "uname", lambda: type("", (), {"machine": "riscv64"}))
    with pytest.raises(MachineFault, match="riscv64: expected x86_64 or aarch64"):
        seccomp.refuse()


def verdict(steps, number, *arguments, audited=None):
    """What the filter says of one call, by following its steps as the kernel does."""
    data = [number, audited, 0, 0]
    for argument in (*arguments, *[0] * (6 - len(arguments))):
        data += [argument & 0xFFFFFFFF, argument >> 32]
    value, at = 0, 0
    while True:
        operation, true, false, constant = steps[at]
        at += 1
        match operation:
            case 0x20:
                value = data[constant // 4]
            case 0x54:
                value &= constant
            case 0x05:
                at += constant
            case 0x06:
                return "allowed" if constant == ALLOW else errno.errorcode[constant & 0xFFFF]
            case _:
                tests = {0x15: value == constant, 0x35: value >= constant, 0x45: value & constant}
                at += true if tests[operation] else false


@pytest.mark.parametrize("machine", MACHINES)
def test_every_call_has_its_verdict_on_both_machines(machine):
    audited = AUDITED[machine]
    steps = seccomp.program(machine)
    allowed, refused = numbers(ALLOWED, machine), numbers(REFUSED, machine)
    assert not allowed.keys() & refused.keys()
    assert len({*allowed.values(), *refused.values()}) == len(allowed) + len(refused)
    by_argument = {
        *("clone", "fcntl", "ioctl", "madvise", "mmap", "personality", "prctl", "preadv2"),
        *("pwritev2", "sched_setscheduler", "socket", "socketpair"),
    }
    for number in (*range(1000), 2**30, 2**30 + 1, 2**32 - 1):
        found = verdict(steps, number, audited=audited)
        name = next((n for n, i in (allowed | refused).items() if i == number), "")
        if name not in by_argument:
            expected = "allowed" if name in allowed else "EPERM" if name else "ENOSYS"
            assert found == expected, (name, number)
        assert verdict(steps, number, audited=0x40000003) == "ENOSYS"  # of a 32-bit machine
    assert verdict(steps, allowed["clone"], 0x3D0F00, audited=audited) == "allowed"  # a thread
    for bit in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        assert verdict(steps, allowed["clone"], bit | 17, audited=audited) == "EPERM"
    for flags, expected in ((0x22, "allowed"), (1, "allowed"), (0x21, "EPERM"), (0x23, "EPERM")):
        assert verdict(steps, allowed["mmap"], 0, 0, 3, flags, audited=audited) == expected
    steps = seccomp.program(machine, shared=True)  # with a graphics card
    assert verdict(steps, allowed["mmap"], 0, 0, 3, 0x21, audited=audited) == "allowed"


@pytest.mark.parametrize("machine", MACHINES)
def test_numbers_are_those_of_libseccomp(machine):
    needs("libseccomp")
    resolve = ctypes.CDLL("libseccomp.so.2").seccomp_syscall_resolve_name_arch
    every = {*numbers(ALLOWED + REFUSED, "x86_64"), *numbers(ALLOWED + REFUSED, "aarch64")}
    for name in every:
        there = resolve(ctypes.c_uint32(AUDITED[machine]), name.encode())
        assert numbers(ALLOWED + REFUSED, machine).get(name, -1) == max(there, -1), name
