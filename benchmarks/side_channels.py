"""What two models can tell each other by files that both read, in bits per second.

    python benchmarks/side_channels.py

Both run in a sandbox of their own, with the filter of system calls, and never at the same time:
the judge sees to that for folds that hold each other's answers. The first one sends by what it
leaves in the caches of the kernel, the second one receives by the time that it takes:

- pages: it reads a page of a library, or not; reading it again from the disk takes longer;
- names: it asks for a file that is not there, or not; asking again is answered from a cache.

Each is measured where the first one has a control group of its own, as in a run by root
(`view/caches.py`), and where it has none. Half of random bits are guessed: 50 % wrong is nothing.

A channel at the same time, for comparison: the first one is busy, or not, on the core of the
second one; this is what jobs that share cores can tell.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmark.sandbox import backends, worker_code  # noqa: E402
from benchmark.sandbox.view import caches, layout, libraries  # noqa: E402

BITS = 2000
BUSY_BITS, BUSY_SECONDS = 100, 0.02
# A bit is a page of a library that no Python here reads, far from the next: pages are read ahead.
PRELUDE = """
import glob, json, os, sys, time
from benchmark.worker import seccomp
seccomp.refuse(False)
bits = json.loads(sys.argv[1])
count, tag = json.loads(sys.argv[2]), sys.argv[3]

def pages():
    files = sorted(glob.glob("/usr/lib/*/*.so.*"), key=os.path.getsize)
    found = [(name, page) for name in files if not os.path.islink(name)
             for page in range(0, os.path.getsize(name) // 4096, 64)]
    return found[-count:]

def read(where):
    name, page = where
    file = os.open(name, os.O_RDONLY)
    start = time.perf_counter_ns()
    os.pread(file, 1, page * 4096)
    spent = time.perf_counter_ns() - start
    os.close(file)
    return spent

def ask(number):
    start = time.perf_counter_ns()
    try:
        os.stat(f"/usr/lib/{tag}-{number}")
    except OSError:
        pass
    return time.perf_counter_ns() - start
"""
SEND = {
    "pages": "for bit, where in zip(bits, pages()):\n    if bit: read(where)",
    "names": "for number, bit in enumerate(bits):\n    if bit: ask(number)",
}
RECEIVE = {
    "pages": "print(json.dumps([read(where) for where in pages()]))",
    "names": "print(json.dumps([ask(number) for number in range(count)]))",
}
# By the clock, which all have: in each slot the sender computes or sleeps, the receiver counts.
BUSY = """
start, width = json.loads(sys.argv[3])
counts = []
for number in range(count):
    end = start + (number + 1) * width
    if bits and not bits[number]:
        time.sleep(max(0, end - time.time()))
        continue
    done = 0
    while time.time() < end:
        done += 1
    counts.append(-done)
print(json.dumps(counts))
"""


def main() -> None:
    backend = backends.strongest()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        worker_code.write(Path(folder))
        for name in SEND:
            for group in (contextlib.nullcontext([]), caches.own()):
                _forget_pages(name)
                bits = [random.randrange(2) for _ in range(BITS)]
                tag = f"{name}-{time.monotonic_ns()}"
                with group as beginning:
                    sender = _start(backend, folder, SEND[name], bits, len(bits), tag, beginning)
                    sender.communicate()
                    ended = time.perf_counter()
                start = time.perf_counter()
                receiver = _start(backend, folder, RECEIVE[name], [], len(bits), tag)
                times = json.loads(receiver.communicate()[0])
                how = "own control group" if beginning else "no control group"
                print(_told(f"{name}, {how}", bits, times, time.perf_counter() - start))
                if beginning:
                    print(f"    letting go took {(start - ended) * 1000:.0f} ms")
        bits = [random.randrange(2) for _ in range(BUSY_BITS)]
        core = {min(os.sched_getaffinity(0))}
        os.sched_setaffinity(0, core)  # and all that it starts
        clock = json.dumps([time.time() + 1.0, BUSY_SECONDS])
        children = [_start(backend, folder, BUSY, sent, len(bits), clock) for sent in (bits, [])]
        said = [child.communicate()[0] for child in children][1]
        seconds = BUSY_BITS * BUSY_SECONDS
        print(_told("one core at the same time", bits, json.loads(said), seconds))


def _start(
    backend: backends.Backend,
    folder: str,
    code: str,
    bits: list[int],
    count: int,
    word: str,
    beginning: Sequence[str] = (),
) -> subprocess.Popen[str]:
    """A Python in a sandbox that runs this code, with all that it is told in its arguments."""
    arguments = [json.dumps(bits), str(count), word]
    command = [libraries.interpreter(), "-c", PRELUDE + code, *arguments]
    line = [*beginning, *backends.sandboxed(backend, command, layout.View((Path(folder),)))]
    variables = {**os.environ, "PYTHONPATH": folder}
    return subprocess.Popen(line, stdout=subprocess.PIPE, encoding="utf-8", env=variables)


def _forget_pages(name: str) -> None:
    """What any user may do who can read a file: let its pages go."""
    if name == "pages":
        for path in Path("/usr/lib").glob("*/*.so.*"):
            file = os.open(path, os.O_RDONLY)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)


def _told(name: str, bits: list[int], times: list[int], seconds: float) -> str:
    """Bits a second that arrive, by the best threshold of time, and the part that arrives wrong."""
    best = len(bits)
    for threshold in sorted(times)[:: max(1, len(times) // 200)]:
        wrong = sum(
            (spent > threshold) == bool(bit) for spent, bit in zip(times, bits, strict=True)
        )
        best = min(best, wrong, len(bits) - wrong)
    error = best / len(bits)
    return f"{name:26} {len(bits) / seconds:8.0f} bits/s, {error:.1%} of them wrong"


if __name__ == "__main__":
    main()
