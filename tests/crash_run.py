"""Run the toy project in a process that a test can kill: python tests/crash_run.py FOLDER ENGINE.

ENGINE is local, slurm, slurm1 (jobs of one minute) or dask=ADDRESS; SEEDS the number of runs.
"""

import os
import sys
from dataclasses import replace
from pathlib import Path

import toy
from benchmark.core import Paths
from benchmark.execution import executors, plan, runner
from benchmark.execution.executors import Executor, dask, slurm
from benchmark.worker.limits import Limits


def engine(name: str) -> Executor:
    if name.startswith("slurm"):
        minutes = int(name.removeprefix("slurm") or 0)
        return slurm.slurm_executor(slurm.SlurmOptions(minutes=minutes, memory_mb=500, pause=0.5))
    if name.startswith("dask="):
        return dask.dask_executor(name.removeprefix("dask="))
    return executors.local_executor(2)


def main(folder: str, name: str = "local") -> int:
    root = Path(folder)
    paths = Paths(root, root / "data", root / "runs")
    choice = plan.RunSelection(seeds=int(os.environ.get("SEEDS", "5")))
    chosen = plan.plan(paths, choice, {"toy": toy.corpus()})
    conditions = replace(toy.CONFIG, limits=Limits(seconds=300.0))
    summary = runner.run(
        paths,
        chosen,
        engine(name),
        conditions,
        seen=lambda job, result: print(job.key, result.status if result else None, flush=True),
    )
    runner.publish(paths, chosen)
    for state, jobs in summary.bad.items():
        print("\n".join(f"{state}: {job}" for job in jobs), flush=True)
    return 0 if summary.ok else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
