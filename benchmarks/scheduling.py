"""Overhead of running many jobs: python benchmarks/scheduling.py

Prints the efficiency of 64 jobs of 2 s on 2 cores, the time of planning 5,000 jobs and of finding
5,000 existing results, the memory of the launcher, and the cost of a lease and of a result.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import toy  # noqa: E402
from benchmark import storage  # noqa: E402
from benchmark.core import Paths  # noqa: E402
from benchmark.execution import executors, plan, runner  # noqa: E402
from benchmark.execution.job import JobOutcome  # noqa: E402
from benchmark.execution.sharing import leases  # noqa: E402

MANY = 5000


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def efficiency() -> None:
    """64 jobs of 2 s on 2 cores, and empty jobs for the cost of one job."""
    for seconds, seeds in ((2.0, 32), (0.0, 16)):
        with tempfile.TemporaryDirectory() as folder:
            place = toy.project(Path(folder) / "p", slow=toy.entry(f"time.sleep({seconds})"))
            chosen = plan.plan(place, plan.RunSelection(seeds=seeds), {"toy": toy.corpus()})
            start = time.perf_counter()
            summary = runner.run(place, chosen, executors.local_executor(2), toy.CONFIG)
            spent = time.perf_counter() - start
            assert summary.ok, summary.bad
            jobs = len(chosen.jobs)
            line = f"{jobs} jobs of {seconds:g} s on 2 cores: {spent:.1f} s"
            if seconds:
                line += f", {spent / (jobs * seconds / 2):.3f} of the ideal"
            else:
                line += f", {spent / jobs:.3f} s a job at two at once"
            print(line)


def planning() -> None:
    """Planning many jobs, finding their results, and an executor whose jobs do nothing."""
    with tempfile.TemporaryDirectory() as folder:
        place = toy.project(Path(folder) / "p", one=toy.entry())
        corpora = {"toy": toy.corpus()}
        start = time.perf_counter()
        chosen = plan.plan(place, plan.RunSelection(seeds=MANY // 2), corpora)
        print(f"{len(chosen.jobs)} jobs planned: {time.perf_counter() - start:.2f} s")
        few = plan.plan(place, plan.RunSelection(), corpora)
        assert runner.run(place, few, executors.local_executor(2), toy.CONFIG).ok
        result = runner.read_result(place.runs, few.jobs[0])
        for job in chosen.jobs:
            one = result.model_copy(update={"fold": job.fold, "seed": job.seed}).sealed()
            storage.write_whole(place.runs / "results" / job.key, one.dump().encode())
        size = len(result.dump())
        start = time.perf_counter()
        summary = runner.run(place, chosen, executors.local_executor(2), toy.CONFIG)
        spent = time.perf_counter() - start
        assert summary.found_done == len(chosen.jobs)
        print(f"{len(chosen.jobs)} existing results of {size:,} bytes found: {spent:.2f} s")
        start = time.perf_counter()
        for job in chosen.jobs[:1000]:
            with leases.acquire(place.runs, job):
                pass
        print(f"lease acquired and released: {time.perf_counter() - start:.3f} ms a job")
        start = time.perf_counter()
        for number in range(1000):
            storage.write_whole(place.runs / "w" / f"{number}.json", result.dump().encode())
        print(f"result written whole: {time.perf_counter() - start:.3f} ms a result")

        def nothing(request, may_start, _variables):
            may_start()
            return JobOutcome(request.job, None, "nothing")

        fresh = Paths(place.root, place.data, Path(folder) / "fresh")
        start = time.perf_counter()
        runner.run(fresh, chosen, executors.local_executor(2, run_job=nothing), toy.CONFIG)
        print(f"{len(chosen.jobs)} jobs through the executor: {time.perf_counter() - start:.2f} s")
        print(f"peak memory of the launcher: {peak_mb():.0f} MB")


if __name__ == "__main__":
    if sys.argv[1:] == ["planning"]:
        planning()
    else:
        efficiency()
        # In a separate process, to measure the memory of one launcher.
        subprocess.run([sys.executable, __file__, "planning"], check=True)
    print(f"load average {os.getloadavg()[0]:.1f}")
