"""What a job costs that does nothing, and what a run costs that finds everything done.

    python benchmarks/overhead.py

A bare `python -c pass` is timed in the same run: a job starts two interpreters, judge and worker.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import toy  # noqa: E402
from benchmark import engines, plan, runner  # noqa: E402

JOBS = 20


def main() -> None:
    bare = seconds(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True))
    numpy = seconds(lambda: subprocess.run([sys.executable, "-c", "import numpy"], check=True))
    with tempfile.TemporaryDirectory() as folder:
        place = toy.project(Path(folder) / "project", nothing=toy.entry())
        chosen = plan.plan(place, plan.Choice(seeds=JOBS // 2), {"toy": toy.corpus()})

        def run() -> None:
            runner.run(place, chosen, engines.here, toy.CONDITIONS)

        first = seconds(run)
        again = seconds(run)
    print(f"python -c pass             {bare * 1000:6.0f} ms")
    print(f"python -c 'import numpy'   {numpy * 1000:6.0f} ms")
    print(f"a job that does nothing    {first / JOBS * 1000:6.0f} ms")
    print(f"  over two interpreters    {(first / JOBS - 2 * bare) * 1000:6.0f} ms")
    print(f"a job that is already done {again / JOBS * 1000:6.2f} ms")


def seconds(do: Callable[[], object]) -> float:
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
