"""A process limits itself and its children; what counts a whole user only where that is its own."""

import os
import resource
import subprocess
import sys

from benchmark.worker.limits import Limits

LIMITS = Limits(seconds=10, processes=33, files=44, kept_mb=5, scratch_mb=3)
NAMES = ("CPU", "FSIZE", "NOFILE", "CORE", "NPROC", "SIGPENDING")
CODE = f"""
import resource, sys
from benchmark.worker.limits import Limits, bind
bind({LIMITS!r}, own_user=bool(sys.argv[1:]))
for name in {NAMES}:
    print(*resource.getrlimit(getattr(resource, f"RLIMIT_{{name}}")))
"""


def bound(code, *arguments):
    """The soft and the hard limit of each name."""
    command = [sys.executable, "-c", code, *arguments]
    out = subprocess.run(command, stdout=-1, check=True).stdout.decode()
    return [tuple(map(int, line.split())) for line in out.splitlines()]


def test_limits_hold_for_good():
    seconds = 10 * len(os.sched_getaffinity(0)) + 1
    expected = [seconds, 5 * 2**20, 44, 0, 33, 44]
    assert bound(CODE, "own user") == [(most, most) for most in expected]


def test_what_counts_all_of_a_user_is_limited_for_one_that_is_its_own_alone():
    *_, processes, signals = bound(CODE)
    assert processes == resource.getrlimit(resource.RLIMIT_NPROC)
    assert signals == resource.getrlimit(resource.RLIMIT_SIGPENDING)


def test_a_core_that_a_process_may_not_use_gives_it_no_time():
    first = min(os.sched_getaffinity(0))
    assert bound(f"import os\nos.sched_setaffinity(0, {{{first}}})\n{CODE}")[0] == (11, 11)
